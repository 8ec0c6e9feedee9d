"""How a service is brought to life, and what it has lost: one trial brings it back by one way, to its answers.

============= =================================================================================================
way           what is done, from where the stopwatch starts
============= =================================================================================================
cold          it is launched as any instance
warm          nothing: it stands ready, as one of a pool
thawed        the isolation lets it go on where it had been paused
restored      the isolation brings it back from a checkpoint whose files are in the page cache
restored-disk the same, once the files were dropped from the cache
============= =================================================================================================

Before it is paused or written down the service has answered once. Samples, all better lower:

=========================== =============== ==================================================================
metric                      vantage         what
=========================== =============== ==================================================================
restore.time (s)            host            until the entry inside obeys: the first sign of life
restore.answer (s)          host            until the first answer, which was looked at and is right
restore.hundredth (s)       host            until the hundredth, the other 99 on one connection
restore.faults              minor, major    page faults of its processes meanwhile
restore.read (B)            processes       what they read from disks meanwhile
restore.checkpoint (B)      files           size of the checkpoint on the disk
restore.checkpoint_time (s) host            until it was made, and the instance held or ended by it
restore.clock_lag (s)       host            by how much its clock is behind the host's, at the first answer
restore.same_random         kernel, own     1: two copies of one checkpoint drew the same number, from the kernel
                                            or from the program's own generator
=========================== =============== ==================================================================

The service is asked inside, by a process that the entry starts, which is in all of these times alike: so no isolation
needs a network. An answer is a JSON document that tells ``answered`` (how many it has given), ``kernel`` and ``own``
(random numbers) and ``clock`` (seconds since 1970). What a restored instance answers wrongly fails the trial, untimed.
"""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.errors import IsolationError, UnknownNameError
from bench.host.run_state import scratch
from bench.host.signals import Interruptions
from bench.isolations.base import Fault, Instance, Isolation, Launch
from bench.isolations.revival.offers import Checkpoint, Checkpointing, Pausing, no_checkpoint, no_pause
from bench.measuring.leave import last_words, stop
from bench.measuring.meters.memory import available_bytes, memory_samples
from bench.measuring.meters.numbers import MetricError
from bench.measuring.meters.paging import Paging, paging
from bench.measuring.meters.throughput import check_output
from bench.measuring.observation import Ended, Observation
from bench.model import Cell, Kind, Sample, filled

PARAMETER = "way"
"""The scenario's parameter that names the way."""
WAYS: Mapping[str, Callable[[Isolation], Fault | None]] = {
    "cold": lambda _isolation: None,
    "warm": lambda _isolation: None,
    "thawed": no_pause,
    "restored": no_checkpoint,
    "restored-disk": no_checkpoint,
}
"""Each with what says why an isolation has no such way."""

_REQUESTS = 100
_LEAVE_TIMEOUT_S = 60.0
_OVER = ("left", "overflow", "end", "closed")


def lacking(isolation: Isolation, cell: Cell) -> Fault | None:
    """Return why an isolation cannot bring a service to life by the cell's way; raises UnknownNameError for no way."""
    return WAYS[_way(cell)](isolation)


def _way(cell: Cell) -> str:
    way = str(cell.parameters.get(PARAMETER, ""))
    if way not in WAYS:
        raise UnknownNameError("way to bring a service to life", way, WAYS)
    return way


def revive(
    isolation: Isolation, launch_of: Callable[[int], Launch], observation: Observation, interruptions: Interruptions
) -> None:
    """Bring the service to life by the cell's way; nothing of it is left on return.

    ``launch_of`` gives the launch of instance 1, 2, ...: each needs a number of its own. Raises Ended for what took
    too long, ended too soon or was not right, BenchError else.
    """
    way = _way(launch_of(1).trial.cell)
    revival = _Revival(isolation, launch_of, observation, interruptions, began_ns=isolation.clock.now_ns())
    with interruptions.held():
        if way == "cold":
            revival.cold()
        elif way in ("warm", "thawed"):
            revival.standing(paused=way == "thawed")
        else:
            revival.written_down(cached=way == "restored")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """The service's answer to the first request of an asking."""

    doing_ns: int
    at_ns: int
    behind_s: float
    document: Mapping[str, object]


