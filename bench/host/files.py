"""Where a run's files may be written, and how the kernel's small ones are read."""

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


def contents(file: str | Path) -> str:
    """Return the text of a file of the kernel's; raises OSError. Without what ``read_text`` has around each of them."""
    with open(file, "rb", buffering=0) as small:  # noqa: PTH123 - a Path is half of what it saves
        return small.read().decode(errors="replace")
