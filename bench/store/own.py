"""What a run's folder may hold when it comes from elsewhere: files and folders of its own; nothing leads out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from bench.errors import ResultsError
from bench.store.layout import CALIBRATION, CONSOLE, JOURNAL, LOCKS, MANIFEST, PLOTS, REPORTS, SAMPLES

_FILES = (MANIFEST, JOURNAL, SAMPLES, CALIBRATION, *REPORTS)
_FOLDERS = (LOCKS, CONSOLE, PLOTS)


def require_own(run_dir: Path) -> None:
    """Raise ResultsError where what we would read or write in a run's folder is a link, a pipe, a socket or a device.

    Through a link, other files would be read into reports, or written over; a pipe is waited on for ever.
    """
    for entry in _entries(run_dir):
        if entry.is_symlink() or not (entry.is_file() or entry.is_dir()):
            what = "a link" if entry.is_symlink() else "no regular file"
            raise ResultsError(
                f"{entry.path} is {what}, and a run's folder holds files of its own alone",
                remedy="Put a copy in its place, or remove it",
            )


def _entries(run_dir: Path) -> Iterator[os.DirEntry[str]]:
    for entry in _scanned(run_dir):
        if entry.name in (*_FILES, *_FOLDERS):
            yield entry
        if entry.name in _FOLDERS and entry.is_dir(follow_symlinks=False):
            yield from _scanned(entry)


def _scanned(folder: Path | os.DirEntry[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:  # who reads what is in it says why it cannot be read
        return []
