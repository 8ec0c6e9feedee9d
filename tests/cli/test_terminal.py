"""A terminal is told nothing by others: whatever is printed, control characters are shown, and brackets are text."""

from __future__ import annotations

import ast
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

import bench.cli
from bench.cli.exits import say
from bench.cli.terminal import Terminal
from bench.errors import ImageError
from bench.report import content
from bench.report.render import terminal

CONTROL = {chr(code) for code in (*range(0x20), 0x7F, *range(0x80, 0xA0))} - {"\n", "\t"}


def printed(*things: object, terminal: bool = False) -> str:
    file = io.StringIO()
    console = Terminal(file=file, width=200, force_terminal=terminal)
    for one in things:
        console.print(one)
    return file.getvalue()


@given(st.text(alphabet=st.characters(codec="utf-8", max_codepoint=0x17F), max_size=30))
def test_no_control_character_is_sent(text: str) -> None:
    table = Table()
    table.add_row(text, Text(text))
    assert not CONTROL & set(printed(text, Text(text), table))


def test_colours_of_our_own_are_sent() -> None:
    assert "\x1b[31m" in printed(Text("red \x1b[5m", style="red"), terminal=True)
    assert "\x1b[5m" not in printed(Text("red \x1b[5m", style="red"), terminal=True)


@pytest.mark.parametrize("text", ["path=[/tmp]", "[a-z]*", "[red]x", "[/]", ":smile:"])
def test_brackets_are_text_in_lines_and_tables(text: str) -> None:
    shown = content.Table(title=text, head=("isolation", text), rows=((text, text),), names=1)
    assert printed(text).strip() == text
    assert printed(terminal.Fitted(shown)).count(text) == 4


def test_an_error_is_shown_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    error = ImageError("a tag is called x\x1b[2J", remedy="Call it \x9bother")
    error.add_note("note \x07")
    say(error)
    assert not CONTROL & set(capsys.readouterr().err)


def test_nobody_else_makes_a_console() -> None:
    for module in Path(bench.cli.__file__).parent.glob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call)]
        assert "Console" not in {call.id for call in calls if isinstance(call, ast.Name)}, module
