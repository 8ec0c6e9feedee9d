"""``bench explain``: what a figure, an isolation, a scenario or a word is, and how far it goes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from rich.table import Table
from rich.text import Text

from bench.cli.explained import Dictionary, Meaning
from bench.cli.terminal import Terminal
from bench.cli.wanted import wanted
from bench.isolations.registry import DEFAULT
from bench.scenario import load_selected


def explain(word: str, isolation: str | None, scenarios_folder: Path | None, *, as_json: bool) -> None:
    """Print every meaning of a word; without one, what can be asked about."""
    words = Dictionary(load_selected([], scenarios_folder, quick=False), wanted(isolation) if isolation else DEFAULT)
    console = Terminal()
    if not word:
        known = words.known()
        if as_json:
            console.print_json(json.dumps(known))
        else:
            console.print(_table([(kind, ", ".join(names)) for kind, names in known.items()]))
        return
    found = words.explain(word)
    if as_json:
        console.print_json(json.dumps([asdict(answer) for answer in found]))
        return
    for number, answer in enumerate(found):
        console.print(_title(answer, first=number == 0))
        console.print(_table(answer.rows))


def _title(answer: Meaning, *, first: bool) -> Text:
    return Text.assemble("" if first else "\n", (answer.word, "bold"), f" ({answer.kind})")


def _table(rows: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(min_width=9, no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows:
        table.add_row(Text(label), Text(text))
    return table
