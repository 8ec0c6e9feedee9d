"""``bench report``: the tables on the terminal, the report on the disk."""

from __future__ import annotations

import shlex
from pathlib import Path

from bench import report as reports
from bench.analysis.garbage import give_back
from bench.cli.terminal import Terminal
from bench.errors import StoreError, written
from bench.report.compose import compose
from bench.report.render import terminal
from bench.store.dataset import is_current, write_dataset
from bench.store.named import find_run


def report(run: str, results: Path, *, verbose: bool = False, png: bool = False) -> None:
    """Write the report of a run, and its dataset where that is not current; print what it found and where it is.

    That is the glance, or with ``verbose`` every table that answers a question. It is printed also where the disk
    refuses the report, which is raised then as StoreError. ``png``: each plot as PNG as well.
    """
    folder = find_run(run, results)
    give_back()
    refused = None if is_current(folder) else _refused(folder)
    composed = compose(folder)
    console = Terminal()
    console.print(terminal.render(composed) if verbose else terminal.brief(composed))
    if refused:
        raise refused
    with written(folder):
        paths = reports.save(composed, folder, png=png)
    if not verbose:
        console.print(f"All tables: python -m bench report {shlex.quote(run)} --verbose", style="dim", soft_wrap=True)
    console.print(f"Report: {paths.html}", soft_wrap=True)


def _refused(folder: Path) -> StoreError | None:
    """Write the dataset; return why the disk refuses it: what the run has found can be shown all the same."""
    try:
        with written(folder):
            write_dataset(folder)
    except StoreError as error:
        return error
    return None
