"""What github-action-benchmark keeps of a run: the figures that answer its scenarios' questions, one entry for each.

The action draws a line for every ``name`` over the commits, and warns where a value has become worse than the last one
by its threshold. It reads either figures of which less is better or those of which more is: two files, and two steps.
``value`` is the median, ``range`` half its interval, absent where there is none, and ``extra`` the interval itself,
which is shown where a reader points.
"""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Mapping

from bench.analysis.figures.headlines import headlines
from bench.analysis.figures.sweep import label
from bench.errors import ResultsError
from bench.sharing.formats.source import SUMMARY, Source


def entries(source: Source, better: str) -> bytes:
    """Return the headline figures that are better ``higher`` or ``lower``; raises ResultsError where there is none."""
    table = Source(source.run_dir, SUMMARY).table
    rows = table[headlines(table) & (table["better"] == better) & table["median"].notna()]
    if rows.empty:
        raise ResultsError(
            f"{source.manifest.run}: no headline figure of this run is better {better}",
            remedy="Ask for the other of github-smaller and github-bigger",
        )
    found = [_entry(row) for row in rows.to_dict("records")]
    return (json.dumps(found, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def _entry(row: Mapping[Hashable, object]) -> dict[str, object]:
    values = json.loads(str(row["parameters"]))
    place = label(values, list(values))
    isolation = f"{row['isolation']} (emulated)" if row["emulated"] else str(row["isolation"])
    value, low, high = (_number(row[name]) for name in ("median", "low", "high"))
    made: dict[str, object] = {
        "name": f"{row['scenario']}{f', {place}' if place else ''} on {isolation}: {row['metric']}",
        "unit": str(row["unit"]),
        "value": value,
    }
    if not math.isfinite(high - low):
        return made | {"extra": f"{row['n']} rounds"}
    return made | {
        "range": f"± {(high - low) / 2:.3g}",
        "extra": f"{row['n']} rounds\n{_number(row['confidence']):.0%} interval of the median: {low:.6g} to {high:.6g}",
    }


def _number(value: object) -> float:
    return float(value) if isinstance(value, float) else math.nan
