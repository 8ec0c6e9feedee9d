"""What a run is told of how sure its figures are."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from bench.analysis.figures.summary import summarize
from bench.analysis.figures.widths import widths
from bench.analysis.quality.twins import twins
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
    assert all(width is None or width > 0 for width in found.values())
    with reading(harness_cpus([1])) as reader:
        for _ in range(2):  # the second time in the same process
            assert {one.key: one.half_width for one in reader.widths(run)} == found


def test_more_rounds_are_narrower(tmp_path: Path) -> None:
    few, many = (widths(write_run(tmp_path / str(rounds), rounds=rounds)) for rounds in (6, 40))
    assert all((many[key] or 0) < (few[key] or math.inf) for key in many)


def test_too_few_rounds_are_infinitely_wide(tmp_path: Path) -> None:
    assert set(widths(write_run(tmp_path, rounds=2)).values()) == {math.inf}


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
