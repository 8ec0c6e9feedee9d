"""Hold what was read of a trial against the table of sentinels, and leave all of it as samples."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from bench.host.disturbance.readings import HostActivity
from bench.host.disturbance.sentinels import SENTINELS, SHORTEST_S, Readings, Sentinel
from bench.model import Sample

_SHOWN = 160
"""Characters of a kernel's message that a reason quotes."""

_UNITS = dict.fromkeys(("cpus", "throttled", "kernel_errors", "hot", "at_memory_limit"), "1") | {"swapped": "B"}
"""Of the readings that are no seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnActivity:
    """What is known of the instance's own doing. None: not known, and what needs it is not judged."""

    throttled: int | None = None
    cpu_s: float | None = None
    """Its CPU time from its beginning to its end, with that of its client where that shares its CPUs."""
    at_memory_limit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one sentinel says of a trial."""

    sentinel: Sentinel
    amount: float
    value: float
    """The amount, or its share."""
    judged: bool
    """Whether it is held against a limit: shares of short trials are not."""
    over: bool
    """Whether it spoils the trial."""


def apply_rules(readings: Readings) -> Iterator[Judged]:
    """Hold what was read of a trial against the table; what was not watched says nothing."""
    for one in SENTINELS:
        whole = math.prod(readings.get(name, 0.0) for name in one.share_of)
        with suppress(KeyError):
            amount = one.amount(readings)
            if whole > 0:
                yield _judged(one, readings, amount, amount / whole)


def _judged(one: Sentinel, readings: Readings, amount: float, value: float) -> Judged:
    judged = one.limit is not None and not (one.share_of and readings["span"] <= SHORTEST_S)
    over = judged and value > (one.limit or 0.0) and amount > one.allowance and not readings.get(one.excused_by)
    return Judged(sentinel=one, amount=amount, value=value, judged=judged, over=over)


def spoiled_by(host: HostActivity, own: OwnActivity) -> list[str]:
    """Return why a trial's figures should not be trusted, in words; empty when nothing disturbed it."""
    read = readings(host, own)
    words = {"clock_step": host.clock_step_s, "log": _quoted(host.kernel_errors or ("",))}
    return [
        one.sentinel.reason.format(amount=one.amount, value=one.value, **words) for one in apply_rules(read) if one.over
    ]


def _quoted(errors: tuple[str, ...]) -> str:
    more = len(errors) - 1
    return errors[0][:_SHOWN] + (f" (and {more} more)" if more else "")


def readings(host: HostActivity, own: OwnActivity) -> dict[str, float]:
    """Return everything that was read, raw, nothing judged."""
    found: dict[str, float | None] = {
        "span": host.span_s,
        "cpus": host.cpus,
        "swapped": host.swapped_bytes,
        "stolen": host.stolen_s,
        "busy": host.busy_s,
        "own": own.cpu_s,
        "harness": host.harness_s,
        "engine": host.engine_s,
        "throttled": own.throttled,
        **{f"pressure.{name}": value for name, value in (host.pressure_s or {}).items()},
        "kernel_errors": None if host.kernel_errors is None else len(host.kernel_errors),
        "clock_step": host.clock_step_s,
        "suspended": host.suspended_s,
        "hot": host.hot,
        "at_memory_limit": own.at_memory_limit,
    }
    return {name: float(value) for name, value in found.items() if value is not None}


def samples(host: HostActivity, own: OwnActivity) -> list[Sample]:
    """Return one sample for everything that was read, ``sentinel.*`` as the host saw it."""
    return [
        Sample(
            metric=f"sentinel.{name}",
            value=value,
            unit=_UNITS.get(name, "s"),
            vantage="host",
            better="lower",
            at_s=host.span_s,
        )
        for name, value in readings(host, own).items()
    ]
