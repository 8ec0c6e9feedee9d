"""``bench compare``: what a person, a pull request and a pipeline get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.report.tables.changes import MOST_CHARACTERS
from tests.analysis.two_runs.test_compare import edit_manifest, edit_trials, lose, scale
from tests.cli.conftest import Bench
from tests.synthetic import write_run


@pytest.fixture
def runs(tmp_path: Path) -> tuple[str, str]:
    before, after = (write_run(tmp_path / "results" / name, rounds=5, trouble=False) for name in ("before", "after"))
    return str(before), str(after)


def test_nothing_worse_is_0_and_something_worse_is_4(bench: Bench, runs: tuple[str, str]) -> None:
    assert bench("compare", "before", "after").code == 0
    edit_trials(Path(runs[1]), scale("timeline.ready", "docker", 2))
    answer = bench("compare", "before", "after")
    assert answer.code == 4
    assert "4 worse" in answer.out
    assert "slower" in answer.out
    assert bench("compare", "after", "before").code == 0
    assert bench("compare", "before", "after", "--min-change", "150%").code == 0


def test_what_cannot_be_compared_is_2_and_says_what_to_do(bench: Bench, runs: tuple[str, str]) -> None:
    edit_manifest(Path(runs[1]), lambda document: document["host"].update(name="elm"))
    answer = bench("compare", *runs)
    assert answer.code == 2
    assert "different machines" in answer.err
    assert "--across-hosts" in answer.err
    across = bench("compare", *runs, "--across-hosts")
    assert across.code == 0
    assert across.out.startswith("Different machines")
    assert bench("compare", "before", "nothing").code == 2
    assert bench("compare", *runs, "--across-hosts", "--min-change", "much").code == 2


def test_differences_come_before_figures(bench: Bench, runs: tuple[str, str]) -> None:
    edit_manifest(Path(runs[1]), lambda document: document.update(quick=True))
    out = bench("compare", *runs).out
    assert out.index("What differs between the runs") < out.index("All else")


def test_markdown_is_printed_alone_or_written(bench: Bench, runs: tuple[str, str], tmp_path: Path) -> None:
    edit_trials(Path(runs[1]), lose("vm", "did not return", rounds=1))
    printed = bench("compare", *runs, "--markdown", "-")
    assert printed.out.startswith("### ❌ ")
    assert "1 did not return" in printed.out
    assert printed.out.count("<details>") == printed.out.count("</details>") == 1
    bench("compare", *runs, "--markdown", str(tmp_path / "pr.md"))
    assert (tmp_path / "pr.md").read_text() == printed.out
    unwritable = bench("compare", *runs, "--markdown", str(tmp_path / "no" / "pr.md"))
    assert unwritable.code == 3
    assert "cannot write" in unwritable.err


def test_markdown_of_a_great_many_figures_is_cut_between_tables(bench: Bench, tmp_path: Path) -> None:
    for name in ("before", "after"):
        run = write_run(tmp_path / "results" / name, rounds=3, trouble=False)
        trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
        for trial in trials:
            many = [
                dict(one, metric=f"{one['metric']}_{k}", vantage="workload")
                for one in trial["samples"]
                for k in range(9)
            ]
            trial["samples"] += many
        (run / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    printed = bench("compare", "before", "after", "--markdown", "-").out
    assert 40_000 < len(printed) <= MOST_CHARACTERS
    assert printed.count("<details>") == printed.count("</details>") > 3
    assert "Cut here" in printed
