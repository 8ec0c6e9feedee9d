"""``bench report``: the tables on the terminal, the report on the disk."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from bench import report as reports
from bench.errors import UnknownNameError
from bench.report import tables
from bench.report.compose import compose
from bench.store.dataset import write_dataset
from bench.store.layout import MANIFEST


def report(run: str, results: Path) -> None:
    """Write the dataset and the report of a run; print what it found and where the report is."""
    folder = find_run(run, results)
    write_dataset(folder)
    composed = compose(folder)
    paths = reports.save(composed, folder)
    console = Console(highlight=False)
    console.print(tables.render(composed))
    console.print(f"Report: {paths.html}", soft_wrap=True, markup=False)


def find_run(run: str, results: Path) -> Path:
    """Return a run's folder by its id or path; raises UnknownNameError with the runs there are."""
    for folder in (Path(run), results / run):
        if (folder / MANIFEST).is_file():
            return folder
    raise UnknownNameError("run", run, [path.parent.name for path in results.glob(f"*/{MANIFEST}")])
