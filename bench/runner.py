"""One trial, from its launch to its outcome: the one place that knows isolations and meters."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.envelope import mismatches
from bench.errors import BenchError
from bench.host import disturbance, spoiled_by
from bench.isolations.base import Availability, Exit, Instance, Isolation, Launch
from bench.isolations.console import LIMIT_BYTES, Console
from bench.meters.cpu import CpuReading, cpu_samples, read_cpu
from bench.meters.memory import available_bytes, guest_samples, idle_samples, peak_samples
from bench.meters.startup import timeline_samples
from bench.meters.throughput import MetricError, window_samples, workload_samples
from bench.model import Image, Kind, Measurement, Outcome, Sample, Scenario, Trial
from bench.placement import instance_cpus
from bench.signals import Interruptions

_EXIT_TIMEOUT_S = 30.0
"""How long an instance may take to leave after its workload has ended."""

_OVER = ("overflow", "end", "closed")


class _Ended(Exception):  # noqa: N818 - carries how a trial ended out of the watching code
    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.outcome = Outcome(kind=kind, reason=reason)


@dataclass(slots=True, kw_only=True)
class _Observation:
    """What is known of a trial so far; survives whatever goes wrong."""

    outcome: Outcome = field(default_factory=lambda: Outcome(kind=Kind.OK))
    samples: list[Sample] = field(default_factory=list)
    instance: Instance | None = None
    throttled: int | None = None


class Runner:
    """Measures trials on isolations that have been checked and prepared."""

    def __init__(
        self,
        isolations: Mapping[str, Isolation],
        availabilities: Mapping[str, Availability],
        images: Mapping[str, Image],
        interruptions: Interruptions,
    ) -> None:
        self._isolations = isolations
        self._availabilities = availabilities
        self._images = images
        self._interruptions = interruptions

    def measure(self, trial: Trial) -> tuple[Measurement, bytes]:
        """Run one trial; return what was measured and the raw console.

        Every fault of the trial becomes its outcome; only Interrupted gets through.
        """
        availability = self._availabilities[trial.cell.isolation]
        observation = _Observation()
        if availability.fault is not None:
            reason = f"{availability.fault.reason}. {availability.fault.remedy}"
            observation.outcome = Outcome(kind=Kind.UNSUPPORTED, reason=reason)
        else:
            self._observe(trial, observation)
        return self._measurement(trial, observation, emulated=availability.emulated)

    def _observe(self, trial: Trial, observation: _Observation) -> None:
        isolation = self._isolations[trial.cell.isolation]
        launch = self._launch(trial)
        cpus = launch.envelope.cpu_set
        before = disturbance(cpus, now_ns=isolation.clock.now_ns())
        available_before_bytes = available_bytes()
        try:
            with self._interruptions.held(), isolation.launch(launch) as instance:
                observation.instance = instance
                with self._interruptions.allowed():
                    _Watch(isolation, instance, trial.cell.scenario, observation).run(launch, available_before_bytes)
        except _Ended as ended:
            observation.outcome = ended.outcome
        except BenchError as error:
            observation.outcome = Outcome(kind=Kind.FAILED, reason=str(error))
        except Exception as error:  # noqa: BLE001 - a fault in one isolation's code must not cost the others' trials
            where = traceback.extract_tb(error.__traceback__)[-1]
            reason = (
                f"a fault in Isobench: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
            )
            observation.outcome = Outcome(kind=Kind.FAILED, reason=reason)
        after = disturbance(cpus, now_ns=isolation.clock.now_ns())
        reasons = spoiled_by(before, after, throttled=observation.throttled, cpus=len(cpus))
        if reasons and observation.outcome.kind is Kind.OK:
            observation.outcome = Outcome(kind=Kind.SPOILED, reason="; ".join(reasons))

    def _launch(self, trial: Trial) -> Launch:
        scenario = trial.cell.scenario
        placed = replace(scenario.envelope, cpu_set=instance_cpus(scenario.envelope.cpus))
        return Launch(trial=trial, image=self._images[scenario.name], envelope=placed, patterns=_patterns(scenario))

    @staticmethod
    def _measurement(trial: Trial, observation: _Observation, *, emulated: bool) -> tuple[Measurement, bytes]:
        instance = observation.instance
        console = instance.console if instance else Console(trial.nonce)
        timeline = timeline_samples(instance.timeline) if instance else []
        ok = observation.outcome.kind in (Kind.OK, Kind.SPOILED)
        measurement = Measurement(
            trial=trial,
            outcome=observation.outcome,
            emulated=emulated,
            samples=(*timeline, *observation.samples),
            seen=dict(console.seen),
            tail=() if ok else console.tail(),
        )
        return measurement, console.raw


def _patterns(scenario: Scenario) -> dict[str, str]:
    """Return the console lines that the watch waits for."""
    found = {"ready": scenario.ready} if scenario.ready is not None else {}
    if scenario.window is not None:
        found |= {"window_begin": scenario.window.begin, "window_finish": scenario.window.finish}
    return found


class _Watch:
    """Follows one instance from its launch to its exit, reading the meters on the way."""

    def __init__(self, isolation: Isolation, instance: Instance, scenario: Scenario, observation: _Observation) -> None:
        self._isolation = isolation
        self._instance = instance
        self._scenario = scenario
        self._observation = observation

    def run(self, launch: Launch, available_before_bytes: int) -> None:
        """Watch until the exit. Raises _Ended for every way to end but ok."""
        self._await_ready()
        self._read_idle(available_before_bytes)
        deadline_ns = self._isolation.clock.now_ns() + round(self._scenario.timeout_s * 1e9)
        self._count_cpu(deadline_ns)
        self._await_end(deadline_ns)
        self._take(peak_samples(self._instance, at_s=self._now_s()))
        account = self._instance.account
        self._observation.throttled = account.read().throttled if account is not None else None
        self._instance.dismiss()
        self._check_exit(self._instance.wait_exit(_EXIT_TIMEOUT_S))
        self._check_envelope(launch)
        self._read_output()

    def _await_ready(self) -> None:
        timeout_s = self._scenario.start_timeout_s
        reached = self._instance.wait("ready", "overflow", "end", "closed", timeout_s=timeout_s)
        if reached == "ready":
            return
        started = self._instance.console.happened("start")
        if reached is None:
            raise _Ended(
                Kind.TIMED_OUT,
                f"{'started, but not ready' if started else 'no start mark'} within {timeout_s:g} s",
            )
        self._refuse(reached, "before it was ready" if started else "before its start mark")

    def _read_idle(self, available_before_bytes: int) -> None:
        settle_s = self._scenario.settle_s
        if settle_s is None:
            return
        self._isolation.clock.sleep(settle_s)
        if self._instance.console.happened("end") or self._instance.console.happened("closed"):
            raise _Ended(
                Kind.FAILED,
                f"the workload ended before it had settled for {settle_s:g} s: let it live longer, or lower settle_s",
            )
        self._take(idle_samples(self._instance, available_before_bytes=available_before_bytes, at_s=self._now_s()))

    def _count_cpu(self, deadline_ns: int) -> None:
        """Read CPU time at both ends of the workload's own window, or else now and at the workload's end."""
        if self._scenario.window is not None:
            self._instance.wait("window_begin", *_OVER, timeout_s=self._left_s(deadline_ns))
        before = self._cpu()
        self._instance.wait("window_finish", *_OVER, timeout_s=self._left_s(deadline_ns))
        self._take(cpu_samples(before, self._cpu(), at_s=self._now_s()))

    def _await_end(self, deadline_ns: int) -> None:
        reached = self._instance.wait(*_OVER, timeout_s=self._left_s(deadline_ns))
        if reached is None:
            timeout_s = self._scenario.timeout_s
            raise _Ended(Kind.TIMED_OUT, f"ready, but the workload had not ended after {timeout_s:g} s")
        if reached != "end":
            self._refuse(reached, "before its workload had ended")

    def _refuse(self, reached: str, when: str) -> None:
        """Say how an instance ended too early; always raises _Ended."""
        if reached == "overflow":
            raise _Ended(Kind.FAILED, f"the workload wrote more than {LIMIT_BYTES >> 20} MiB to the console")
        if reached == "end":
            self._instance.dismiss()
        left = self._instance.wait_exit(_EXIT_TIMEOUT_S)
        if left is not None and left.out_of_memory:
            raise _Ended(Kind.OUT_OF_MEMORY, f"killed for memory {when}")
        status = self._instance.console.status if reached == "end" else (left.status if left else None)
        raise _Ended(Kind.FAILED, f"ended {when}" + (f", with status {status}" if status is not None else ""))

    def _check_exit(self, left: Exit | None) -> None:
        if left is None:
            raise _Ended(Kind.DID_NOT_RETURN, f"still there {_EXIT_TIMEOUT_S:g} s after its workload had ended")
        status = self._instance.console.status
        if left.out_of_memory:
            raise _Ended(Kind.OUT_OF_MEMORY, f"a process was killed for memory; the workload ended with {status}")
        if status != 0:
            raise _Ended(Kind.FAILED, f"the workload ended with status {status}")

    def _check_envelope(self, launch: Launch) -> None:
        seen = self._instance.console.seen
        own_kernel = self._isolation.own_kernel
        if own_kernel:
            self._take(guest_samples(seen, at_s=self._now_s()))
        wrong = mismatches(seen, launch.envelope, own_kernel=own_kernel)
        if wrong:
            raise _Ended(Kind.FAILED, "the envelope did not arrive: " + "; ".join(wrong))

    def _read_output(self) -> None:
        try:
            self._take(workload_samples(self._scenario.metrics, self._instance.console, at_s=self._now_s()))
            if self._scenario.window is not None:
                self._take(window_samples(self._scenario.window, self._instance.console, at_s=self._now_s()))
        except MetricError as error:
            raise _Ended(Kind.FAILED, str(error)) from error

    def _cpu(self) -> CpuReading:
        return read_cpu(self._instance, now_ns=self._isolation.clock.now_ns())

    def _left_s(self, deadline_ns: int) -> float:
        return max(0.0, (deadline_ns - self._isolation.clock.now_ns()) / 1e9)

    def _take(self, samples: list[Sample]) -> None:
        self._observation.samples += samples

    def _now_s(self) -> float:
        requested_ns = self._instance.timeline.marks_ns.get("requested", 0)
        return (self._isolation.clock.now_ns() - requested_ns) / 1e9
