"""A calibration's known set, name by name: which the tracer saw of what was seeded, and which beside it.

A system call counts as entered for the seed where it was made at least half as often as was seeded more than in the
same round without: a runtime beside the workload makes a few more or less from trial to trial. The function, which
nobody else enters, has to be gone without the seed besides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from bench.analysis.data.isolations import UNTOLD, IsolationFacts

CALLS = frozenset({"close", "getpid", "openat", "read"})
"""What ``surface.c`` makes for the known set; they stand for themselves on every architecture."""
FUNCTION = "uptime_proc_show"
RECOVERED, WITH_EXTRA, THERE_AND_GONE = (
    "surface.set.recovered",
    "surface.set.with_extra",
    "surface.set.there_and_gone",
)
"""Derived of each trial with a seed: names of the known set that were seen; those and all others; and whether the
function was seen with the seed and not without it (1 or 0)."""
_COUNT = "surface.known."


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededSet:
    """What one isolation's tracer saw of the seed in one round."""

    isolation: str
    round: int
    calls: frozenset[str]
    function: bool | None
    """Seen with the seed, and not without it; None: no functions are traced."""

    @property
    def missing(self) -> tuple[str, ...]:
        """What was seeded and not seen, sorted."""
        lost = () if self.function is not False else (FUNCTION,)
        return (*sorted(CALLS - self.calls), *lost)

    @property
    def extra(self) -> tuple[str, ...]:
        """What was seen as if it had been seeded, sorted."""
        return tuple(sorted(self.calls - CALLS))


def seeded_sets(samples: pd.DataFrame) -> Iterator[SeededSet]:
    """Yield one for every isolation and round of which trials both with and without the seed count."""
    for (isolation, number), with_it, without, times in _pairs(samples):
        more = with_it.sub(without, fill_value=0)
        seen = frozenset(map(str, more.index[more >= times / 2]))
        function = None
        if FUNCTION in with_it.index and FUNCTION in without.index:
            function = bool(FUNCTION in seen and without[FUNCTION] == 0)
        yield SeededSet(isolation=isolation, round=number, calls=seen - {FUNCTION}, function=function)


def set_samples(samples: pd.DataFrame) -> pd.DataFrame:
    """Return, as more samples of the trials with a seed, how much of the known set came."""
    found = {(one.isolation, one.round): one for one in seeded_sets(samples)}
    trials = _counts(samples).drop_duplicates("trial")
    parts = []
    for row in trials[trials["times"] > 0].to_dict("records"):
        one = found.get((str(row["isolation"]), int(str(row["round"]))))
        if one is not None:
            values = {RECOVERED: len(CALLS & one.calls), WITH_EXTRA: len(CALLS | one.calls)}
            values |= {THERE_AND_GONE: int(one.function)} if one.function is not None else {}
            parts += [{**row, "metric": metric, "value": float(value)} for metric, value in values.items()]
    return pd.DataFrame(parts, columns=samples.columns)


def set_lines(samples: pd.DataFrame, facts: IsolationFacts = UNTOLD) -> list[str]:
    """Return in one line what was missing and extra, for all isolations and rounds of which that is the same."""
    told: dict[tuple[tuple[str, ...], tuple[str, ...]], set[str]] = {}
    for one in seeded_sets(samples):
        told.setdefault((one.missing, one.extra), set()).add(one.isolation)
    return [
        f"surface, names of the known set on {', '.join(sorted(isolations, key=facts.reading_order))}: "
        f"missing {_listed(missing)}, extra {_listed(extra)}."
        for (missing, extra), isolations in told.items()
    ]


def _listed(names: tuple[str, ...]) -> str:
    return f"{len(names)} ({', '.join(names)})" if names else "0"


def _pairs(samples: pd.DataFrame) -> Iterator[tuple[tuple[str, int], pd.Series[float], pd.Series[float], float]]:
    """Yield isolation and round, how often each name was seen with and without the seed, and how much that was."""
    for (isolation, number), rows in _counts(samples).groupby(["isolation", "round"], sort=True):
        by_amount = {float(str(times)): one.set_index("name")["value"] for times, one in rows.groupby("times")}
        without = by_amount.pop(0.0, None)
        if without is not None:
            for times, with_it in by_amount.items():
                yield (str(isolation), int(str(number))), with_it, without, times


def _counts(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the samples that say how often a name was seen, with columns ``name`` and ``times`` (the seed) besides."""
    chosen = samples[(samples["scenario"] == "surface") & samples["metric"].astype("string").str.startswith(_COUNT)]
    times = chosen["parameters"].map(lambda text: float(json.loads(text)["times"])).astype("float64")
    return chosen.assign(name=chosen["metric"].str.removeprefix(_COUNT), times=times)
