"""The smallest trial: does an instance really start here, and how long does it take?"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bench.envelope import mismatches, own_kernel
from bench.errors import BenchError, IsolationError, StartTimeoutError
from bench.isolations.base import Availability, Fault, Isolation, Launch, Say
from bench.model import Cell, Envelope, Image, Scenario, Trial
from bench.placement import instance_cpus

PROBE_TIMEOUT_S = 60.0
BROKEN = "That is a fault in its code: tell its authors, or use another version"
_MEMORY_BYTES = 256 << 20
_WITHOUT_ROOT = "Run as root: without it there is no control group to set limits in"
_HEEDLESS = "It does not heed the limits it is given: look at how it is configured (gVisor's --ignore-cgroups, for one)"


def check(isolation: Isolation, image: Image, say: Say) -> Availability:
    """Find out by a real start whether an isolation works here; a fault is an answer, not an error."""
    fault = isolation.missing()
    if fault is None:
        try:
            isolation.prepare(image, say)
            started = probe(isolation, image)
            isolation.started(started.start_s)
            found = isolation.describe()
            return replace(found, detail=found.detail + started.hangs, own_kernel=started.own_kernel)
        except BenchError as error:
            return unavailable(isolation.name, error)
    return Availability(isolation=isolation.name, fault=fault, detail=fault.reason)


@contextmanager
def answered(name: str, availabilities: dict[str, Availability]) -> Iterator[None]:
    """Make whatever goes wrong with an isolation the answer why it is not available; the others go on."""
    try:
        yield
    except BenchError as error:
        availabilities[name] = unavailable(name, error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a third party's fault, too, must not end anything else
        broken = BenchError(f"isolation {name} is broken: {type(error).__name__}: {error}", remedy=BROKEN)
        availabilities[name] = unavailable(name, broken)


def unavailable(name: str, error: BenchError) -> Availability:
    """Return the answer for an isolation that an error keeps from running."""
    fault = Fault(reason=error.what, remedy=error.remedy or "python -m bench doctor")
    return Availability(isolation=name, fault=fault, detail=fault.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What a probe found: seconds from the request to the start mark, and on which kernel it ran."""

    start_s: float
    own_kernel: bool
    hung: int = 0
    """How many starts before this one hung."""

    @property
    def hangs(self) -> str:
        """A part of a sentence about the starts that hung; empty where none did."""
        return f", {self.hung} of {self.hung + 1} boots hung" if self.hung else ""


def probe(isolation: Isolation, image: Image, *, timeout_s: float = PROBE_TIMEOUT_S) -> Started:
    """Start an instance that does nothing, again where it hangs and is known to do so at random.

    Each further try is given more of the time, the last one all of it. Raises StartTimeoutError, with the console's
    tail, when none starts and ends in time, IsolationError when one ends too early or its envelope does not arrive.
    """
    for hung in range(isolation.boots):
        within_s = timeout_s * (hung + 1) / isolation.boots
        try:
            return replace(_start(isolation, image, within_s), hung=hung)
        except StartTimeoutError as error:
            last = error
    if isolation.boots > 1:
        last.what += f"; all of {isolation.boots} boots hung"
    raise last


def _start(isolation: Isolation, image: Image, timeout_s: float) -> Started:
    launch = _launch(isolation, image)
    with isolation.guard(), isolation.launch(launch) as instance:
        reached = instance.wait("end", "closed", timeout_s=timeout_s)
        held = instance.held()
        instance.dismiss()
        start_s = instance.timeline.since_request_s("start")
        said = " / ".join(instance.console.tail(5)) or "nothing"
        if reached is None:
            raise StartTimeoutError(
                f"an instance of {isolation.name} did not start and end within {timeout_s:.0f} s; it said: {said}"
            )
        if reached != "end" or start_s is None:
            raise IsolationError(f"an instance of {isolation.name} ended before its workload had; it said: {said}")
        instance.wait_exit(timeout_s)
    seen = instance.console.seen
    wrong = mismatches(seen, launch.envelope, held=held)
    if wrong:
        raise IsolationError(
            f"the envelope does not arrive in {isolation.name}: {'; '.join(wrong)}",
            remedy=_HEEDLESS if os.geteuid() == 0 else _WITHOUT_ROOT,
        )
    return Started(start_s=start_s, own_kernel=own_kernel(seen))


def _launch(isolation: Isolation, image: Image) -> Launch:
    envelope = Envelope(cpus=1, memory_bytes=_MEMORY_BYTES, pids=256)
    scenario = Scenario(
        name="probe",
        title="Probe",
        question="Does it start?",
        version="0",
        image=image.name,
        command=("/.isobench/busybox", "true"),
        envelope=envelope,
    )
    cell = Cell(scenario=scenario, parameters={}, isolation="probe")
    trial = Trial(number=0, round=0, cell=cell, nonce=secrets.token_hex(8))
    placed = isolation.altered(replace(envelope, cpu_set=instance_cpus(1)))
    return Launch(trial=trial, image=image, envelope=placed, command=cell.command)
