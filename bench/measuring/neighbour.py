"""A neighbour: another instance of the same isolation, inside limits of its own, that takes all it can of one resource.

It starts once the victim is ready and set up, works while the victim goes through its steps, and is then told to stop.
What a trial's parameters ask for is ``antagonist`` (``none``: nobody runs beside) and ``place``: ``same CPU``, or
``another CPU`` that shares the last cache where the host has one. Samples, of the trial as a whole:

====================== ========= ==========================================================================
metric                 vantage   what
====================== ========= ==========================================================================
``neighbour.ended``    host      how it ended, in words by number (``bench.model.codes``)
``neighbour.work``     workload  its own throughput, as it says when it stops (1/s, of what it does)
``neighbour.cpu``      host      CPU time it took beside the victim, by its group's books or its processes (s)
``neighbour.window``   host      wall time between these two readings (s)
====================== ========= ==========================================================================
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace

from bench.host.accounting import AccountReading
from bench.host.cpus import cpus_near
from bench.host.signals import Interruptions
from bench.isolations.base import Instance, Isolation, Launch
from bench.isolations.envelope import mismatches
from bench.measuring.leave import STOPPED, last_words
from bench.measuring.meters.cpu import read_cpu
from bench.measuring.meters.memory import available_bytes
from bench.measuring.meters.numbers import MetricError
from bench.measuring.meters.throughput import workload_samples
from bench.measuring.observation import Ended, Inject, Observation
from bench.model import Kind, Metric, Neighbour, Sample, filled
from bench.model.codes import RETURNED, code
from bench.model.scenario import ANTAGONIST, NOBODY, PLACE, SAME_CPU

_STOP_TIMEOUT_S = 5.0
"""How long it may take to stop when it is told to; whatever still stands is then ended, and did not return."""

_LEAVE_TIMEOUT_S = 30.0
"""How long it may take to leave once it has stopped."""

_FLOOR_BYTES = 512 << 20
"""What the host must have available beyond the neighbour's own memory."""

_OVER = ("overflow", "end", "left", "closed")


@contextmanager
def accompanied(
    isolation: Isolation,
    victim: Instance,
    launch: Launch,
    observation: Observation,
    interruptions: Interruptions,
    inject: Inject | None = None,
) -> Iterator[None]:
    """Let a neighbour work beside the victim until this is left; nothing where the trial asks for none.

    ``launch`` is the victim's. What a calibration injects is imposed on the neighbour. Raises Ended: unsupported where
    nothing on the host would hold it to its limits, failed where the host has no room for it or it never worked, did
    not return for a victim that does not end beside it.
    """
    neighbour, parameters = launch.trial.cell.scenario.neighbour, launch.trial.cell.parameters
    if neighbour is None or parameters.get(ANTAGONIST, NOBODY) == NOBODY:
        yield
        return
    _require_limits(victim)
    own = _launch(launch, neighbour)
    _require_room(own)
    with interruptions.held(), isolation.launch(own) as instance:
        visit = _Visit(isolation=isolation, instance=instance, launch=own, neighbour=neighbour, observation=observation)
        with interruptions.allowed():
            visit.await_work(launch.trial.cell.scenario.start_timeout_s)
            with inject(instance, launch.trial, isolation.run) if inject else nullcontext():
                began_ns, had_s = isolation.clock.now_ns(), visit.cpu_s()
                try:
                    yield
                except Ended as ended:
                    raise _beside(ended, str(parameters[ANTAGONIST])) from ended
                finally:
                    visit.note(began_ns, had_s)
                    visit.take_leave()
                    if set(own.envelope.cpu_set) & set(launch.envelope.cpu_set):
                        observation.beside_cpu_s += visit.used_s  # our own doing, which spoils no trial
        visit.check_envelope()


def _beside(ended: Ended, antagonist: str) -> Ended:
    """Return how a victim ended, with who was beside it; one that had no end did not return."""
    kind = Kind.DID_NOT_RETURN if ended.outcome.kind is Kind.TIMED_OUT else ended.outcome.kind
    return Ended(kind, f"beside an antagonist ({antagonist}): {ended.outcome.reason}")


def _require_limits(victim: Instance) -> None:
    """A neighbour is held by what holds the victim: a control group, or a machine of its own."""
    held = victim.held()
    lacking = [name for name in ("pids_limit", "memory_limit") if held.get(name, "max") == "max"]
    if lacking and "vmm" not in victim.processes():
        limits = " and no ".join(name.replace("_", " ") for name in lacking)
        raise Ended(Kind.UNSUPPORTED, f"an antagonist would harm this host: it holds an instance to no {limits}")


def _require_room(own: Launch) -> None:
    needed, left = own.envelope.memory_bytes + _FLOOR_BYTES, available_bytes()
    if left < needed:
        reason = f"the host has {left >> 20} MiB available, and a neighbour needs room for {needed >> 20}"
        raise Ended(Kind.FAILED, reason)


