"""The answer so far has the figures of the summary, for the process that reads to tell them."""

from __future__ import annotations

from pathlib import Path

import bench
from bench.cli.live.answer import SoFar
from bench.cli.reading import reading
from bench.host.cpus import harness_cpus
from bench.report.text import words
from bench.report.text.so_far import so_far
from tests.synthetic import write_run


def test_it_tells_what_answers_each_scenario_with_its_interval(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=6)
    columns, rows = so_far(run)
    assert columns == ["startup", "memory", "cpu threads = 1", "cpu threads = 2"]
    assert [isolation for isolation, _ in rows] == ["bare", "docker", "vm"]
    summary = bench.summarize(bench.load(run))
    is_it = (summary["isolation"] == "docker") & (summary["metric"] == "events_per_s")
    [row] = summary[is_it & (summary["parameters"] == '{"threads": 2}')].to_dict("records")
    said = words.quantity(row["median"], row["unit"])
    assert dict(rows)["docker"][3] == f"{said} ({words.interval(row['low'], row['high'], row['unit'], row['median'])})"


def test_of_two_rounds_there_is_a_median_alone_and_of_none_nothing(tmp_path: Path) -> None:
    [_, (_, docker), _] = so_far(write_run(tmp_path / "two", rounds=2, trouble=False))[1]
    assert all(figure and "(" not in figure for figure in docker)
    columns, rows = so_far(write_run(tmp_path / "none", rounds=1, trials=0))
    assert (columns, rows) == ([], [])


def test_the_process_that_reads_tells_it_to_the_run(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=3)
    columns, rows = so_far(run)
    with reading(harness_cpus([1])) as reader:
        assert reader.so_far(run) == SoFar(columns=columns, rows=rows)
