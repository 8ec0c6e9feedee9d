"""Which stored run is meant: by its id, the path of its folder, or as the baseline. Imports nothing heavy.

The baseline is the run that others are held against: its id stands in one line of the file ``baseline``, in the folder
of results.
"""

from __future__ import annotations

from pathlib import Path

from bench.errors import InputError, ResultsError, UnknownNameError, written
from bench.store.layout import MANIFEST
from bench.store.sanitize import MOST_NAME

BASELINE_MARK = "baseline"
"""The file's name, and the word that stands for its run on a command line."""


def find_run(run: str, results: Path) -> Path:
    """Return a run's folder by its id or path, or ``baseline`` for the one that is marked as such.

    Raises UnknownNameError with the runs there are, InputError where no run is marked, or the marked one is gone.
    """
    for folder in (Path(run), results / run):
        if (folder / MANIFEST).is_file():
            return folder
    if run != BASELINE_MARK:
        raise UnknownNameError("run", run, [path.parent.name for path in results.glob(f"*/{MANIFEST}")])
    name = marked_baseline(results)
    if name is None:
        raise InputError(f"no run in {results} is marked as the baseline", remedy="Mark one: bench baseline RUN")
    if not (results / name / MANIFEST).is_file():
        raise InputError(
            f"the baseline, {name}, is no longer in {results}", remedy="Mark another run: bench baseline RUN"
        )
    return results / name


def mark_baseline(results: Path, run: str) -> None:
    """Mark a run of this folder as the baseline, in the place of any other; raises StoreError."""
    file = results / BASELINE_MARK
    growing = results / f".{BASELINE_MARK}.partial"
    with written(file):
        growing.write_text(f"{run}\n", encoding="utf-8")
        growing.replace(file)


def marked_baseline(results: Path) -> str | None:
    """Return the id of the marked run, None for none; raises ResultsError for a file that marks nothing."""
    file, remedy = results / BASELINE_MARK, "Mark a run anew: bench baseline RUN"
    if not file.is_file():
        return None
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ResultsError(f"{file}: cannot be read: {error}", remedy=remedy) from error
    if not text.isprintable() or text in ("", "..") or Path(text).name != text or len(text) > MOST_NAME:
        raise ResultsError(f"{file}: the id of one run is expected", remedy=remedy)
    return text
