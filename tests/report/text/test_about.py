"""What a report says of the run itself: where it has gaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench import report
from bench.analysis.data.manifest import load_manifest
from bench.report.text.about import stretches
from tests.analysis.two_runs.test_compare import edit_manifest
from tests.synthetic import write_run

KILLED = {"at": "2026-11-23T21:10:00+00:00", "after": 5, "gap_s": 7299.0, "ended_by": "", "differences": []}
CHANGED = {
    **KILLED, "after": 9, "gap_s": 3.0, "ended_by": "SIGINT",
    "differences": [{"what": "host, kernel", "before": "6.1", "after": "6.2"}],
}  # fmt: skip


def taken_up(folder: Path, *resumed: dict[str, Any]) -> Path:
    return edit_manifest(write_run(folder, rounds=2), lambda document: document.update(resumed=list(resumed)))


def test_a_run_that_went_through_has_no_gaps(tmp_path: Path) -> None:
    assert stretches(load_manifest(write_run(tmp_path / "run"))) == ()


def test_gaps_are_told_with_their_place_their_length_and_their_reason(tmp_path: Path) -> None:
    said, changed = stretches(load_manifest(taken_up(tmp_path / "run", KILLED, CHANGED)))
    assert said.startswith(
        "This run was measured in 3 stretches: it was killed after trial 5 and taken up 2 h 1 min later; ended by "
        "SIGINT after trial 9 and taken up 3 s later. "
    )
    assert changed.endswith("accepted: host, kernel: 6.1 before trial 10, 6.2 from there.")


def test_a_report_says_so(tmp_path: Path) -> None:
    run = taken_up(tmp_path / "run", KILLED)
    paths = report.write(run)
    for text in (paths.html.read_text(), paths.markdown.read_text()):
        assert "This run was measured in 2 stretches" in text
