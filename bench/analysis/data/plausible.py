"""Samples that cannot be: no number, not finite, or a time of ours that ran backwards.

They are kept, and are in no figure. Whether a workload's own figure can be below zero is for its scenario to say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.analysis.data.texts import holds

_TIMES = ("s", "ms", "us", "ns")
_SIGNED = ("overhead.", "sentinel.")
"""Prefixes of differences, which may be below zero."""
_WINDOW = "clock."
"""Prefix of what a workload says of its own window: a time, while its metrics are what their scenario says."""


def kept(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the samples that can be: finite values, and no duration of ours below zero."""
    wrong = _wrong(samples)
    return samples[~wrong] if wrong.any() else samples


def doubtful(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the samples of trials that ended ok, of a frame as ``load`` gives it, that ``kept`` leaves out."""
    return frame[(frame["outcome"] == "ok") & frame["metric"].notna() & _wrong(frame)]


def why(metric: str, vantage: str, value: float, unit: str) -> str:
    """Say what is wrong with a doubtful sample."""
    if math.isnan(value):
        return f"{metric} ({vantage}) is no number"
    if math.isinf(value):
        return f"{metric} ({vantage}) is not finite"
    return f"{metric} ({vantage}) is {value:g} {unit}, and no time is below zero"


def together(reasons: Sequence[str], most: int = 5) -> str:
    """Return reasons in one sentence; those beyond the first ``most`` are counted."""
    more = f"; and {len(reasons) - most} more" if len(reasons) > most else ""
    return f"{'; '.join(reasons[:most])}{more}. These samples are kept, and are in no figure"


def _wrong(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    values = frame["value"].to_numpy(dtype="float64")
    wrong: npt.NDArray[np.bool_] = ~np.isfinite(values)
    below = values < 0
    if below.any():
        timed = holds(frame["unit"], _TIMES.__contains__)
        ours = holds(frame["vantage"], "workload".__ne__) | holds(
            frame["metric"], lambda name: name.startswith(_WINDOW)
        )
        wrong |= below & timed & ours & holds(frame["metric"], lambda name: not name.startswith(_SIGNED))
    return wrong
