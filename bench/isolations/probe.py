"""The smallest trial: does an instance really start here, and how long does it take?"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bench.errors import BenchError, IsolationError, LeftoverError, StartTimeoutError, said
from bench.host import cgroup, patience
from bench.host.cpus import instance_cpus
from bench.host.fingerprint import is_emulated
from bench.host.run_state import note_leftovers, require_room
from bench.isolations.base import Availability, Fault, Isolation, Launch
from bench.isolations.envelope import mismatches, own_kernel, raise_own_limits
from bench.model import DEFAULT_PIDS, Cell, Envelope, Image, Kind, Say, Scenario, Trial

BROKEN = "That is a fault in its code: tell its authors, or use another version"
_MEMORY_BYTES = 256 << 20
_WITHOUT_ROOT = "Run as root: without it there is no control group to set limits in"
_BY_ITS_WORDS = "Go by those words; another release of it may do"
_UNIFIED = (
    "Boot with systemd.unified_cgroup_hierarchy=1: newer releases want control groups of version 2 alone, this host's "
    "layout is {layout}; or use an older release"
)
_TRY_AGAIN = re.compile(r"python -m bench doctor(?! --)")
_ABOUT_GROUPS = re.compile(r"cgroup|control group|No space left on device", re.IGNORECASE)
"""The last is what the kernel says to who joins a group of version 1 in which no CPUs were set."""
_HEEDLESS = "It does not heed the limits it is given: look at how it is configured (gVisor's --ignore-cgroups, for one)"


def check(isolation: Isolation, image: Image, say: Say) -> Availability:
    """Find out by a real start whether an isolation works here; a fault is an answer, not an error."""
    raise_own_limits()
    fault = isolation.missing()
    if fault is None:
        try:
            isolation.prepare(image, say)
            started = _probe_told(isolation, image)
            isolation.started(started.start_s)
            found = isolation.describe()
            detail = found.detail + started.hangs
            found = replace(found, detail=detail, own_kernel=started.own_kernel, took_s=started.took_s)
            return replace(found, virtualization="emulation") if is_emulated() else found
        except BenchError as error:
            if isinstance(error, LeftoverError):
                note_leftovers(isolation.run)
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
    reason = said(error).removesuffix(f". {error.remedy}")
    fault = Fault(reason=reason, remedy=_remedy(error))
    return Availability(isolation=name, fault=fault, detail=fault.reason)


def _remedy(error: BenchError) -> str:
    """Return what to do; to try it again, as the doctor does, is none where just that has failed."""
    if error.remedy and not _TRY_AGAIN.search(error.remedy):
        return error.remedy
    layout = cgroup.version()
    newer = layout != "v2" and _ABOUT_GROUPS.search(error.what)
    return _UNIFIED.format(layout=layout) if newer else _BY_ITS_WORDS


def _probe_told(isolation: Isolation, image: Image) -> ProbeResult:
    """Probe; where that fails and the tool had to be quiet, once more aloud, so that the reason is in its words.

    Raises what ``probe`` does.
    """
    try:
        return probe(isolation, image)
    except BenchError as error:
        if not isolation.hushed:
            raise
        isolation.hushed = False
        try:
            probe(isolation, image)
        except BenchError as again:
            raise again from error
        finally:
            isolation.hushed = True
        error.what += "; a second start, in which its tool might speak, went well"
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What a probe found: seconds from the request to the start mark, how long all of it took, and on which kernel."""

    start_s: float
    took_s: float
    own_kernel: bool
    hung: int = 0
    """How many starts before this one hung."""

    @property
    def hangs(self) -> str:
        """A part of a sentence about the starts that hung; empty where none did."""
        return f", {self.hung} of {self.hung + 1} boots hung" if self.hung else ""


def probe(isolation: Isolation, image: Image, *, timeout_s: float | None = None) -> ProbeResult:
    """Start an instance that does nothing, again where it hangs and is known to do so at random.

    Each further try is given more of the time, the last one all of it; None: as long as one of its kind may take here.
    Raises StartTimeoutError, with the console's tail, when none starts and ends in time, IsolationError when one ends
    too early or its envelope does not arrive.
    """
    if timeout_s is None:
        timeout_s = patience.limit_s(isolation.probe_s, shown_s=isolation.shown_s)
    for hung in range(isolation.boots):
        within_s = timeout_s * (hung + 1) / isolation.boots
        try:
            return replace(_start(isolation, image, within_s), hung=hung)
        except StartTimeoutError as error:
            last = error
    if isolation.boots > 1:
        last.what += f"; all of {isolation.boots} boots hung"
    raise last


def _start(isolation: Isolation, image: Image, timeout_s: float) -> ProbeResult:
    launch, began_s = _launch(isolation, image), time.monotonic()
    with isolation.guard(), isolation.launch(launch) as instance:
        reached = instance.wait("end", "closed", timeout_s=timeout_s)
        held = instance.held()
        instance.dismiss()
        start_s = instance.timeline.since_request_s("start")
        said = " / ".join(line for line in instance.console.tail(6) if not line.startswith("@isobench ")) or "nothing"
        if reached is None:
            raise StartTimeoutError(
                f"an instance of {isolation.name} did not start and end within {timeout_s:.0f} s; it said: {said}",
                remedy=patience.longer(),
            )
        if reached != "end" or start_s is None:
            require_room()
            raise IsolationError(f"an instance of {isolation.name} ended before its workload had; it said: {said}")
        ended = instance.see_off(timeout_s)
        if ended.kind is not Kind.OK:
            error = StartTimeoutError if ended.kind is Kind.DID_NOT_RETURN else IsolationError
            raise error(f"in {isolation.name}: {ended.reason}; it said: {said}")
    seen = instance.console.seen
    wrong = mismatches(seen, launch.envelope, held=held)
    if wrong:
        raise IsolationError(
            f"the envelope does not arrive in {isolation.name}: {'; '.join(wrong)}",
            remedy=_HEEDLESS if os.geteuid() == 0 else _WITHOUT_ROOT,
        )
    return ProbeResult(start_s=start_s, took_s=time.monotonic() - began_s, own_kernel=own_kernel(seen))


def _launch(isolation: Isolation, image: Image) -> Launch:
    envelope = Envelope(cpus=1, memory_bytes=_MEMORY_BYTES, pids=DEFAULT_PIDS)
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
