"""Leave is taken of instances in one way: they stop when asked to, report their envelope, and are seen off."""

from __future__ import annotations

from collections.abc import Mapping

from bench.errors import IsolationError
from bench.isolations.base import Instance, Launch
from bench.isolations.envelope import mismatches
from bench.isolations.timeline import Clock
from bench.measuring.observation import Ended
from bench.model import Kind

STOPPED = (0, 143)
"""What a service may end with that was asked to: of its own accord, or by SIGTERM."""


def stop(standing: Mapping[Instance, Launch], timeout_s: float, clock: Clock) -> Mapping[str, str]:
    """Ask services to stop, and let them go; return what the last of them has seen of its envelope.

    All are asked at once, and all have ``timeout_s`` to stop, and as long to leave. Raises Ended for one that does not,
    that is gone already, or whose end is not what its entry said, IsolationError where an envelope did not arrive.
    """
    seen: Mapping[str, str] = {}
    held = {instance: instance.held() for instance in standing}
    for instance in standing:
        instance.dismiss()
    deadline_s = _now_s(clock) + timeout_s
    for instance, launch in standing.items():
        reached = instance.wait("end", "closed", timeout_s=max(0.0, deadline_s - _now_s(clock)))
        if reached is None:
            reason = f"had not stopped {timeout_s:g} s after it was asked to{last_words(instance)}"
            raise Ended(Kind.DID_NOT_RETURN, reason)
        if reached == "closed":
            raise Ended(Kind.FAILED, f"was gone before its workload had ended{last_words(instance)}")
        seen = dict(instance.console.seen)
        if wrong := mismatches(seen, launch.envelope, held=held[instance]):
            raise IsolationError(f"the envelope did not arrive: {'; '.join(wrong)}")
    for instance in standing:  # machines power off side by side, faster than one after another
        instance.dismiss()
    deadline_s = _now_s(clock) + timeout_s
    for instance in standing:
        outcome = instance.see_off(max(0.0, deadline_s - _now_s(clock)))
        if outcome.kind is not Kind.OK:
            raise Ended(outcome.kind, outcome.reason + last_words(instance))
    return seen


def last_words(instance: Instance) -> str:
    """Return the end of a sentence about an instance: its last lines."""
    return f"; it last said: {' / '.join(instance.console.tail(3)) or 'nothing'}"


def _now_s(clock: Clock) -> float:
    return clock.now_ns() / 1e9
