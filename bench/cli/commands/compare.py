"""``bench compare``: two runs against each other, for a person, a pull request, and a pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bench.analysis.two_runs.compare import MOST_CHANGE, Compared, compare_runs
from bench.cli.amounts import share
from bench.cli.exits import ExitCode
from bench.cli.terminal import Terminal
from bench.errors import written
from bench.report.content import Table
from bench.report.render import terminal
from bench.report.tables import changes
from bench.store.named import find_run


def compare(
    before: str,
    after: str,
    results: Path,
    *,
    min_change: str,
    across_hosts: bool,
    every: bool,
    markdown: str | None,
) -> NoReturn:
    """Print what differs between two runs, and exit with whether something has become worse."""
    found = compare_runs(
        find_run(before, results),
        find_run(after, results),
        min_change=share(min_change, "--min-change", most=MOST_CHANGE),
        across_hosts=across_hosts,
        every=every,
    )
    if markdown == "-":
        print(changes.markdown(found), end="")  # noqa: T201
    else:
        _show(found)
        if markdown:
            with written(Path(markdown)):
                Path(markdown).write_text(changes.markdown(found), encoding="utf-8")
    raise SystemExit(ExitCode.WORSE if found.is_worse else ExitCode.OK)


def compared(before: Path, after: Path) -> bool:
    """Print what differs between two run folders, and return whether something has become worse."""
    found = compare_runs(before, after)
    _show(found)
    return found.is_worse


def _show(found: Compared) -> None:
    console = Terminal()
    for text in changes.opening(found):
        console.print(Text(text, style="yellow" if found.across else ""))
    console.print(Text(changes.headline(found), style="bold"))
    for shown in (changes.differences(found), changes.failures(found), changes.changed(found, brief=True)):
        _table(console, shown)
    _table(console, changes.unchanged(found, brief=True))
    if found.left_out:
        console.print(Text("\nNot compared", style="bold"))
        console.print(Padding(Text("\n".join(found.left_out)), (0, 0, 0, 2)))
    console.print()
    for text in changes.method(found):
        console.print(Text(text, style="dim"))


def _table(console: Console, shown: Table) -> None:
    if shown.rows:
        console.print()
        console.print(terminal.Fitted(shown))
