"""``bench baseline``: which run others are held against."""

from __future__ import annotations

from pathlib import Path

from bench.cli.terminal import Terminal
from bench.errors import InputError
from bench.store.named import BASELINE_MARK, find_run, mark_baseline
from bench.store.stored import read_manifest


def baseline(run: str | None, results: Path) -> None:
    """Mark a run of this folder as the baseline; without one, say which is marked."""
    folder = find_run(run or BASELINE_MARK, results)
    read_manifest(folder)  # what cannot be read is no baseline
    if folder.resolve().parent != results.resolve():
        raise InputError(
            f"{folder} does not lie in {results}, whose baseline it is to be", remedy="Name its folder: --results DIR"
        )
    if run is not None:
        mark_baseline(results, folder.resolve().name)
    Terminal().print(f"The baseline of {results} is {folder.resolve().name}.", soft_wrap=True)
