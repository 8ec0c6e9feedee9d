"""Metrics of trials of many instances (``measuring.many``), as rows of ``metrics``."""

from __future__ import annotations

from bench.analysis.metrics.facts import CLOCK, PROC, REQUEST, MetricFacts

_FIRST = "the first request of the burst: what Isobench is late with the others is in their times"
_CALL = "the call: of an engine's API, or the start of the host's command that enters"
_STATUS = "the command's status is known to the host"

COLLECTED = (
    MetricFacts(
        name="density.count", unit="1", vantages=("host",), meaning="most instances that were ready and idle together",
        misses="what a larger bound of the scenario would have shown, where that ended the climb",
    ),
    MetricFacts(
        name="density.start", unit="s", vantages=("host",),
        meaning="from request to ready, by how many instances stood already", begins=REQUEST,
        ends="ready, as of `timeline.ready`", source=CLOCK,
    ),
    MetricFacts(
        name="density.available_change", unit="B", vantages=("host",),
        meaning="MemAvailable before the first request minus now, by how many instances stand",
        begins="read before the first request, and each time that one more has settled",
        misses="page cache counts as available: an image that all share hardly moves it; read the slope, not one step",
        source=f"{PROC}, meminfo",
    ),
    MetricFacts(
        name="density.pss", unit="B", vantages=("processes:ROLE",),
        meaning="PSS summed over the processes of all instances of a role, by how many stand",
        begins="read each time that one more has settled", source=f"{PROC}, smaps",
    ),
    MetricFacts(
        name="burst.each.MARK", unit="s", vantages=("host",),
        meaning="of each instance of a burst that became ready, by how many were asked for at once; `requested` is how "
        "late it was asked for; no figure",
        begins=_FIRST, ends="as of `timeline.MARK`", source=CLOCK,
    ),
    MetricFacts(
        name="burst.success", unit="1", vantages=("host",),
        meaning="share of the instances asked for at once that became ready; why the others did not, the report says",
    ),
    MetricFacts(
        name="rate.alone", unit="s", vantages=("host",), meaning="median time to ready of a few, each alone",
        begins=REQUEST, ends="ready", source=CLOCK,
    ),
    MetricFacts(
        name="rate.kept", unit="1/s", vantages=("host",),
        meaning="highest rate of starts of which 99 % were ready in time: within so many times of `rate.alone` as the "
        "scenario says; 0 where not even the first was",
        misses="rates between those that were tried, a fourth root of two apart; queues so slow in growing that so few "
        "starts do not show them",
    ),
    MetricFacts(
        name="rate.each.ready", unit="s", vantages=("host",),
        meaning="of each start at a rate that was tried; no figure", begins="when it was due, asked for or not",
        ends="ready", source=CLOCK,
    ),
    MetricFacts(
        name="exec.first", unit="s", vantages=("host",),
        meaning="round trip of a command in an instance that runs already: the first", begins=_CALL, ends=_STATUS,
        misses="what the command itself says: nobody reads it", source=CLOCK,
    ),
    MetricFacts(
        name="exec.last", unit="s", vantages=("host",),
        meaning="the same of the last: the hundredth, where the scenario says no other number", begins=_CALL,
        ends=_STATUS, misses="what the command itself says", source=CLOCK,
    ),
    MetricFacts(
        name="exec.each", unit="s", vantages=("host",), meaning="the same of every one; no figure", begins=_CALL,
        ends=_STATUS, source=CLOCK,
    ),
)  # fmt: skip
"""Stored with every trial of that kind."""

DERIVED = (
    MetricFacts(
        name="density.slope_available", unit="B", vantages=("host",),
        meaning="slope of `density.available_change`: what each further instance takes", source="Theil 1950; Sen 1968",
    ),
    MetricFacts(
        name="density.slope_pss", unit="B", vantages=("processes:ROLE", "processes"),
        meaning="slope of `density.pss`, the shared daemons' among them", source="Theil 1950; Sen 1968",
    ),
    MetricFacts(
        name="density.start_slope", unit="s", vantages=("host",),
        meaning="slope of `density.start`: by how much each instance that stands delays the next",
        source="Theil 1950; Sen 1968",
    ),
    MetricFacts(
        name="burst.ready_p95", unit="s", vantages=("host",),
        meaning="95th percentile of a burst's times to ready, of nearest rank: a time that was seen", begins=_FIRST,
        ends="ready", misses="of fewer than 20 at once it is the last of them", source=CLOCK,
    ),
    MetricFacts(
        name="burst.ready_p99", unit="s", vantages=("host",),
        meaning="the 99th percentile, likewise", begins=_FIRST, ends="ready",
        misses="of fewer than 100 at once it is the last of them", source=CLOCK,
    ),
    MetricFacts(
        name="burst.makespan", unit="s", vantages=("host",),
        meaning="time to ready of the last of a burst that became ready", begins=_FIRST,
        ends="the last of them is ready", source=CLOCK,
    ),
    MetricFacts(
        name="burst.rate", unit="1/s", vantages=("host",),
        meaning="instances of a burst that became ready per second of `burst.makespan`", begins=_FIRST,
        ends="the last of them is ready",
    ),
    MetricFacts(
        name="burst.spread", unit="s", vantages=("host",), meaning="how late the last of a burst was asked for",
        begins=_FIRST, ends="the last request",
        misses="nothing; what an engine's API costs in Isobench itself is in it", source=CLOCK,
    ),
    MetricFacts(
        name="burst.harness", unit="1", vantages=("harness",),
        meaning="CPUs that Isobench kept busy itself: `harness.cpu` per second of `burst.makespan`", begins=_FIRST,
        ends="the last of them is ready",
    ),
    MetricFacts(
        name="burst.growth_ready", unit="1", vantages=("host",),
        meaning="exponent of the median time to ready over how many are asked for at once, a log-log slope: 0 where "
        "one more costs nothing, 1 where each waits for all before it",
        source="Theil 1950; Sen 1968",
    ),
    MetricFacts(
        name="burst.growth_all", unit="1", vantages=("host",), meaning="the same exponent of `burst.makespan`",
        source="Theil 1950; Sen 1968",
    ),
    MetricFacts(
        name="density.pss", unit="B", vantages=("processes",),
        meaning="sum over the instances' own roles; shared daemons are never in it", source=f"{PROC}, smaps",
    ),
)  # fmt: skip
"""Made of these by ``analysis/data/``."""
