"""Histories: which runs belong together, what is left out and why, which way is worse, what changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import bench
from bench.analysis.history.history import History, history_of
from bench.errors import InputError, ResultsError
from bench.store.manifest import REDACTED_HOST, Manifest
from bench.store.table import dtypes
from tests.analysis.two_runs.test_compare import edit_manifest
from tests.synthetic_history import BEGAN, Levels, engine, kernel, write_history

Edit = Callable[[Manifest], Manifest]


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "state"))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def as_they_were(manifest: Manifest) -> Manifest:
    return manifest


def from_run(first: int, edit: Edit) -> Callable[[int], Edit]:
    return lambda number: edit if number >= first else as_they_were


def slower_from(first: int, figure: str, factor: float) -> Callable[[int], Levels]:
    return lambda number: {figure: factor} if number >= first else {}


def reasons(found: History) -> dict[str, str]:
    return {one.run: one.reason for one in found.left_out}


@pytest.mark.parametrize(
    ("figure", "factor", "is_worse"),
    [
        ("timeline.ready on docker", 1.08, True),
        ("timeline.ready on docker", 0.92, False),
        ("events_per_s on docker", 0.92, True),
        ("events_per_s on docker", 1.08, False),
    ],
)
def test_the_direction_is_the_metrics(results: Path, figure: str, factor: float, is_worse: bool) -> None:
    write_history(results, 14, factors=slower_from(9, figure, factor))
    found = history_of([results])
    [course] = [one for one in found.courses if one.shifts]
    assert f"{course.metric} on {course.isolation}" == figure
    assert [shift.place for shift in course.shifts] == [9]
    assert course.shifts[0].ratio == pytest.approx(factor, rel=0.02)
    assert found.is_worse is is_worse


def test_a_shift_names_what_changed_between_the_two_runs(results: Path) -> None:
    def changed(number: int) -> Edit:
        return lambda manifest: engine("28.3" if number >= 9 else "28.0")(
            kernel("6.1-4" if number >= 4 else "6.1")(manifest)
        )

    runs = write_history(results, 14, factors=slower_from(9, "timeline.ready on docker", 1.1), changed=changed)
    [shift] = [shift for course in history_of([results]).courses for shift in course.shifts]
    assert [(one.what, one.before, one.after) for one in shift.changes] == [
        ("docker, version of engine", "28.0", "28.3")
    ]
    assert (shift.last.run, shift.first.run) == (runs[8].name, runs[9].name)


def test_a_regression_that_was_taken_back_is_none_any_more(results: Path) -> None:
    def factors(number: int) -> Levels:
        return {"latency on bare": 1.1 if 9 <= number < 18 else 1.0}

    write_history(results, 26, factors=factors)
    found = history_of([results])
    assert [str(shift.change) for course in found.courses for shift in course.shifts] == ["worse", "better"]
    assert not found.is_worse
    assert history_of([results], since=BEGAN + timedelta(days=9)).is_worse is False


def test_since_leaves_out_what_is_known_and_accepted(results: Path) -> None:
    write_history(results, 24, factors=slower_from(10, "latency on bare", 1.1))
    assert history_of([results]).is_worse
    later = history_of([results], since=datetime(2026, 1, 15, tzinfo=UTC))
    assert not later.is_worse
    assert len(later.entries) == 14
    naive = history_of([results], since=datetime(2026, 1, 15))  # noqa: DTZ001 - as a user has it
    assert [one.run for one in naive.entries] == [one.run for one in later.entries]
    with pytest.raises(ResultsError, match="began before 2027"):
        history_of([results], since=datetime(2027, 1, 1, tzinfo=UTC))


def test_runs_of_another_machine_are_left_out_and_named(results: Path) -> None:
    runs = write_history(results, 12)
    for run in runs[:3]:
        edit_manifest(run, lambda document: document["host"].update(name="elm"))
    edit_manifest(runs[3], lambda document: document["host"].update(cpus=4))
    found = history_of([results])
    assert len(found.entries) == 8
    assert reasons(found)[runs[0].name] == "another machine: host elm, not fir"
    assert "CPU 4 x Scripted CPU 9000, not 2 x" in reasons(found)[runs[3].name]


def test_redacted_runs_are_of_nobody_knows_which_machine(results: Path) -> None:
    for run in write_history(results, 3):
        edit_manifest(run, lambda document: document["host"].update(name=REDACTED_HOST))
    with pytest.raises(ResultsError, match="their names are redacted"):
        history_of([results])


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (
            lambda document: document["scenarios"]["work"].update(version="ba5eba11"),
            "version 0123456789ab, not ba5eba11",
        ),
        (lambda document: document["images"]["base"].update(digest="sha256:ab"), "image sha256:5f0c"),
        (lambda document: document.update(quick=True), "quick no, not yes"),
    ],
)
def test_what_measured_something_else_is_left_out_and_named(
    results: Path, edit: Callable[[dict[str, object]], None], said: str
) -> None:
    runs = write_history(results, 12)
    for run in runs[4:]:
        edit_manifest(run, edit)
    found = history_of([results])
    assert {len(course.entries) for course in found.courses} == {8}
    assert set(reasons(found)) == {run.name for run in runs[:4]}
    assert all("another content of work: " in one and said in one for one in reasons(found).values())


def test_torn_unfinished_and_misdated_runs_are_left_out_and_named(results: Path) -> None:
    runs = write_history(results, 14)
    (runs[0] / "manifest.json").write_text("{")
    edit_manifest(runs[1], lambda document: document.update(finished_at=None))
    edit_manifest(runs[2], lambda document: document.update(interrupted="SIGINT"))
    edit_manifest(runs[3], lambda document: document.update(finished_at="2026-01-01T00:00:00+00:00"))
    edit_manifest(runs[4], lambda document: document.update(started_at="yesterday"))
    lines = (runs[5] / "trials.jsonl").read_text().splitlines()
    (runs[5] / "trials.jsonl").write_text("\n".join([lines[0][:50], *lines[1:]]))
    found = history_of([results])
    assert len(found.entries) == 8
    told = reasons(found)
    expected = {
        0: "not valid JSON",
        1: "killed, or still running",
        2: "interrupted by SIGINT",
        3: "dates go backwards",
        4: "'yesterday' is no date",
        5: "line 1",
    }
    assert {number for number, said in expected.items() if said in told[runs[number].name]} == set(expected)


def test_the_order_is_that_of_dates_not_of_names_and_a_copy_counts_once(results: Path) -> None:
    runs = write_history(results, 9)
    runs[0].rename(results / "z-first")
    shutil.copytree(runs[4], results / "copy")
    found = history_of([results])
    assert [one.began for one in found.entries] == [BEGAN + timedelta(days=day) for day in range(9)]
    assert [one.reason for one in found.left_out] == [f"a copy of {runs[4]}"]


def test_what_makes_no_history_says_why(results: Path, tmp_path: Path) -> None:
    runs = write_history(results, 3)
    with pytest.raises(ResultsError, match=r"takes 2 runs .* here is 1\. Measure"):
        history_of([runs[0]])
    shutil.rmtree(runs[0])
    edit_manifest(runs[1], lambda document: document["host"].update(name="elm"))
    with pytest.raises(ResultsError, match=r"here is 1\. Left out: .*: another machine: host elm, not fir"):
        history_of([results])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ResultsError, match="empty: there is no run"):
        history_of([tmp_path / "empty"])
    with pytest.raises(InputError, match="nowhere: there is no such"):
        history_of([tmp_path / "nowhere"])
    with pytest.raises(InputError, match="smallest shift of 0 means nothing"):
        history_of([results], min_shift=0)


def test_too_few_runs_are_told_and_not_judged(results: Path) -> None:
    write_history(results, 5, factors=slower_from(3, "latency on bare", 2.0))
    found = history_of([results])
    assert {course.note for course in found.courses} == {"fewer than 8 runs"}
    assert found.judged == 0
    assert not found.is_worse


def test_all_figures_are_told_where_all_are_asked_for(results: Path) -> None:
    write_history(results, 9, metrics=("events_per_s", "harness.share"))
    asked = {course.metric for course in history_of([results]).courses}
    every = {course.metric for course in history_of([results], every=True).courses}
    assert asked < every
    assert "phase.ready" in every


def test_as_a_table_it_has_a_row_a_figure_and_run(results: Path) -> None:
    runs = write_history(results, 14, factors=slower_from(9, "latency on bare", 1.1))
    table = bench.history(results)
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == dtypes(bench.schemas["history"])
    mine = table[(table["metric"] == "latency") & (table["isolation"] == "bare")]
    assert list(mine["run"]) == [run.name for run in runs]
    assert [place for place, shift in enumerate(mine["shift"]) if shift] == [9]
    assert mine["ratio"].iloc[9] == pytest.approx(1.1, rel=0.02)
    assert mine["level"].iloc[9] / mine["level"].iloc[8] == pytest.approx(mine["ratio"].iloc[9])


def test_files_of_other_tools_are_a_history_too(tmp_path: Path) -> None:
    for day in range(12):
        slow = 1.2 if day >= 8 else 1.0
        document = {
            "machine_info": {"node": "fir", "release": "6.1" if day < 8 else "6.2", "cpu": {"count": 2}},
            "benchmarks": [{"fullname": "a.py::a", "stats": {"median": slow + day % 3 / 1000, "rounds": 5}}],
            "datetime": f"2026-01-{day + 1:02}T03:00:00",
        }
        (tmp_path / f"{day}.json").write_text(json.dumps(document))
    (tmp_path / "oth\x1ber.json").write_text("{}")
    found = history_of([tmp_path])
    assert found.is_worse
    [course] = found.courses
    assert [(one.what, one.before, one.after) for one in course.shifts[0].changes] == [("kernel", "6.1", "6.2")]
    assert "neither hyperfine's nor" in reasons(found)["oth␛er.json"]
