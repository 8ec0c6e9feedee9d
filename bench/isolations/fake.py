"""A scripted isolation for testing the runner and the statistics; no evidence of anything on a host.

Time is virtual: nothing sleeps. A workload, a service and what the host sends to run beside it are each a list of
words, read two at a time where a word takes a value::

    say TEXT     print a line                 sleep S      let S seconds pass
    exit N       end with this status         flood BYTES  print that much
    hang         never end                    oom          be killed for memory
    bytes HEX    print raw bytes              die          vanish without an end mark
    seen N       let the host see this status, whatever the entry says

A command that begins with a path stands for a program that ends at once with status 0.
Times vary by up to 2 % from trial to trial, by a hash of the trial's number: deterministic, not constant.
"""

from __future__ import annotations

import hashlib
import heapq
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count

from bench.errors import IsolationError
from bench.host.accounting import Account, AccountReading, HostProcess, ProcessMemory
from bench.isolations.base import Availability, Exit, Fault, Instance, Isolation, Launch, console_of
from bench.isolations.console import Console
from bench.isolations.envelope import boot_id, limits_here
from bench.isolations.timeline import Timeline
from bench.model import Image, Phase, Say

_MIB = 1 << 20
_START_S = 0.010
_STEP_S = 0.001
_GONE_S = 0.005


