"""Where a run's files may be written."""

from __future__ import annotations

from pathlib import Path

from bench.errors import InputError


def require_writable(results: Path) -> None:
    """Raise InputError when no folder can be made in ``results``; leaves nothing there."""
    made = [folder for folder in (results / ".writable", results, *results.parents) if not folder.exists()]
    try:
        for folder in reversed(made):
            folder.mkdir()
        for folder in made:
            folder.rmdir()
    except OSError as error:
        raise InputError(
            f"cannot write results to {results}: {error.strerror}", remedy="Name another folder with --results"
        ) from error