def _launch(victim: Launch, neighbour: Neighbour) -> Launch:
    """Return the launch of the neighbour: the victim's envelope, on the CPUs that the trial asks for."""
    trial, cpu_set = victim.trial, victim.envelope.cpu_set
    if trial.cell.parameters.get(PLACE, SAME_CPU) != SAME_CPU:
        cpu_set = cpus_near(cpu_set)
    if len(cpu_set) < victim.envelope.cpus:
        raise Ended(Kind.UNSUPPORTED, f"this host has no {victim.envelope.cpus} CPUs beside those of the victim")
    words = {**trial.cell.parameters, "pids": victim.envelope.pids}
    words |= {"storage": victim.storage.path} if victim.storage else {}
    return replace(
        victim,
        trial=replace(trial, number=trial.number * 1000 + 1, nonce=secrets.token_hex(8)),
        envelope=replace(victim.envelope, cpu_set=cpu_set),
        command=victim.image.words(filled(neighbour.command, words)),
        stays=True,
        patterns={"ready": neighbour.ready},
    )


@dataclass(slots=True, kw_only=True)
class _Visit:
    """One neighbour, from its start to its leave."""

    isolation: Isolation
    instance: Instance
    launch: Launch
    neighbour: Neighbour
    observation: Observation
    held: Mapping[str, str] = field(default_factory=dict)
    used_s: float = 0.0
    """CPU time from its beginning on."""

    def await_work(self, timeout_s: float) -> None:
        """Wait until it works. One that its own limit has ended as it began leaves the victim alone."""
        if self.instance.wait("ready", *_OVER, timeout_s=timeout_s) is None:
            raise Ended(Kind.FAILED, f"the antagonist did not work within {timeout_s:g} s{last_words(self.instance)}")
        if not self.instance.console.happened("ready") and not self.instance.console.happened("start"):
            raise Ended(Kind.FAILED, f"the antagonist did not start{last_words(self.instance)}")

    def cpu_s(self) -> float:
        """Return its CPU time so far; of a fork bomb's processes only its group's books can be read in time."""
        account = self.instance.account
        books_s = account.read().cpu_s if account is not None else None
        if books_s is None:
            books_s = sum(read_cpu(self.instance, now_ns=0).used_s.values())
        self.used_s = max(self.used_s, books_s)
        return self.used_s

    def note(self, began_ns: int, had_s: float) -> None:
        """Take what CPU time it had beside the victim, and in how much time."""
        window_s = (self.isolation.clock.now_ns() - began_ns) / 1e9
        self._take(
            self._sample("neighbour.cpu", self.cpu_s() - had_s, "s"), self._sample("neighbour.window", window_s, "s")
        )

    def take_leave(self) -> None:
        """Ask it to stop, and note what it did and how it ended."""
        self.held = self.instance.held()
        account = self.instance.account
        books = account.read() if account is not None else AccountReading()
        left = self._leave()
        self.cpu_s()
        how = "killed one" if left == "returned" and books.oom_kills else left
        self._take(self._sample("neighbour.ended", code(RETURNED, how), RETURNED))
        self._take(*self._work())

    def check_envelope(self) -> None:
        """Raise Ended where its limits did not arrive; one that was killed has not told all it got."""
        seen = self.instance.console.seen
        storage = self.launch.storage.kind if self.launch.storage else None
        wrong = mismatches(seen, self.launch.envelope, held=self.held, storage=storage) if "uptime" in seen else []
        if wrong:
            raise Ended(Kind.FAILED, "the antagonist's envelope did not arrive: " + "; ".join(wrong))

    def _leave(self) -> str:
        if self.instance.console.happened("closed"):
            return "killed all"
        self.instance.dismiss()
        reached = self.instance.wait("end", "closed", timeout_s=_STOP_TIMEOUT_S)
        if reached != "end":
            return "did not return" if reached is None else "killed all"
        self.instance.dismiss()
        outcome = self.instance.see_off(_LEAVE_TIMEOUT_S)
        if outcome.kind is Kind.DID_NOT_RETURN:
            return "did not return"
        killed = outcome.kind is Kind.OUT_OF_MEMORY or self.instance.console.status not in STOPPED
        return "killed one" if killed else "returned"

    def _work(self) -> list[Sample]:
        """Return its throughput; none where it was killed before it could tell."""
        metric = Metric(name="neighbour.work", unit="1/s", better="higher", pattern=self.neighbour.work)
        try:
            return workload_samples([metric], list(self.instance.console.lines()), at_s=self._at_s())
        except MetricError:
            return []

    def _sample(self, metric: str, value: float, unit: str) -> Sample:
        return Sample(metric=metric, value=value, unit=unit, vantage="host", better="lower", at_s=self._at_s())

    def _take(self, *samples: Sample) -> None:
        self.observation.samples += samples

    def _at_s(self) -> float:
        return (self.isolation.clock.now_ns() - self.instance.timeline.marks_ns.get("requested", 0)) / 1e9
