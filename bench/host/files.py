"""Writing a run's files: what the disk refuses is said in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import InputError, StoreError

_REMEDY = "Free some space, or name another folder with --results"


@contextmanager
def written(path: Path, *, remedy: str = _REMEDY) -> Iterator[None]:
    """Turn an OSError while ``path`` is written into a StoreError that names it and says what to do."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"cannot write {error.filename or path}: {error.strerror or error}",
            remedy=f"What was measured before is whole. {remedy}",
        ) from error


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