@dataclass(slots=True)
class _Revival:
    isolation: Isolation
    launch_of: Callable[[int], Launch]
    observation: Observation
    interruptions: Interruptions
    asked: dict[Instance, int] = field(default_factory=dict)
    began_ns: int = 0

    def cold(self) -> None:
        """Launch it, and ask."""
        before_bytes = available_bytes()
        with self._ready(1) as instance:
            since_ns = instance.timeline.marks_ns["requested"]
            begun_ns = instance.console.at_ns("start")
            self._time(instance, since_ns, Paging(), answered=0, alive_ns=begun_ns)
            self._leave(instance, before_bytes)

    def standing(self, *, paused: bool) -> None:
        """Let one stand ready, paused or not, and ask it."""
        before_bytes = available_bytes()
        with self._ready(1) as instance:
            self._ask(instance, answered=0)
            isolation = self.isolation
            if paused:
                assert isinstance(isolation, Pausing)
                began_ns = self.isolation.clock.now_ns()
                isolation.pause(instance)
                self._take("restore.checkpoint_time", (self.isolation.clock.now_ns() - began_ns) / 1e9, "s")
            self._settle()
            before, since_ns = paging(instance), self.isolation.clock.now_ns()
            if isinstance(isolation, Pausing) and paused:
                isolation.thaw(instance)
            self._time(instance, since_ns, before, answered=1)
            self._leave(instance, before_bytes)

    def written_down(self, *, cached: bool) -> None:
        """Write one down, bring it back, then once more: what two copies have in common is told by that."""
        isolation, launch = self.isolation, self.launch_of(1)
        assert isinstance(isolation, Checkpointing)
        with scratch(isolation.run, launch.label, "checkpoint", entered=True) as folder:
            with self._ready(1) as instance:
                self._ask(instance, answered=0)
                began_ns = self.isolation.clock.now_ns()
                checkpoint = isolation.checkpoint(instance, folder)
                self._take("restore.checkpoint_time", (self.isolation.clock.now_ns() - began_ns) / 1e9, "s")
            self._take("restore.checkpoint", _size_bytes(checkpoint), "B", "files")
            _bring_into_cache(checkpoint, wanted=cached)
            before_bytes = available_bytes()
            with isolation.restore(checkpoint, self.launch_of(2)) as first:
                self.observation.instance = first
                since_ns = first.timeline.marks_ns["requested"]
                drawn = self._time(first, since_ns, Paging(), answered=1)
                self._leave(first, before_bytes)
            with isolation.restore(checkpoint, self.launch_of(3)) as second:
                other = self._ask(second, answered=1)
                for source in ("kernel", "own"):
                    same = drawn.document.get(source) == other.document.get(source)
                    self._take("restore.same_random", float(same), "1", source)
                self._let_go(second, 3)

    @contextmanager
    def _ready(self, number: int) -> Iterator[Instance]:
        """Launch one and wait until it is ready."""
        launch = self.launch_of(number)
        timeout_s = launch.trial.cell.scenario.start_timeout_s
        with self.isolation.launch(launch) as instance:
            self.observation.instance = instance
            with self.interruptions.allowed():
                reached = instance.wait("ready", *_OVER, timeout_s=timeout_s)
            if reached is None:
                raise Ended(Kind.TIMED_OUT, f"not ready within {timeout_s:g} s")
            if reached != "ready":
                raise Ended(Kind.FAILED, f"ended before it was ready{last_words(instance)}")
            yield instance

    def _time(
        self, instance: Instance, since_ns: int, before: Paging, *, answered: int, alive_ns: int | None = None
    ) -> _Reply:
        """Ask for the first answer and 99 more; keep the times since then, and what was fetched for them."""
        first = self._ask(instance, answered=answered)
        last = self._ask(instance, answered=answered + _REQUESTS - 1, count=_REQUESTS - 1)
        fetched = paging(instance).since(before)
        marks = {"time": alive_ns or first.doing_ns, "answer": first.at_ns, "hundredth": last.at_ns}
        for name, at_ns in marks.items():
            self._take(f"restore.{name}", (at_ns - since_ns) / 1e9, "s")
        self._take("restore.faults", fetched.minor, "1", "minor")
        self._take("restore.faults", fetched.major, "1", "major")
        self._take("restore.read", fetched.read_bytes, "B", "processes")
        self._take("restore.clock_lag", first.behind_s, "s")
        return first

    def _ask(self, instance: Instance, *, answered: int, count: int = 1) -> _Reply:
        """Have the service asked, and look at its last answer, which it must count as it stood.

        ``answered`` is how many answers it has given before the last of these.
        """
        launch = self.launch_of(1)
        scenario = launch.trial.cell.scenario
        assert scenario.restore is not None
        number = str(self.asked.get(instance, 0) + 1)
        self.asked[instance] = int(number)
        words = filled(scenario.restore.ask, {"port": launch.port, "requests": count})
        instance.send(f"run {number} {shlex.join(words)}")
        with self.interruptions.allowed():
            reached = instance.wait(f"did.{number}", *_OVER, timeout_s=scenario.timeout_s)
        heard_s, heard_ns = time.time(), self.isolation.clock.now_ns()
        if reached is None:
            raise Ended(Kind.TIMED_OUT, f"no answer within {scenario.timeout_s:g} s{last_words(instance)}")
        lines = list(instance.console.lines(number))
        try:
            check_output(scenario.output, lines)
            line = next(line for line in lines if line.data.startswith(b"{"))
            document = json.loads(line.data)
        except (MetricError, StopIteration, ValueError) as error:
            raise Ended(Kind.FAILED, f"its answer is not right: {error}{last_words(instance)}") from error
        if document.get("answered") != answered + 1:
            reason = f"it has answered {document.get('answered')} times by its own account, and {answered + 1} by ours"
            raise Ended(Kind.FAILED, reason)
        behind_s = heard_s - (heard_ns - line.at_ns) / 1e9 - float(document.get("clock", "nan"))
        doing_ns = instance.console.at_ns(f"doing.{number}") or line.at_ns
        return _Reply(doing_ns=doing_ns, at_ns=line.at_ns, behind_s=behind_s, document=document)

    def _settle(self) -> None:
        self.isolation.clock.sleep(self.launch_of(1).trial.cell.scenario.settle_s or 0.0)

    def _leave(self, instance: Instance, available_before_bytes: int) -> None:
        """Let it settle, read its memory, and let it go."""
        self._settle()
        at_s = self._now_s()
        read = memory_samples(instance, "idle", available_before_bytes=available_before_bytes, at_s=at_s)
        self.observation.samples += read
        self._let_go(instance, 2)

    def _let_go(self, instance: Instance, number: int) -> None:
        with self.interruptions.allowed():
            seen = stop({instance: self.launch_of(number)}, _LEAVE_TIMEOUT_S, self.isolation.clock)
        self.observation.notes |= seen

    def _take(self, metric: str, value: float, unit: str, vantage: str = "host") -> None:
        self.observation.samples.append(
            Sample(metric=metric, value=float(value), unit=unit, vantage=vantage, better="lower", at_s=self._now_s())
        )

    def _now_s(self) -> float:
        return (self.isolation.clock.now_ns() - self.began_ns) / 1e9


def _size_bytes(checkpoint: Checkpoint) -> int:
    """Return what the files take on the disk, holes left out."""
    return sum(file.stat().st_blocks * 512 for file in checkpoint.files())


def _bring_into_cache(checkpoint: Checkpoint, *, wanted: bool) -> None:
    """Read the files, or have the kernel drop what it holds of them. Raises IsolationError."""
    try:
        for file in checkpoint.files():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())  # what is not on the disk yet cannot be dropped
                if wanted:
                    while opened.read(1 << 20):
                        pass
                else:
                    os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    except OSError as error:
        raise IsolationError(f"cannot read the checkpoint: {error}") from error
