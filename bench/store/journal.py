"""The journal: one line for each trial, on the disk before the next trial starts."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import fields
from datetime import datetime
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.errors import written
from bench.model import Measurement, Sample
from bench.store.layout import CONSOLE, JOURNAL, TRIAL_SCHEMA

_FIELDS = [one.name for one in fields(Sample) if one.name != "step"]

_GZIP_LEVEL = 3
"""Fast, and a console compresses well at any level."""


class Journal:
    """Appends measurements to a run's folder. A run killed at any instant loses at most the trial in flight."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / CONSOLE).mkdir(parents=True, exist_ok=True)
        self._file = (folder / JOURNAL).open("ab", buffering=0)  # nothing is held back that a full disk has refused

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, measurement: Measurement, console: bytes, *, started_at: datetime) -> None:
        """Write the console, compressed, then the trial's line, and sync both to the disk.

        Raises StoreError where the disk refuses; then nothing of this trial is left.
        """
        log = self._folder / CONSOLE / f"{measurement.trial.number:04d}.log.gz"
        line = json.dumps(line_of(measurement, started_at=started_at), ensure_ascii=False)
        before = os.fstat(self._file.fileno()).st_size
        with written(self._folder):
            try:
                with log.open("wb", buffering=0) as file:
                    _write(file, gzip.compress(console, _GZIP_LEVEL, mtime=0))
                _write(self._file, line.encode() + b"\n")
            except OSError:
                log.unlink(missing_ok=True)
                os.ftruncate(self._file.fileno(), before)
                raise


def cut_after(folder: Path, trials: int) -> None:
    """Leave a journal's first trials, so many: what a kill has cut short behind them goes. Raises StoreError."""
    with written(folder), (folder / JOURNAL).open("a+b") as file:
        file.seek(0)
        line = b"\n"
        while trials and (line := file.readline()):
            trials -= bool(line.strip())
        file.truncate(file.tell())
        if not line.endswith(b"\n"):  # the kill came between a line and its end
            file.write(b"\n")
        file.flush()
        os.fsync(file.fileno())


def line_of(measurement: Measurement, *, started_at: datetime) -> dict[str, object]:
    """Return a measurement as the journal keeps it; `docs/reference/journal.md`` lists the keys."""
    trial = measurement.trial
    return {
        "schema": TRIAL_SCHEMA,
        "number": trial.number,
        "round": trial.round,
        "scenario": trial.cell.scenario.name,
        "scenario_version": trial.cell.scenario.version,
        "parameters": dict(trial.cell.parameters),
        "isolation": trial.cell.isolation,
        "emulated": measurement.emulated,
        "outcome": measurement.outcome.kind.value,
        "reason": measurement.outcome.reason,
        "started_at": started_at.isoformat(timespec="milliseconds"),
        "seen": dict(measurement.seen),
        "tail": list(measurement.tail),
        "samples": [_entry(sample) for sample in measurement.samples],
    }


def _entry(sample: Sample) -> dict[str, object]:
    """Return a sample as a journal line keeps it: without the key ``step`` where it belongs to none."""
    entry: dict[str, object] = {name: getattr(sample, name) for name in _FIELDS}
    return {**entry, "step": dict(sample.step)} if sample.step else entry


def _write(file: FileIO, data: bytes) -> None:
    """Write all of the data, and bring it to the disk."""
    while data:
        data = data[file.write(data) :]
    os.fsync(file.fileno())
