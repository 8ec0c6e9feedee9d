"""``bench baseline``, and ``bench run --compare-to``: one run that later ones are held against."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.two_runs.test_compare import edit_manifest, edit_trials
from tests.cli.conftest import Bench, write_scenario
from tests.synthetic import write_run


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        write_run(tmp_path / "results" / name, rounds=3, trouble=False)
    return tmp_path / "results"


def test_a_run_is_marked_and_the_mark_moves(bench: Bench, results: Path) -> None:
    unmarked = bench("baseline")
    assert unmarked.code == 2
    assert "no run in results is marked" in unmarked.err
    assert bench("baseline", "one").out == "The baseline of results is one.\n"
    assert bench("baseline").out == "The baseline of results is one.\n"
    assert bench("baseline", str(results / "two")).code == 0
    assert (results / "baseline").read_text() == "two\n"
    assert bench("compare", "baseline", "one").code == 0
    assert bench("report", "baseline").code == 0


def test_what_can_be_no_baseline_is_refused_and_the_mark_stays(bench: Bench, results: Path, tmp_path: Path) -> None:
    bench("baseline", "one")
    write_run(tmp_path / "elsewhere" / "three", rounds=3)
    (results / "two/manifest.json").write_text("{")
    for run, said in (("elsewhere/three", "does not lie in results"), ("two", "not valid JSON"), ("no", "no run is")):
        answer = bench("baseline", run)
        assert (answer.code, said in answer.err) == (2, True), answer.err
    assert (results / "baseline").read_text() == "one\n"


def test_a_baseline_that_has_gone_or_is_none_is_said(bench: Bench, results: Path) -> None:
    bench("baseline", "one")
    shutil.rmtree(results / "one")
    assert "the baseline, one, is no longer in results" in bench("compare", "baseline", "two").err
    for text in ("", "../../etc", "one\ntwo", "\x1b[31m"):
        (results / "baseline").write_text(text)
        answer = bench("baseline")
        assert (answer.code, "the id of one run is expected" in answer.err) == (2, True)


@pytest.fixture
def measured(bench: Bench, tmp_path: Path) -> list[str]:
    """The words of a run of the fake, which has been run once and marked."""
    scenarios = write_scenario(tmp_path / "scenarios", "say", "hello", rounds=5)
    words = ["run", "speak", "-i", "fake", "--scenarios", str(scenarios), "--seed", "1"]
    assert bench(*words).code == 0
    [run] = (tmp_path / "results").iterdir()
    bench("baseline", run.name)
    return words


def baseline_is_slower(results: Path, factor: float) -> Path:
    """Change what the baseline has measured, and return it: what the machine does meanwhile must not decide."""
    base = results / (results / "baseline").read_text().strip()

    def change(trial: dict[str, Any]) -> None:
        for one in trial["samples"]:
            one["value"] *= factor

    return edit_trials(base, change)


def test_a_run_that_is_no_worse_than_the_baseline_is_0(bench: Bench, measured: list[str], tmp_path: Path) -> None:
    baseline_is_slower(tmp_path / "results", 20)
    assert bench(*measured, "--compare-to", "baseline").code == 0


def test_a_run_that_is_worse_is_4_and_one_that_cannot_be_compared_is_2(
    bench: Bench, measured: list[str], tmp_path: Path
) -> None:
    base = baseline_is_slower(tmp_path / "results", 1 / 20)
    assert bench(*measured, "--compare-to", "baseline").code == 4
    edit_manifest(base, lambda document: document["host"].update(name="elm"))
    answer = bench(*measured, "--compare-to", base.name)
    assert answer.code == 2
    assert "the run was not compared" in answer.err
    assert "different machines" in answer.err


def test_an_unknown_run_is_said_before_anything_is_measured(bench: Bench, tmp_path: Path) -> None:
    scenarios = write_scenario(tmp_path / "scenarios", "say", "hello")
    answer = bench("run", "speak", "-i", "fake", "--scenarios", str(scenarios), "--compare-to", "nothing")
    assert answer.code == 2
    assert "no run is called 'nothing'" in answer.err
    assert not (tmp_path / "results").exists()


def test_the_mark_is_no_run_and_in_no_history(bench: Bench, results: Path) -> None:
    bench("baseline", "one")
    edit_manifest(
        results / "two",
        lambda document: document.update(
            started_at="2026-11-24T21:05:00+00:00", finished_at="2026-11-24T21:09:00+00:00"
        ),
    )
    assert json.loads(bench("list", "--json").out)["runs"]
    answer = bench("history")
    assert answer.code == 0
    assert "Left out" not in answer.out
