"""Instances that stand beside each other: whether one is ready, whether it still stands, how all leave."""

from __future__ import annotations

from collections.abc import Mapping

from bench.isolations.base import Instance, Launch
from bench.isolations.timeline import Clock
from bench.measuring.leave import last_words, stop

LEAVE_TIMEOUT_S = 60.0
"""How long all instances together may take to stop, and then to leave; whatever still stands is then ended."""

MIB = 1 << 20
_OVER = ("left", "overflow", "end", "closed")


def not_ready(instance: Instance, timeout_s: float, left_s: float | None = None) -> str | None:
    """Wait until an instance is ready; say why it is not, if it is not within ``left_s`` of its ``timeout_s``."""
    reached = instance.wait("ready", *_OVER, timeout_s=timeout_s if left_s is None else left_s)
    if reached is None:
        return f"was not ready within {timeout_s:g} s{last_words(instance)}"
    if reached != "ready" or instance.timeline.since_request_s("ready") is None:
        return "ended before it was ready" + last_words(instance)
    return None


def is_over(instance: Instance) -> bool:
    """Whether it has ended, or is about to."""
    return any(instance.console.happened(event) for event in _OVER)


def leave(ready: Mapping[Instance, Launch], clock: Clock) -> Mapping[str, str]:
    """Let all leave at once; return what the last of them reports of its envelope, which all must have got.

    Raises what ``leave.stop`` raises.
    """
    standing = {instance: launch for instance, launch in ready.items() if not is_over(instance)}
    return stop(standing, LEAVE_TIMEOUT_S, clock)
