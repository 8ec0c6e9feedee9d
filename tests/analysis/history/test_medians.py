"""The medians of many runs: those of a summary, reckoned in one go, and not twice."""

from __future__ import annotations

from pathlib import Path

import pytest

import bench
from bench.analysis.history import medians as module
from bench.analysis.history.medians import medians
from bench.errors import ResultsError
from bench.store.medians import RunMedian
from tests.analysis.two_runs.test_compare import edit_trials, scale
from tests.synthetic import write_run


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "state"))


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    made = [write_run(tmp_path / f"run-{number}", rounds=3, trouble=number == 1) for number in range(3)]
    edit_trials(made[2], scale("timeline.ready", "vm", 2))
    return made


def numbers(found: object) -> dict[tuple[str, ...], tuple[int, float]]:
    assert isinstance(found, tuple)
    return {
        (one.scenario, one.parameters, one.isolation, one.metric, one.vantage): (one.n, one.median)
        for one in found
        if isinstance(one, RunMedian)
    }


def summarized(run: Path) -> dict[tuple[str, ...], tuple[int, float]]:
    table = bench.summarize(bench.load(run))
    rows = table[table["metric"].notna() & ~table["metric"].str.startswith("overhead.")]
    columns = ["scenario", "parameters", "isolation", "metric", "vantage", "n", "median"]
    return {tuple(map(str, row[:5])): (int(row[5]), float(row[6])) for row in rows[columns].itertuples(index=False)}


def test_they_are_those_of_each_runs_summary(runs: list[Path]) -> None:
    found = medians(runs)
    assert [numbers(one) for one in found] == [summarized(run) for run in runs]
    assert numbers(found[0]) != numbers(found[2])


def test_so_they_are_when_runs_are_read_in_parts(runs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 1)
    assert [numbers(one) for one in medians(runs)] == [summarized(run) for run in runs]


def test_emulated_figures_are_told_as_such(runs: list[Path]) -> None:
    [found, *_] = medians(runs)
    assert isinstance(found, tuple)
    assert {one.isolation for one in found if one.emulated} == {"vm"}


def test_what_is_known_is_not_read_again_until_it_changes(runs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    found = medians(runs)
    read: list[Path] = []

    def load(run: Path, *, compact: bool) -> object:
        read.append(run)
        return bench.load(run, compact=compact)

    monkeypatch.setattr(module, "load", load)
    assert medians(runs) == found
    assert read == []
    edit_trials(runs[1], scale("timeline.ready", "bare", 2))
    assert medians(runs)[1] != found[1]
    assert read == [runs[1]]


def test_a_torn_run_spoils_no_other(runs: list[Path]) -> None:
    lines = (runs[1] / "trials.jsonl").read_text().splitlines()
    (runs[1] / "trials.jsonl").write_text("\n".join([lines[0], lines[1][:40], *lines[2:]]))
    found = medians(runs)
    assert isinstance(found[1], ResultsError)
    assert "line 2" in found[1].what
    assert numbers(found[0]) == summarized(runs[0])
    assert numbers(found[2]) == summarized(runs[2])


def test_what_is_kept_may_be_broken_or_refused(runs: list[Path], tmp_path: Path) -> None:
    found = medians(runs)
    for file in (tmp_path / "state/medians").iterdir():
        file.write_text("[[1,")
    assert medians(runs) == found
    (tmp_path / "other").write_text("a file where a folder is to be")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISOBENCH_STATE", str(tmp_path / "other"))
        assert medians(runs) == found
