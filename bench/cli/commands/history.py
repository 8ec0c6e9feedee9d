"""``bench history``: how figures went over runs, for a person, a page, a feed, and a pipeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from rich.text import Text

from bench.analysis.history.history import History, history_of
from bench.analysis.two_runs.compare import MOST_CHANGE
from bench.cli.amounts import share
from bench.cli.exits import ExitCode
from bench.cli.terminal import Terminal
from bench.errors import InputError, written
from bench.report import recorded
from bench.report.content import Table
from bench.report.render import terminal
from bench.report.tables import courses
from bench.store.named import find_run


def history(
    given: Sequence[str],
    results: Path,
    *,
    since: str | None,
    min_shift: str,
    every: bool,
    page: str | None,
    markdown: str | None,
    feed: str | None,
) -> NoReturn:
    """Print how figures went, and exit with whether the newest shift of one is for the worse."""
    found = history_of(
        [_place(one, results) for one in given] or [results],
        since=None if since is None else _date(since),
        min_shift=share(min_shift, "--min-shift", most=MOST_CHANGE),
        every=every,
    )
    for to, made in ((page, recorded.page), (feed, recorded.feed), (markdown, recorded.text)):
        if to and to != "-":
            _write(Path(to), made, found)
    if markdown == "-":
        print(recorded.text(found), end="")  # noqa: T201
    else:
        _show(found)
    raise SystemExit(ExitCode.WORSE if found.is_worse else ExitCode.OK)


def _place(text: str, results: Path) -> Path:
    """Return what was named: a file or folder that is there, else a run by its id."""
    return Path(text) if Path(text).exists() else find_run(text, results)


def _date(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"--since {text!r} is no date", remedy="Such as --since 2026-11-01") from error


def _write(file: Path, made: Callable[[History], str], found: History) -> None:
    with written(file):
        file.write_text(made(found), encoding="utf-8")


def _show(found: History) -> None:
    console = Terminal()
    console.print(courses.span(found))
    console.print(Text(courses.headline(found), style="bold"))
    for shown in (
        courses.shifts(found, brief=True),
        courses.changes(found),
        courses.brief(found),
        courses.left_out(found),
    ):
        _table(console, shown)
    console.print()
    console.print(Text(courses.method(found), style="dim"))


def _table(console: Terminal, shown: Table) -> None:
    if shown.rows:
        console.print()
        console.print(terminal.Fitted(shown))
    for note in shown.notes:
        console.print(Text(note, style="dim"))
