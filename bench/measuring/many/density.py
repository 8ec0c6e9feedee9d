"""How many idle instances fit beside each other, and what each further one costs: one climb.

Instances of one isolation are started one after another, in the same envelope (so on the same CPUs), each once the
one before has settled, until the scenario's bound is reached or the host says no. Then all leave, report the
envelope they got, and are taken down. Samples:

============================ ================= ======== ====================================================
metric                       vantage           step     what
============================ ================= ======== ====================================================
``density.start`` (s)        host              running  from request to ready, as ``timeline.ready``
``density.available_change`` host              running  MemAvailable before the first request minus now (B)
``density.pss`` (B)          processes:ROLE    running  PSS summed over the processes of all instances
``density.count``            host              (none)   most instances that were ready and idle together
============================ ================= ======== ====================================================

``running`` is how many instances stood when it was seen: for a start those that were there before it (0 for
the first), for memory those whose memory it is (1 for the first).

MemAvailable counts most of the page cache as available: an image that all instances share hardly moves it, the
copies in every guest's own cache do. Cache that comes and goes, and everybody else on the host, are in it too:
read the slope, not one step. A page that n processes share counts 1/n in the PSS of each, so the sum grows by what
a further instance does not share: that is the point. Memory is never read during a start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from bench.errors import BenchError, IsolationError, LeftoverError
from bench.host.accounting import Unreadable
from bench.host.signals import Interruptions
from bench.isolations.base import Instance, Isolation, Launch
from bench.measuring.leave import last_words
from bench.measuring.many.standing import MIB, is_over, leave, not_ready
from bench.measuring.meters.memory import available_bytes
from bench.model import Better, Density, Sample, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """How far a climb came."""

    ran: int
    """Most instances that were ready and idle at the same time."""
    stopped: str
    """Why no further one was started, in a sentence."""
    seen: Mapping[str, str]
    """What the last of them reported from inside about its envelope."""


def climb(
    isolation: Isolation,
    launch_of: Callable[[int], Launch],
    scenario: Scenario,
    take: Callable[[list[Sample]], None],
    interruptions: Interruptions,
) -> Climb:
    """Start instances until the host says no or the bound is reached; return when nothing of them is left.

    ``launch_of`` gives the launch of instance 1, 2, ...: each needs a trial number and a nonce of its own.
    ``take`` receives samples as they are made, so that they survive an error; ``at_s`` counts from the first
    request. A signal is obeyed while an instance is waited for, never while one is made or taken down.

    Raises IsolationError when not even one instance ran or an envelope did not arrive, Ended when one did not leave
    as it should, LeftoverError when something is left.
    """
    assert scenario.density is not None
    with interruptions.held(), ExitStack() as stack:
        ascent = _Ascent(isolation, launch_of, scenario, scenario.density, take, interruptions, stack)
        stopped = ascent.go_up()
        with interruptions.allowed():
            seen = leave(ascent.running, isolation.clock)
    return Climb(ran=len(ascent.running), stopped=stopped, seen=seen)


@dataclass(slots=True)
class _Ascent:
    """The instances that run so far."""

    isolation: Isolation
    launch_of: Callable[[int], Launch]
    scenario: Scenario
    density: Density
    take: Callable[[list[Sample]], None]
    interruptions: Interruptions
    stack: ExitStack
    available_before_bytes: int = 0
    began_ns: int = 0
    running: dict[Instance, Launch] = field(default_factory=dict)

    def go_up(self) -> str:
        """Start one after another; return why no further one was. Raises IsolationError when none ran."""
        self.began_ns, self.available_before_bytes = self.isolation.clock.now_ns(), available_bytes()
        stopped = None
        while stopped is None:
            stopped = self._no_room() or self._start(len(self.running) + 1)
        if not self.running:
            raise IsolationError(f"not even one instance ran: {stopped}")
        self.take([self._sample("density.count", len(self.running), "1")])
        return stopped

    def _no_room(self) -> str | None:
        """Say why no further instance should even be tried, if so."""
        if len(self.running) >= self.density.most:
            return f"all {self.density.most} that the scenario asks for ran: its bound, not this host's"
        left_bytes, floor_bytes = available_bytes(), self.density.floor_bytes
        if left_bytes < floor_bytes:
            return f"the host had {left_bytes // MIB} MiB available, less than its floor of {floor_bytes // MIB} MiB"
        return None

    def _start(self, number: int) -> str | None:
        """Start one more and wait until it has settled; say what went wrong, if anything did."""
        launch = self.launch_of(number)
        try:
            instance = self.stack.enter_context(self.isolation.launch(launch))
        except LeftoverError:
            raise
        except (BenchError, OSError) as error:  # OSError: a host out of processes, files or disk space
            return f"instance {number} did not start: {error}"
        with self.interruptions.allowed():
            stopped = self._await_ready(number, instance) or self._settle(number, instance)
            if stopped is None:
                self.running[instance] = launch
                self._read_memory()
        return stopped

    def _await_ready(self, number: int, instance: Instance) -> str | None:
        if why := not_ready(instance, self.scenario.start_timeout_s):
            return f"instance {number} {why}"
        start_s = instance.timeline.since_request_s("ready") or 0.0
        self.take([self._sample("density.start", start_s, "s", running=number - 1)])
        return None

    def _settle(self, number: int, newest: Instance) -> str | None:
        """Wait for the scenario's settle time; say which instance did not live through it, if one did not."""
        self.isolation.clock.sleep(self.scenario.settle_s or 0.0)
        for place, instance in enumerate([*self.running, newest], start=1):
            if is_over(instance):
                return f"instance {place} ended while {number} ran" + last_words(instance)
        return None

    def _read_memory(self) -> None:
        """Read the host's account first: reading the processes costs memory of the harness."""
        if self.scenario.settle_s is None:
            return
        running = len(self.running)
        change_bytes = self.available_before_bytes - available_bytes()
        samples = [self._sample("density.available_change", change_bytes, "B", running=running)]
        for role, pss_bytes in _pss_bytes(self.running).items():
            samples.append(self._sample("density.pss", pss_bytes, "B", f"processes:{role}", running=running))
        self.take(samples)

    def _sample(self, metric: str, value: float, unit: str, vantage: str = "host", **step: int) -> Sample:
        better: Better = "higher" if metric == "density.count" else "lower"
        at_s = self._now_s()
        return Sample(
            metric=metric, value=float(value), unit=unit, vantage=vantage, better=better, at_s=at_s, step=step
        )

    def _now_s(self) -> float:
        return (self.isolation.clock.now_ns() - self.began_ns) / 1e9


def _pss_bytes(instances: Iterable[Instance]) -> dict[str, int]:
    """Return the sum of PSS by role over all instances; daemons that serve them all are counted once."""
    totals: dict[str, int] = {}
    for instance in instances:
        for role, processes in instance.processes().items():
            if role.startswith("shared:") and role in totals:
                continue
            for process in processes:
                with suppress(Unreadable):
                    totals[role] = totals.get(role, 0) + process.memory().pss_bytes
    return totals
