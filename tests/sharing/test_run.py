"""A stored run as an object: what notebooks hold."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

import bench
from bench.errors import InputError, ResultsError, StoreError
from tests.synthetic import write_run

PUBLISHED = Path(__file__).parents[2] / "results" / "published"
STARTED, WORKED = PUBLISHED / "sixteen-isolations", PUBLISHED / "cpu-bound-work"


@pytest.fixture(scope="module")
def worked() -> bench.Run:
    return bench.Run(WORKED)


def test_a_report_is_written_over_no_file_that_has_another_name_elsewhere(tmp_path: Path) -> None:
    run = bench.Run(write_run(tmp_path / "run"))
    for name in ("report.html", "report.md", "plots/overview.svg"):
        (other := tmp_path / Path(name).name).write_text("mine")
        (run.path / name).parent.mkdir(exist_ok=True)
        (run.path / name).hardlink_to(other)
    assert all(path.stat().st_nlink == 1 for path in (run.report().html, run.path / "plots/overview.svg"))
    assert {path.read_text() for path in tmp_path.glob("*.*")} == {"mine"}


def test_what_keeps_a_report_from_being_written_is_said(tmp_path: Path) -> None:
    run = bench.Run(write_run(tmp_path / "run"))
    (run.path / "report.html").mkdir()
    with pytest.raises(StoreError, match=r"cannot write .*report\.html"):
        run.report()


def test_its_tables_are_those_of_the_functions(worked: bench.Run) -> None:
    frame = bench.load(WORKED)
    pd.testing.assert_frame_equal(worked.samples, frame)
    pd.testing.assert_frame_equal(worked.summary, bench.summarize(frame))
    pd.testing.assert_frame_equal(worked.verdicts, bench.verdicts(WORKED))
    pd.testing.assert_frame_equal(worked.disturbances, bench.disturbances(WORKED))
    assert worked.samples is worked.samples  # read once


def test_every_picture_is_a_figure(worked: bench.Run) -> None:
    started = bench.Run(STARTED)
    drawn = [
        started.plot.overview(),
        started.plot.start_up(),
        started.plot.memory(),
        worked.plot.throughput("cpu", "events_per_s"),
        worked.plot.throughput("cpu", "events_per_s", threads=1),
    ]
    assert all(isinstance(one, Figure) for one in drawn)
    assert started.plot.memory(when="load") is None


def test_a_comparison_is_found_by_its_parameters(worked: bench.Run) -> None:
    assert worked.comparison("cpu", threads=2).values_of["threads"] == 2
    with pytest.raises(InputError, match=r"'cpus'.*did you mean 'cpu'"):
        worked.comparison("cpus")
    with pytest.raises(InputError, match="not measured with"):
        worked.comparison("cpu", threads=64)


def test_a_run_against_itself_has_not_changed(worked: bench.Run) -> None:
    found = worked.compare(worked, across_hosts=True)  # a published run does not tell its host
    assert not found.is_worse
    assert len(found.table) == len(found.pairs) > 0
    assert set(found.table["ratio"].dropna()) == {1.0}


def test_a_notebook_shows_what_ran_and_the_answer(worked: bench.Run) -> None:
    shown = worked._repr_html_()
    assert "AMD EPYC" in shown
    assert "vm (emulated)" in shown
    assert "24 of 24 planned trials" in shown
    assert "Work done" in shown


def test_a_report_and_exports_are_made_of_it(tmp_path: Path) -> None:
    run = bench.Run(shutil.copytree(WORKED, tmp_path / "run"))
    assert run.report().html.stat().st_size > 10_000
    assert run.export("csv", tmp_path / "out.csv").read_bytes().startswith(b"run,")


def test_runs_are_listed_by_age_and_what_is_none_is_not_among_them(tmp_path: Path) -> None:
    for name, source in (("a", WORKED), ("b", STARTED)):
        (tmp_path / name).mkdir()
        shutil.copy(source / "manifest.json", tmp_path / name)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{")
    found = bench.runs(tmp_path)
    assert [one.path.name for one in found] == sorted(
        ("a", "b"), key=lambda name: bench.Run(tmp_path / name).manifest.started_at
    )


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=str(tmp_path)):
        bench.Run(tmp_path)
