"""Choosing in words: shares that are never all unless they are, changes, and who dominates whom."""

from __future__ import annotations

from pathlib import Path

import bench
from bench.analysis.choosing.fronts import fronts
from bench.report.text import choice, dominance
from tests.synthetic import write_run
from tests.synthetic_surface import write_surface_run


def test_a_share_is_all_or_nothing_only_where_it_is() -> None:
    assert [choice.share(of) for of in (0, 1e-5, 0.0868, 0.913, 0.99999, 1)] == [
        "0 %", "0.1 %", "8.68 %", "91.3 %", "99.9 %", "100 %"
    ]  # fmt: skip


def test_who_dominates_whom_is_said_with_how_surely(tmp_path: Path) -> None:
    run = bench.Run(write_surface_run(tmp_path / "run", reached={"bare": 1000.0, "docker": 1300.0, "vm": 1900.0}))
    [start, *_] = fronts(run.measured)
    said = "Start-up: on the front is bare; bare dominates docker and vm in 100 % of resamples each."
    assert dominance.sentence(start) == said
    assert dominance.left_out(start) == ("Not shown: docker:runsc: the engine knows no runtime runsc.",)


def test_what_nothing_changes_and_what_was_not_measured_is_said(tmp_path: Path) -> None:
    found = bench.Run(write_run(tmp_path / "run", rounds=7)).recommend({"start": 1, "memory": 1})
    assert list(choice.said(found))[:3] == [
        "What would change who comes first:",
        "No weight of these changes who comes first.",
        "Start of bare above 1.27 s instead of 1.91 ms: docker.",
    ]
    assert choice.lacking(found) == ()
    [lacking] = choice.lacking(bench.Run(tmp_path / "run").recommend())
    assert lacking.startswith(
        "This weighs cost alone. What it buys is measured by: python -m bench run startup footprint"
    )
