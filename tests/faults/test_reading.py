"""Runs that are broken, meagre or hostile: every command that reads gives a report or a message, never a traceback."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

import bench as package
from bench.errors import BenchError
from bench.sharing.formats import FORMATS
from tests.analysis.rows import of
from tests.analysis.two_runs.test_compare import edit_manifest, edit_trials, lose
from tests.cli.conftest import Answer, Bench
from tests.cli.conftest import bench as bench  # noqa: PLC0414 - a fixture
from tests.synthetic import write_run

STORED = Path(__file__).parents[1] / "store"
HOSTILE = "<script>alert(1)</script>\x1b[31mred\x1b]0;title\x07 \u202ereversed | `code` [x](javascript:alert(1)) =1+1"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return small(tmp_path / "results" / "run")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return small(tmp_path / "results" / "other")


def small(folder: Path) -> Path:
    """Write a run of one scenario, whose report is quickly drawn."""
    run = write_run(folder, rounds=4, trouble=False)
    drop(run, lambda trial: trial["scenario"] == "startup")
    edit_manifest(run, lambda document: document.update(planned=12, rounds={"startup": 4}))
    for name in ("cpu", "memory"):
        edit_manifest(run, lambda document, name=name: document["scenarios"].pop(name))  # type: ignore[misc]
    return run


def read_all(
    bench: Bench, run: Path, other: Path, formats: Iterable[str] = ("csv", "json", "hyperfine")
) -> dict[str, Answer]:
    """Read a run by every command; each must answer, and one that refuses must say why and what to do."""
    answers = {
        "report": bench("report", str(run)),
        "compare": bench("compare", str(other), str(run)),
        "list": bench("list"),
        **{name: bench("export", str(run), "-f", name, "-o", str(run / f"out.{name}")) for name in formats},
        "summary": bench("export", str(run), "-f", "csv", "--what", "summary"),
    }
    for name, answer in answers.items():
        assert answer.code in (0, 2, 4), (name, answer)
        assert "Traceback" not in answer.out + answer.err
        assert (answer.code == 2) == answer.err.startswith("bench: "), (name, answer.err)
        assert "\x1b" not in answer.out + answer.err, name
    if answers["report"].code == 2:
        with pytest.raises(BenchError):
            package.verdicts(run)
    else:
        package.verdicts(run)
        package.summarize(package.load(run))
    return answers


def reports(run: Path) -> str:
    return (run / "report.html").read_text() + (run / "report.md").read_text()


def drop(run: Path, keep: Callable[[dict[str, Any]], bool]) -> None:
    lines = (run / "trials.jsonl").read_text().splitlines(keepends=True)
    (run / "trials.jsonl").write_text("".join(line for line in lines if keep(json.loads(line))))


def test_one_round_gives_medians_and_says_that_they_have_no_interval(bench: Bench, run: Path, other: Path) -> None:
    drop(run, lambda trial: trial["round"] == 1)
    answers = read_all(bench, run, other)
    assert {answer.code for answer in answers.values()} == {0}
    assert "give no interval" in reports(run)
    assert "fewer than 3 rounds" in answers["compare"].out


def test_all_failures_are_counted_and_are_worse(bench: Bench, run: Path, other: Path) -> None:
    for isolation in ("bare", "docker", "vm"):
        edit_trials(run, lose(isolation, "did not return"))
    answers = read_all(bench, run, other)
    assert answers["report"].code == 0
    assert "12 did not return" in reports(run)
    assert answers["compare"].code == 4
    assert "did not return" in answers["compare"].out
    assert answers["hyperfine"].code == 2
    assert "no trial ended well" in answers["hyperfine"].err
    summary = package.summarize(package.load(run))
    assert summary["median"].isna().all()
    assert (summary["did_not_return"] > 0).all()


@pytest.mark.parametrize("left", ["bare", "docker"])
def test_one_isolation_has_figures_and_no_ratio_that_it_cannot_have(
    bench: Bench, run: Path, other: Path, left: str
) -> None:
    drop(run, lambda trial: trial["isolation"] == left)
    answers = read_all(bench, run, other)
    assert {answer.code for answer in answers.values()} == {0}
    ratios = package.summarize(package.load(run))["ratio"]
    assert set(ratios.dropna()) == ({1.0} if left == "bare" else set())
    assert "is only in other" in answers["compare"].out


def test_without_bare_there_are_no_ratios_and_the_rest_stands(bench: Bench, run: Path, other: Path) -> None:
    drop(run, lambda trial: trial["isolation"] != "bare")
    edit_manifest(run, lambda document: document["isolations"].pop("bare"))
    answers = read_all(bench, run, other)
    assert {answer.code for answer in answers.values()} == {0}
    summary = package.summarize(package.load(run))
    assert summary["ratio"].isna().all()
    assert summary["median"].notna().any()


def test_without_parquet_and_with_a_torn_last_line_the_journal_is_read(bench: Bench, run: Path, other: Path) -> None:
    whole = (run / "trials.jsonl").read_bytes()
    (run / "trials.jsonl").write_bytes(whole[:-300])
    answers = read_all(bench, run, other)
    assert answers["report"].code == 0
    assert "11 of 12 planned trials" in reports(run)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (b'{"number": 1, "rou\n', "only the last line may be cut short"),
        (b"[" * 100_000 + b"\n", "only the last line may be cut short"),
        (b"\xff\xfe\n", "only the last line may be cut short"),
        (b"[]\n", "line 1"),
        (b'{"number": 1}\n', "line 1"),
    ],
)
def test_a_broken_line_in_the_middle_is_named(bench: Bench, run: Path, other: Path, broken: bytes, said: str) -> None:
    (run / "trials.jsonl").write_bytes(broken + (run / "trials.jsonl").read_bytes())
    answers = read_all(bench, run, other)
    for name in ("report", "compare", "csv", "summary"):
        assert answers[name].code == 2
        assert "trials.jsonl, line 1" in answers[name].err
        assert said in answers[name].err


def test_a_parquet_file_that_is_none_is_named(bench: Bench, run: Path, other: Path) -> None:
    (run / "samples.parquet").write_bytes(b"PAR1 and no more")  # newer than the journal
    answer = bench("compare", str(other), str(run))
    assert answer.code == 2
    assert "Delete it: the journal remains" in answer.err


def test_an_older_schema_is_read_and_a_newer_one_refused(bench: Bench, tmp_path: Path, other: Path) -> None:
    old = Path(shutil.copytree(STORED / "schema_1", tmp_path / "results" / "old"))
    assert bench("report", str(old)).code == 0
    assert bench("compare", str(old), str(old)).code == 0
    assert bench("export", str(old), "-f", "csv").code == 0
    edit_manifest(old, lambda document: document.update(schema_version=99))
    answers = read_all(bench, old, other)
    assert answers["report"].code == 2
    assert "newer than" in answers["report"].err


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (math.nan, "is no number"),
        (math.inf, "is not finite"),
        (-math.inf, "is not finite"),
        (-0.25, "is -0.25 s, and no time is below zero"),
    ],
)
def test_a_sample_that_cannot_be_is_kept_is_in_no_figure_and_is_said(
    bench: Bench, run: Path, other: Path, value: float, said: str
) -> None:
    def spoil(trial: dict[str, Any]) -> None:
        for sample in trial["samples"]:
            if (trial["scenario"], trial["isolation"], trial["round"]) == ("startup", "docker", 2):
                sample["value"] = value if sample["metric"] == "timeline.ready" else sample["value"]

    edit_trials(run, spoil)
    answers = read_all(bench, run, other)
    assert {answer.code for answer in answers.values()} <= {0, 4}
    assert f"timeline.ready (host) {said}" in reports(run).replace("\\", "")
    frame = package.load(run)
    at = (frame["scenario"] == "startup") & (frame["isolation"] == "docker") & (frame["metric"] == "timeline.ready")
    assert len(frame[at]) == 4
    summary = package.summarize(frame)
    row = of(summary, "docker", "timeline.ready")
    assert row["n"] == 3
    assert 0.1 < row["low"] < row["high"] < 0.3


def everywhere(document: Any, keep: tuple[str, ...] = ()) -> Any:
    """Put hostile text behind every text of a JSON document, but below keys that are checked."""
    if isinstance(document, dict):
        return {key: value if key in keep else everywhere(value, keep) for key, value in document.items()}
    if isinstance(document, list):
        return [everywhere(one, keep) for one in document]
    return f"{document}{HOSTILE}" if isinstance(document, str) else document


def test_hostile_text_in_every_field_is_inert_everywhere(bench: Bench, run: Path, other: Path) -> None:
    checked = ("better", "started_at", "finished_at", "outcome", "network", "mark", "provenance")
    manifest = everywhere(json.loads((run / "manifest.json").read_text()), checked)
    for name in ("scenarios", "isolations", "images", "rounds"):
        manifest[name] = {f"{key}{HOSTILE}": value for key, value in manifest[name].items()}
    (run / "manifest.json").write_text(json.dumps(manifest))
    edit_trials(run, lambda trial: trial.update(everywhere(trial, checked)))
    edit_trials(run, lambda trial: trial.update(tail=[HOSTILE], outcome="failed" if trial["round"] == 1 else "ok"))
    answers = read_all(bench, run, run, FORMATS)
    assert answers["report"].code == 0
    html, text = (run / "report.html").read_text(), (run / "report.md").read_text()
    assert "<script>alert" not in html
    assert "<script>alert" not in text.replace("\\<", "").split("```")[0]
    for shown in (html, text, answers["compare"].out, (run / "out.csv").read_text(), (run / "out.github").read_text()):
        assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert {path.parent for path in run.rglob("*.svg")} <= {run / "plots"}


@pytest.mark.parametrize("name", ["../../../escaped", "/tmp/escaped", "..", "a/b", "con\x00", "x" * 150])
def test_a_name_that_is_a_path_writes_nothing_elsewhere(
    bench: Bench, run: Path, other: Path, tmp_path: Path, name: str
) -> None:
    def rename(document: dict[str, Any]) -> None:
        document["run"] = name
        document["scenarios"] = {name: document["scenarios"]["startup"]}

    edit_manifest(run, rename)
    edit_trials(run, lambda trial: trial.update(scenario=name))
    before = {path for path in tmp_path.rglob("*") if run not in path.parents}
    answers = read_all(bench, run, other)
    assert answers["report"].code == 0
    assert {path for path in tmp_path.rglob("*") if run not in path.parents} == before


@pytest.mark.parametrize("key", ["scenario", "isolation", "metric"])
def test_a_name_of_a_length_that_no_run_writes_is_refused(bench: Bench, run: Path, other: Path, key: str) -> None:
    def lengthen(trial: dict[str, Any]) -> None:
        (trial if key in trial else trial["samples"][0])[key] = "x" * 100_000

    answers = read_all(bench, edit_trials(run, lengthen), other)
    assert answers["report"].code == 2
    assert "at most 200" in answers["report"].err


def test_a_reason_without_end_is_cut_and_says_so(bench: Bench, run: Path, other: Path) -> None:
    endless = {"outcome": "failed", "reason": "x" * 1_000_000, "tail": ["y" * 1_000_000], "samples": []}
    edit_trials(
        run, lambda trial: trial.update(endless) if (trial["round"], trial["isolation"]) == (1, "bare") else None
    )
    answers = read_all(bench, run, other)
    assert answers["report"].code == 0
    assert package.load(run)["reason"].str.endswith("(900060 more characters)").any()
    assert len(reports(run)) < 4_000_000


@pytest.mark.parametrize(
    ("key", "value"), [("number", 1 << 80), ("round", -1), ("number", "1e9"), ("parameters", []), ("samples", None)]
)
def test_a_value_that_no_run_writes_is_named_with_its_line(
    bench: Bench, run: Path, other: Path, key: str, value: object
) -> None:
    answers = read_all(bench, edit_trials(run, lambda trial: trial.update({key: value})), other)
    assert answers["report"].code == 2
    assert f"line 1: {key}" in answers["report"].err


@pytest.mark.parametrize(
    "document", ["", "[]", "{}", '{"schema_version": 2}', '{"schema_version": "2"}', "\x00", "[" * 99_999]
)
def test_a_manifest_that_is_none_is_named(bench: Bench, run: Path, other: Path, document: str) -> None:
    (run / "manifest.json").write_text(document)
    answers = read_all(bench, run, other)
    assert answers["report"].code == answers["compare"].code == 2
    assert "manifest.json" in answers["report"].err
