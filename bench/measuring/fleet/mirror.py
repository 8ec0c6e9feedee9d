"""A run's folder, sent piece by piece while it grows, and written down again as it was: both ends of it.

A trial's console is sent before its line of the journal, and a line only when it is whole, so that what has arrived is
a run at any moment, as one that was killed then.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self, TypedDict

from bench.errors import InputError, written
from bench.store.layout import CALIBRATION, CONSOLE, JOURNAL, LOCKS, MANIFEST

_PIECE_BYTES = 1 << 20
_SENT = re.compile(
    rf"{re.escape(MANIFEST)}|{re.escape(CALIBRATION)}|{re.escape(JOURNAL)}"
    rf"|{LOCKS}/[A-Za-z0-9][A-Za-z0-9._-]*\.json|{CONSOLE}/\d+\.log\.gz"
)
"""What a run's folder consists of; tables and reports are made from it."""


class Piece(TypedDict):
    """A part of a file: ``data`` at ``offset``; ``last`` where the file ends with it for now."""

    file: str
    offset: int
    data: bytes
    last: bool


class GrowingRun:
    """A run's folder while it grows."""

    def __init__(self, folder: Path, arrived: int = 0, digest: str = "") -> None:
        """Begin behind the bytes of its journal that have ``arrived``; raises InputError where it has others."""
        self._folder = folder
        self._sent = arrived
        self._known: dict[str, tuple[int, int]] = {}
        self._digest = hashlib.sha256()
        if arrived:
            with suppress(FileNotFoundError), (folder / JOURNAL).open("rb") as journal:
                self._digest.update(journal.read(arrived))
            if self.digest != digest:
                raise InputError("its run is not the one that has arrived", remedy="Measure this host anew")

    @property
    def digest(self) -> str:
        """SHA-256 of the journal as far as it was sent."""
        return self._digest.hexdigest()

    def pieces(self) -> Iterator[Piece]:
        """Yield what has come since the last time."""
        lines = self._lines()
        small = [MANIFEST, CALIBRATION, *(f"{LOCKS}/{one.name}" for one in (self._folder / LOCKS).glob("*.json"))]
        consoles = [f"{CONSOLE}/{int(json.loads(line)['number']):04d}.log.gz" for line in lines.splitlines()]
        for name in (*small, *consoles):
            yield from self._changed(name)
        yield from _pieces(JOURNAL, lines, self._sent) if lines else ()
        self._sent += len(lines)
        self._digest.update(lines)

    def _lines(self) -> bytes:
        """Return the whole lines of the journal that were not sent yet."""
        try:
            with (self._folder / JOURNAL).open("rb") as file:
                file.seek(self._sent)
                return _whole(file.read())
        except FileNotFoundError:
            return b""

    def _changed(self, name: str) -> Iterator[Piece]:
        """Yield a file that is replaced as a whole, where it is not the one that was sent."""
        file = self._folder / name
        if not file.is_file():
            return
        now = file.stat()
        if self._known.get(name) != (now.st_size, now.st_mtime_ns):
            self._known[name] = (now.st_size, now.st_mtime_ns)
            yield from _pieces(name, file.read_bytes(), 0)


class Mirror:
    """The same folder on another host, written down from what arrives."""

    def __init__(self, folder: Path) -> None:
        """Go on behind what has arrived before, whole lines of it; raises StoreError."""
        self._folder = folder
        with written(folder / JOURNAL):
            before = _kept_lines(folder / JOURNAL)
        self.trials = before.count(b"\n")
        """Lines of the journal that have arrived."""
        self._digest = hashlib.sha256(before)
        self.arrived = len(before)
        """Bytes of the journal."""

    def again(self) -> Self:
        """Return it as it is to who takes the run up."""
        return type(self)(self._folder)

    @property
    def digest(self) -> str:
        """SHA-256 of the journal as far as it has arrived."""
        return self._digest.hexdigest()

    def write(self, piece: Piece) -> None:
        """Write a piece down. Raises ValueError for one that is none of a run, or out of turn; StoreError."""
        name, data = piece["file"], piece["data"]
        if not (isinstance(name, str) and _SENT.fullmatch(name) and isinstance(data, bytes)):
            raise ValueError(f"it has sent {str(name)[:80]!r}, which is no part of a run")
        target = self._folder / name
        with written(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            if name == JOURNAL:
                self._append(target, piece["offset"], data)
            else:
                _replace(target, piece)

    def _append(self, journal: Path, offset: int, data: bytes) -> None:
        if offset != self.arrived:
            raise ValueError(f"its journal goes on at byte {offset}, and {self.arrived} have arrived")
        with journal.open("ab") as file:
            file.write(data)
        self.arrived += len(data)
        self._digest.update(data)
        self.trials += data.count(b"\n")


def _kept_lines(journal: Path) -> bytes:
    """Return the whole lines of a journal, and leave no other."""
    if not journal.exists():
        return b""
    kept = _whole(journal.read_bytes())
    os.truncate(journal, len(kept))
    return kept


def _replace(target: Path, piece: Piece) -> None:
    """Let a file take the place of the one before when its last piece is there."""
    growing = target.with_name(f".{target.name}.partial")
    with growing.open("wb" if piece["offset"] == 0 else "ab") as file:
        if file.tell() != piece["offset"]:
            raise ValueError(f"a piece of its {target.name} is missing")
        file.write(piece["data"])
    if piece["last"]:
        growing.replace(target)


def _pieces(name: str, data: bytes, offset: int) -> Iterator[Piece]:
    for start in range(0, max(1, len(data)), _PIECE_BYTES):
        end = start + _PIECE_BYTES
        yield Piece(file=name, offset=offset + start, data=data[start:end], last=end >= len(data))


def _whole(data: bytes) -> bytes:
    """Return the lines of a text that have an end."""
    return data[: data.rfind(b"\n") + 1]
