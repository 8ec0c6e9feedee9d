"""The order and the headings of a report stand once: every renderer shows them so."""

from __future__ import annotations

import io
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from rich.console import Console

from bench import report
from bench.report import blocks, content
from bench.report.render import html, markdown, terminal
from bench.sharing.formats import github
from bench.sharing.formats.source import Source
from tests.synthetic import write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("results") / "run")


@pytest.fixture(scope="module")
def composed(run: Path) -> content.Report:
    return report.compose(run)


@pytest.fixture(scope="module")
def page(composed: content.Report) -> str:
    return html.render(composed, lambda picture: b"<svg></svg>")


@pytest.fixture(scope="module")
def text(composed: content.Report) -> str:
    return markdown.render(composed, lambda picture: picture.name)


def titles(composed: content.Report, *kinds: blocks.Position) -> list[str]:
    return [chapter.title for chapter in blocks.chapters(composed) if chapter.kind in kinds]


def test_no_part_is_empty_and_no_anchor_stands_twice(composed: content.Report) -> None:
    found = blocks.chapters(composed)
    assert all(chapter.blocks for chapter in found)
    assert len({chapter.anchor for chapter in found}) == len(found)


def test_the_contents_list_what_follows_them(composed: content.Report, page: str) -> None:
    _, contents, below = re.split(r"</?nav[^>]*>", page)
    anchors = {chapter.anchor for chapter in blocks.chapters(composed)}
    links = re.findall(r'href="#([^"]*)">([^<]*)', contents)
    listed = [unescape(title) for anchor, title in links if anchor in anchors]
    assert sorted(listed) == sorted(titles(composed, "opening", "scenario", "body"))
    unmarked = ("In short", "Read this first")  # the page shows by its looks what these are
    assert [unescape(one) for one in re.findall(r"<h2[^>]*>([^<]*)", below)] == [
        one for one in listed if one not in unmarked
    ]


def test_the_page_and_markdown_have_the_same_headings_in_the_same_order(page: str, text: str) -> None:
    shown = [unescape(one) for one in re.findall(r"<h[123][^>]*>([^<]*)", page)]
    unfenced = re.sub(r"^```.*?^```", "", text.replace("\\", ""), flags=re.DOTALL | re.MULTILINE)
    told = re.findall(r"^#{1,3} (.*)", unfenced, re.MULTILINE)
    unmarked = ("In short", "Read this first")  # the page shows by its looks what these are
    assert [one for one in told if one not in unmarked and "“" not in one] == shown


def test_terminal_and_job_summary_show_the_scenarios_in_the_same_order(run: Path, composed: content.Report) -> None:
    console = Console(width=200, file=io.StringIO())
    console.print(terminal.render(composed))
    assert isinstance(console.file, io.StringIO)
    on_terminal = [line.strip() for line in console.file.getvalue().splitlines()]
    summary = github.render(Source(run)).decode().replace("\\", "").splitlines()
    wanted = titles(composed, "scenario")
    assert [line for line in on_terminal if line in wanted] == wanted
    assert [line[3:] for line in summary if line.startswith("## ")] == wanted


def test_nothing_is_drawn_before_a_picture_is_wanted(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Figure:
        raise AssertionError("drawn too early")

    monkeypatch.setattr("bench.report.plots.style.figure", refuse)
    pictures = report.compose(run).pictures
    assert pictures
    for picture in pictures:
        with pytest.raises(AssertionError, match="too early"):
            assert picture.figure
