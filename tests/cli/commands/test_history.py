"""``bench history``: what a person, a page, a feed and a pipeline get."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench.report.tables import courses
from tests.analysis.two_runs.test_compare import edit_manifest
from tests.cli.conftest import Bench
from tests.synthetic_history import kernel, write_history

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    return write_history(
        tmp_path / "results",
        16,
        factors=lambda number: {"timeline.ready on docker": 1.1} if number >= 10 else {},
        changed=lambda number: kernel("6.1-2" if number >= 10 else "6.1-1"),
    )


def test_a_regression_is_4_and_is_named_with_what_changed(bench: Bench, runs: list[Path]) -> None:
    answer = bench("history")
    assert answer.code == 4
    assert "the newest shift of 1 is 1 worse" in answer.out
    line = next(line for line in answer.out.splitlines() if "worse, +" in line)
    assert "work, docker: time until ready" in line
    assert runs[10].name in line
    assert [part.strip() for part in answer.out.split(runs[9].name)[1].splitlines()[0].split("  ") if part.strip()][
        1:
    ] == ["host, kernel", "6.1-1", "6.1-2"]


def test_without_one_it_is_0(bench: Bench, runs: list[Path]) -> None:
    assert bench("history", "--since", "2026-01-15").code == 0
    assert bench("history", "--min-shift", "50%").code == 0
    assert bench("history", *map(str, runs[:9])).code == 0
    assert bench("history", *(run.name for run in runs)).code == 4


def test_what_cannot_be_told_is_2_and_says_what_to_do(bench: Bench, runs: list[Path]) -> None:
    for words, said in (
        (("--since", "last week"), "--since 'last week' is no date"),
        (("--since", "2030-01-01"), "began before 2030-01-01"),
        (("--min-shift", "much"), "is no share"),
        (("nothing",), "no run is called 'nothing'"),
        (("--results", "nowhere"), "nowhere: there is no such file or folder"),
        ((runs[0].name,), "a history takes 2 runs"),
    ):
        answer = bench("history", *words)
        assert (answer.code, said in answer.err) == (2, True), answer.err


def test_what_is_left_out_is_named_by_reason(bench: Bench, runs: list[Path]) -> None:
    for run in runs[:7]:
        edit_manifest(run, lambda document: document["host"].update(name="elm"))
    out = " ".join(bench("history").out.split())
    named = ", ".join(run.name for run in runs[:5])
    assert f"{named} and 2 more another machine: host elm, not fir" in out


def test_markdown_is_printed_alone_or_written(bench: Bench, runs: list[Path], tmp_path: Path) -> None:
    printed = bench("history", "--markdown", "-")
    assert printed.out.startswith("# Isobench history\n")
    assert "host, kernel: 6.1-1 → 6.1-2" in printed.out
    assert "![" not in printed.out
    bench("history", "--markdown", str(tmp_path / "history.md"))
    assert (tmp_path / "history.md").read_text() == printed.out
    assert bench("history", "--html", str(tmp_path / "no" / "page.html")).code == 3


def test_the_page_is_whole_by_itself(bench: Bench, runs: list[Path], tmp_path: Path) -> None:
    bench("history", "--html", "page.html")
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg ") == 2
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert "worse, +" in page
    assert runs[10].name in page


def test_the_feed_has_an_entry_a_shift_and_names_it_the_same_for_ever(
    bench: Bench, runs: list[Path], tmp_path: Path
) -> None:
    bench("history", "--feed", "feed.xml")
    feed = ET.parse(tmp_path / "feed.xml").getroot()
    [entry] = feed.findall(f"{ATOM}entry")
    for part in (feed, entry):  # RFC 4287, 4.1.1 and 4.1.2
        for tag in ("id", "title", "updated"):
            assert part.findtext(f"{ATOM}{tag}")
    assert feed.find(f"{ATOM}author") is not None
    assert "work on docker: time until ready: worse, +" in str(entry.findtext(f"{ATOM}title"))
    assert "6.1-1 → 6.1-2" in str(entry.findtext(f"{ATOM}content"))
    assert entry.findtext(f"{ATOM}updated") == "2026-01-15T03:00:00+00:00"
    bench("history", *map(str, runs[1:]), "--feed", "feed.xml")
    again = ET.parse(tmp_path / "feed.xml").getroot()
    assert again.findtext(f"{ATOM}entry/{ATOM}id") == entry.findtext(f"{ATOM}id")
    assert again.findtext(f"{ATOM}id") == feed.findtext(f"{ATOM}id")


def test_of_too_few_runs_it_says_how_many_it_takes(bench: Bench, runs: list[Path]) -> None:
    answer = bench("history", *map(str, runs[9:15]))
    assert answer.code == 0
    assert "6 figures over 6 runs: too few runs to look for shifts." in answer.out
    assert "Shifts are looked for in 8 runs or more." in answer.out


def test_nothing_is_cut_in_a_terminal_of_80_columns(
    bench: Bench, runs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = bench("history").out
    assert max(map(len, out.splitlines())) <= 80
    shifts = out.split("Shifts")[1].split("What changed")[0]
    assert runs[10].name in shifts
    assert "ms to " in shifts


def test_of_many_figures_those_that_shifted_are_shown(
    bench: Bench, runs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courses, "MOST_ROWS", 3)
    out = bench("history").out
    assert "5 more have no shift" in out
    assert "bare: latency" not in out


def test_text_of_other_tools_is_shown_and_not_obeyed(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    for number in range(3):
        (tmp_path / f"files/{number}.json").write_text(
            '{"results": [{"command": "\\u001b[31m<script>alert(1)</script>", "median": 1.0}]}'
        )
    answer = bench("history", "files", "--html", "page.html", "--feed", "feed.xml")
    assert answer.code == 0
    assert "\x1b" not in answer.out
    page = (tmp_path / "page.html").read_text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    ET.parse(tmp_path / "feed.xml")
