"""The journal: one line for each trial, on the disk before the next trial starts."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from bench.model import Measurement, Sample
from bench.store.layout import CONSOLE, JOURNAL
from bench.writing import written

_GZIP_LEVEL = 3
"""Fast, and a console compresses well at any level."""


class Journal:
    """Appends measurements to a run's folder. A run killed at any instant loses at most the trial in flight."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / CONSOLE).mkdir(parents=True, exist_ok=True)
        self._file = (folder / JOURNAL).open("ab")

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
        """Write the console, compressed, then the trial's line, and sync both to the disk."""
        with written(self._folder):
            self._append(measurement, console, started_at)

    def _append(self, measurement: Measurement, console: bytes, started_at: datetime) -> None:
        log = self._folder / CONSOLE / f"{measurement.trial.number:04d}.log.gz"
        with log.open("wb") as file:
            file.write(gzip.compress(console, _GZIP_LEVEL, mtime=0))
            _sync(file)
        line = json.dumps(line_of(measurement, started_at=started_at), ensure_ascii=False)
        self._file.write(line.encode() + b"\n")
        _sync(self._file)


def line_of(measurement: Measurement, *, started_at: datetime) -> dict[str, object]:
    """Return a measurement as the journal keeps it; ``docs/methodology.md`` lists the keys."""
    trial = measurement.trial
    return {
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
    entry: dict[str, object] = asdict(sample)
    if not sample.step:
        del entry["step"]
    return entry


def _sync(file: BinaryIO) -> None:
    """Bring what was written to the disk: out of our own buffer first."""
    file.flush()
    os.fsync(file.fileno())
