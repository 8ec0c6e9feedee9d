"""What a run is told of how sure its figures are."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from bench.analysis.data.frame import load, load_manifest
from bench.analysis.figures.summary import summarize
from bench.analysis.figures.widths import _scatter, answers, widths
from bench.analysis.quality.twins import twins
from bench.analysis.statistics.paired_series import Side
from bench.cli.reading import reading
from bench.errors import BenchError
from bench.host.cpus import harness_cpus
from tests.analysis.rows import Row, frame
from tests.synthetic import write_run


def test_every_cell_but_bares_has_a_width_and_the_run_hears_the_same(tmp_path: Path) -> None:
    run = write_run(tmp_path, rounds=8)
    found = widths(run)
    assert found
    assert not [key for key in found if key[2] == "bare"]
    assert all(one.half_width is None or one.half_width > 0 for one in found.values())
    with reading(harness_cpus([1])) as reader:
        for _ in range(2):  # the second time in the same process
            heard = {one.key: (one.half_width, one.baseline_scatter) for one in reader.widths(run)}
            assert heard == found


def test_what_a_rule_looks_at_is_what_the_report_will_show(tmp_path: Path) -> None:
    """Only what answers the scenarios' questions is derived for a look, to the same figures."""
    run = write_run(tmp_path, rounds=8)
    rows = summarize(load(run)).set_index(["scenario", "parameters", "isolation", "metric", "vantage"])
    shown = (rows["ratio_high"] - rows["ratio_low"]) / 2 / rows["ratio"]
    manifest = load_manifest(run)
    for key, one in widths(run).items():
        asked = answers(manifest, key.scenario)
        widest = max(shown[*key, *figure] for figure in asked if (*key, *figure) in shown.index)
        assert one.half_width == pytest.approx(widest)


def test_how_much_bare_scatters_is_told_by_differences_from_round_to_round(tmp_path: Path) -> None:
    """A slow state of the host, which falls on both sides, is no scatter of either."""
    rng = np.random.default_rng(5)
    drift = np.exp(np.linspace(0, 1, 400))
    for own, bares in ((0.02, 0.08), (0.06, 0.03)):
        one, other = (Side.of(range(400), np.exp(rng.normal(0, sd, 400)) * drift) for sd in (own, bares))
        assert _scatter(one, other) == pytest.approx(bares / own, rel=0.2)
    still = Side.of(range(3), [1.0, 1.0, 1.0])
    assert _scatter(still, still) == 1.0


def test_more_rounds_are_narrower(tmp_path: Path) -> None:
    few, many = (widths(write_run(tmp_path / str(rounds), rounds=rounds)) for rounds in (6, 40))
    assert all((many[key].half_width or 0) < (few[key].half_width or math.inf) for key in many)


def test_too_few_rounds_are_infinitely_wide(tmp_path: Path) -> None:
    assert {one.half_width for one in widths(write_run(tmp_path, rounds=2)).values()} == {math.inf}


def test_a_broken_run_is_said(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"schema_version": 999}))
    with reading(harness_cpus([1])) as reader, pytest.raises(BenchError, match=r"cannot be told: .*schema version 999"):
        reader.widths(tmp_path)


def test_twins_that_differ_are_counted() -> None:
    def rows(isolation: str, first: int, values: list[float]) -> list[Row]:
        return [(first + place, isolation, "timeline.ready", "host", value, "s") for place, value in enumerate(values)]

    base = [1.0, 1.01, 1.02, 0.99, 1.0, 1.01, 1.02, 0.99]
    alike, apart = base[::-1], [2 * value for value in base]
    for values, differed in ((alike, 0), (apart, 1)):
        found = twins(summarize(frame([*rows("bare", 0, base), *rows("bare:twin", 100, values)])))
        assert found is not None
        assert (found.figures, found.differed, found.corrected) == (1, differed, differed)
    assert twins(summarize(frame(rows("bare", 0, base)))) is None
