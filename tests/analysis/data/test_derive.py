import numpy as np
import pandas as pd

from bench.analysis.figures.by_round import sides

_ROUNDS, _THREADS, _METRICS = 3, 200, 5


def _samples() -> pd.DataFrame:
    """Return every setting and metric once in each round, as a run measures them."""
    places = np.indices((_ROUNDS, _THREADS, _METRICS)).reshape(3, -1)
    texts = {
        "scenario": "cpu", "isolation": "bare", "vantage": "host", "unit": "s", "better": "lower",
        "parameters": [f'{{"threads": {place}}}' for place in places[1]],
        "metric": [f"metric{place}" for place in places[2]],
    }  # fmt: skip
    table = pd.DataFrame(texts | {"round": places[0] + 1, "value": np.arange(places.shape[1], dtype="float64")})
    return table.astype(dict.fromkeys(texts, "category"))


def test_a_thousand_figures_are_told_apart() -> None:
    found = sides(_samples())
    assert sum(map(len, found.values())) == _THREADS * _METRICS
    values = [side.values for figures in found.values() for side in figures.values()]
    assert [one.tolist() for one in values] == [
        [place + turn * _THREADS * _METRICS for turn in range(_ROUNDS)] for place in range(_THREADS * _METRICS)
    ]
