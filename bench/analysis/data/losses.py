"""What a victim loses beside a neighbour: each figure against that beside nobody, in the same round.

==================== =========================================================================================
metric               from
==================== =========================================================================================
``METRIC.loss`` (%)  100 (1 - with / without) where higher is better: work that the neighbour took
``METRIC.growth``    with / without where lower is better: how many times a tail is as long
==================== =========================================================================================

Both trials are of one round, in which their order is random, so that the host's drift falls on both alike (Abedi and
Brecht, ICPE 2017). A trial whose partner failed gives no row.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from bench.analysis.data.texts import like, stack
from bench.model.scenario import ANTAGONIST, NOBODY

ENDED = "neighbour.ended"
LOSS, GROWTH = ".loss", ".growth"
_PAIR = ["scenario", "isolation", "round", "pair", "metric"]


def of_pairs(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that follow from trials beside a neighbour, of the same columns; none where there are none."""
    scenarios = samples.loc[samples["metric"] == ENDED, "scenario"].unique()
    rows = samples[samples["scenario"].isin(scenarios) & (samples["vantage"] == "workload")]
    rows = rows[~rows["metric"].str.startswith(("clock.", "neighbour."))]
    if rows.empty:
        return samples.iloc[:0]
    known = {text: json.loads(text) for text in rows["parameters"].astype("string").unique()}
    others = {text: json.dumps({**found, ANTAGONIST: NOBODY}, sort_keys=True) for text, found in known.items()}
    texts = rows["parameters"].astype("string")
    alone = texts.map({text: found.get(ANTAGONIST) == NOBODY for text, found in known.items()}).astype(bool)
    placed = rows.assign(pair=texts.map(others)).drop_duplicates([*_PAIR, "trial"])
    without = placed[alone].drop_duplicates(_PAIR).set_index(_PAIR)["value"].rename("without")
    beside = placed[~alone].join(without, on=_PAIR, how="inner")
    parts = [_made(beside[beside["better"] == "higher"], LOSS), _made(beside[beside["better"] == "lower"], GROWTH)]
    return stack([like(part, samples) for part in parts])


def _made(beside: pd.DataFrame, suffix: str) -> pd.DataFrame:
    ratio = beside["value"] / beside["without"]
    value, unit = (100 * (1 - ratio), "%") if suffix == LOSS else (ratio, "times")
    made = beside.assign(
        metric=beside["metric"].astype("string") + suffix, value=value, unit=unit, better="lower", at_s=np.nan
    )
    return pd.DataFrame(made[np.isfinite(made["value"])])