class FakeClock:
    """A clock that only moves when somebody waits on it, and then runs what falls due on the way."""

    def __init__(self) -> None:
        self._now_ns = 1_000_000_000
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()

    def now_ns(self) -> int:
        """Return the virtual time."""
        return self._now_ns

    def sleep(self, seconds: float) -> None:
        """Move on, running on the way what falls due."""
        until_ns = self._now_ns + round(seconds * 1e9)
        while self._due and self._due[0][0] <= until_ns:
            self.step()
        self._now_ns = until_ns

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Run an action when that much time has passed."""
        heapq.heappush(self._due, (self._now_ns + round(seconds * 1e9), next(self._order), action))

    def next_ns(self) -> int | None:
        """Return when the next action falls due; None when there is none."""
        return self._due[0][0] if self._due else None

    def step(self) -> None:
        """Move to the next action and run it."""
        at_ns, _order, action = heapq.heappop(self._due)
        self._now_ns = max(self._now_ns, at_ns)
        action()

    def forget(self) -> None:
        """Drop everything that has not fallen due."""
        self._due.clear()


class Fake(Isolation):
    """Instances that follow their script on a virtual clock."""

    name = "fake"
    stopwatch = "scripted; a virtual clock"
    phases = (
        Phase(mark="start", label="first output"),
        Phase(mark="ready", label="ready"),
        Phase(mark="end", label="workload ended"),
        Phase(mark="exited", label="exited"),
        Phase(mark="gone", label="gone"),
    )

    def __init__(self, run: str, words: Sequence[str] = ()) -> None:
        super().__init__(run, words)
        self.clock: FakeClock = FakeClock()

    def missing(self) -> Fault | None:
        """Nothing can be missing."""
        return None

    def prepare(self, image: Image, say: Say) -> None:
        """Nothing to prepare."""

    def describe(self) -> Availability:
        """Say plainly what this is."""
        return Availability(isolation=self.name, fault=None, detail="scripted, for tests; measures nothing")

    @contextmanager
    def launch(self, launch: Launch) -> Iterator[Instance]:
        """Schedule the script and hand out its instance."""
        timeline = Timeline()
        console = console_of(launch, timeline)
        self.request(launch, timeline)
        instance = FakeInstance(timeline, console, self.clock, launch)
        try:
            yield instance
        finally:
            self.clock.forget()
            self.clock.sleep(_GONE_S)
            timeline.mark("gone", self.clock.now_ns())

    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        """Nothing can be left."""
        return []


class FakeInstance(Instance):
    """One scripted instance."""

    def __init__(self, timeline: Timeline, console: Console, clock: FakeClock, launch: Launch) -> None:
        super().__init__(timeline, console)
        self._clock = clock
        self._launch = launch
        self._exit: Exit | None = None
        self._seen_status: int | None = None
        self._factor = 1 + (hashlib.sha256(b"%d" % launch.trial.number).digest()[0] - 127.5) / 127.5 * 0.02
        self._service_runs = launch.stays and bool(launch.command)
        clock.after(_START_S * self._factor, self._start)

    def processes(self) -> Mapping[str, Sequence[HostProcess]]:
        """One process while the script runs."""
        return {} if self._exit else {"workload": [FakeProcess(factor=self._factor, clock=self._clock)]}

    @property
    def account(self) -> Account | None:
        """A scripted account."""
        return FakeAccount(factor=self._factor, clock=self._clock)

    def wait(self, *events: str, timeout_s: float) -> str | None:
        """Step the virtual clock until one of the events has come, or the time is over."""
        deadline_ns = self._clock.now_ns() + round(timeout_s * 1e9)
        while not (come := self.console.wait(*events, timeout_s=0)):
            due_ns = self._clock.next_ns()
            if due_ns is None or due_ns > deadline_ns:
                self._clock.sleep(timeout_s)
                return None
            self._clock.step()
        return come

    def send(self, line: str) -> None:
        """Run what the host sends, stop the service, or let the script leave: whatever the entry would do."""
        if self._exit is not None:
            return
        order, _, rest = line.partition(" ")
        status = self.console.status
        if order == "run":
            number, *words = shlex.split(rest)
            self._mark(f"doing {number}")
            self._play(words, lambda left: self._mark(f"did {number} {left}"))
        elif self._launch.stays and not self.console.happened("end"):
            self._end_after(_STEP_S, 143 if self._service_runs else self.console.statuses.get("left", 0))
        else:
            seen = status if self._seen_status is None else self._seen_status
            self._clock.after(_STEP_S, lambda: self._leave(Exit(status=seen)))

    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Step the clock until the script has left."""
        self.wait("closed", timeout_s=timeout_s)
        return self._exit

    def _start(self) -> None:
        self._feed(b"@isobench start\n")
        if not self._launch.stays:
            self._play(self._launch.command, self._end)
        elif self._launch.command:
            self._play(self._launch.command, self._service_left)

    def _play(self, script: Sequence[str], ended: Callable[[int], None]) -> None:
        delay_s = _STEP_S
        status = 0
        words = iter(script)
        for word in words:
            if word == "sleep":
                delay_s += float(next(words))
            elif word in ("hang", "die", "oom"):
                if word != "hang":
                    left = Exit(status=137, out_of_memory=word == "oom")
                    self._clock.after(delay_s * self._factor, partial(self._leave, left))
                return
            elif word == "seen":
                self._seen_status = int(next(words))
            elif word == "exit":
                status = int(next(words))
                break
            elif word.startswith("/"):
                break
            else:
                data = _output(word, next(words))
                self._clock.after(delay_s * self._factor, partial(self._feed, data))
        self._clock.after(delay_s * self._factor, lambda: ended(status))

    def _service_left(self, status: int) -> None:
        self._service_runs = False
        self._mark(f"left {status}")

    def _end_after(self, delay_s: float, status: int) -> None:
        self._clock.after(delay_s * self._factor, lambda: self._end(status))

    def _end(self, status: int) -> None:
        for key, value in self._seen().items():
            self._mark(f"saw {key} {value}")
        self._mark(f"end {status}")

    def _seen(self) -> dict[str, str]:
        envelope = self._launch.envelope
        return {
            "boot_id": boot_id(),
            "cpus": str(envelope.cpus),
            "cpu_set": ",".join(str(cpu) for cpu in envelope.cpu_set),
            "memory_limit": str(envelope.memory_bytes),
            "pids_limit": str(envelope.pids),
            **limits_here(),
            "network": "none" if envelope.network == "none" else "routed",
            **({"storage": self._launch.storage.kind} if self._launch.storage else {}),
        }

    def _leave(self, left: Exit) -> None:
        if not left.out_of_memory and self.console.happened("end"):
            self._mark("bye")
        self._exit = left
        self.timeline.mark("exited", self._clock.now_ns())
        self.console.close(self._clock.now_ns())

    def _mark(self, words: str) -> None:
        self._feed(f"@isobench {self.console.secret} {words}\n".encode())

    def _feed(self, data: bytes) -> None:
        self.console.feed(data, self._clock.now_ns())


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeProcess:
    """A process with scripted memory and a CPU time that follows the virtual clock."""

    factor: float
    clock: FakeClock
    pid: int = 1

    def memory(self) -> ProcessMemory:
        """Return the scripted memory."""
        return ProcessMemory(
            pss_bytes=round(2 * _MIB * self.factor),
            uss_bytes=round(1 * _MIB * self.factor),
            rss_bytes=round(4 * _MIB * self.factor),
            peak_rss_bytes=self.peak_rss_bytes(),
        )

    def peak_rss_bytes(self) -> int:
        """Return the scripted peak."""
        return round(5 * _MIB * self.factor)

    def cpu_s(self) -> float:
        """Half of the virtual time."""
        return self.clock.now_ns() / 2e9

    def written_bytes(self) -> int:
        """Return the scripted amount."""
        return round(7 * _MIB * self.factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeAccount:
    """A control group's books, scripted."""

    factor: float
    clock: FakeClock

    def limits(self) -> dict[str, str]:
        """Nothing is held: what the script says it saw stands alone."""
        return {}

    def pids(self) -> list[int]:
        """Nothing is in it: the scripted process is no process."""
        return []

    def read(self) -> AccountReading:
        """Return the scripted books."""
        return AccountReading(
            memory_bytes=round(3 * _MIB * self.factor),
            memory_peak_bytes=round(6 * _MIB * self.factor),
            anon_bytes=round(1 * _MIB * self.factor),
            file_bytes=round(2 * _MIB * self.factor),
            shmem_bytes=0,
            cpu_s=self.clock.now_ns() / 2e9,
            throttled=0,
            oom_kills=0,
            written_bytes=round(7 * _MIB * self.factor),
        )


def _output(word: str, value: str) -> bytes:
    if word == "say":
        return value.encode() + b"\n"
    if word == "flood":
        return b"x" * int(value) + b"\n"
    if word == "bytes":
        return bytes.fromhex(value)
    raise IsolationError(f"the fake does not know the word {word!r}", remedy="Its words stand in its module")
