"""A run's medians, kept by the content of its files: a history of hundreds of runs reads each run's samples once.

One JSON file per content in ``medians/`` of the state folder. Nothing there is needed: what is missing, of another
version or cannot be read is reckoned again, and where nothing can be written nothing is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bench.errors import InputError
from bench.host.run_state import state_folder
from bench.store.dataset import is_current
from bench.store.layout import JOURNAL, MANIFEST, SAMPLES

VERSION = 1
"""Of how medians are reckoned, and kept: another number forgets all that are there."""


class RunMedian(NamedTuple):
    """One figure of a run: ``n`` rounds, and their median in ``unit``."""

    scenario: str
    parameters: str
    """Canonical JSON."""
    isolation: str
    emulated: bool
    metric: str
    vantage: str
    unit: str
    better: str
    n: int
    median: float


def digest(run_dir: Path) -> str:
    """Return what tells a run's content from any other: of its manifest, and of what its samples are read from."""
    samples = SAMPLES if is_current(run_dir) else JOURNAL
    found = hashlib.blake2b(f"{VERSION} {samples}".encode(), digest_size=20)
    for name in (MANIFEST, samples):
        with suppress(OSError), (run_dir / name).open("rb") as file:  # who reads it says why it cannot be read
            found.update(hashlib.file_digest(file, "blake2b").digest())
    return found.hexdigest()


def recalled(content: str) -> tuple[RunMedian, ...] | None:
    """Return what is kept of this content, None for nothing."""
    with suppress(OSError, ValueError, TypeError, InputError):
        return tuple(RunMedian(*row) for row in json.loads(_file(content).read_text()))
    return None


def keep(content: str, medians: Sequence[RunMedian]) -> None:
    """Keep the medians of this content, whole or not at all; where that cannot be, do nothing."""
    with suppress(OSError, InputError):
        file = _file(content)
        file.parent.mkdir(parents=True, exist_ok=True)
        growing = file.with_suffix(".partial")
        growing.write_text(json.dumps([list(one) for one in medians]))
        growing.replace(file)


def _file(content: str) -> Path:
    return state_folder() / "medians" / f"{content}.json"
