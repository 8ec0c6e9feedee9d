"""What a report says of its method that depends on the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.analysis.data.frame import load_manifest
from bench.report.text.method import method
from bench.store.manifest import Stopping
from tests.synthetic import write_run


def test_what_nobody_watched_is_said_with_what_is_missing(tmp_path: Path) -> None:
    told = load_manifest(write_run(tmp_path, rounds=1))
    assert not [text for text in method(told) if "Not watched" in text]
    blind = replace(told, harness=replace(told.harness, unwatched={"thermal": "no counters"}))
    assert "Not watched here, so that it spoils no trial: thermal (no counters)." in method(blind)


def test_a_run_that_stopped_by_itself_says_by_what_rule_and_why(tmp_path: Path) -> None:
    told = load_manifest(write_run(tmp_path, rounds=1))
    rule = Stopping(
        precision=0.05, budget_s=600.0, rounds=40, confidence=0.97, reason="the time is spent, after 9 rounds"
    )
    [said] = [text for text in method(replace(told, stopping=rule)) if "decide when to stop" in text]
    assert "every ratio to bare within 5 %, at most 600 s, spent where intervals were widest, at most 40 rounds" in said
    assert "It stopped since the time is spent, after 9 rounds." in said
    assert "as if they were of 97 %" in said
    assert not [text for text in method(told) if "decide when to stop" in text]
