"""What a run has stored, read back and checked: its manifest as JSON, its journal as records.

No pandas: whoever takes a run up again reads it as well, in the process that measures.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from bench.errors import ResultsError
from bench.model import FIXED_CONFIDENCE, Better, Scalar
from bench.store.door import BoundedValue, invalid, require_bounded, shown
from bench.store.layout import JOURNAL, MANIFEST, SCHEMA_VERSION
from bench.store.manifest import Resumed
from bench.store.own import require_own
from bench.store.sanitize import MOST_NAME, is_plain, read_json

_AGAIN = "Measure again"

_BoundedName = Annotated[str, Field(max_length=MOST_NAME)]
_Count = Annotated[int, Field(ge=0, lt=1 << 53)]
_RecordT = TypeVar("_RecordT")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSample:
    """One number of a journal line; ``at_s`` counts from the trial's request, ``step`` says in which step."""

    metric: _BoundedName
    value: float
    unit: _BoundedName
    vantage: _BoundedName
    better: Better
    at_s: float | None = None
    step: dict[str, BoundedValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEnding:
    """One line of the journal, but for its samples: how a trial ended."""

    number: _Count
    round: _Count
    scenario: _BoundedName
    scenario_version: str
    parameters: dict[str, BoundedValue]
    isolation: _BoundedName
    emulated: bool
    outcome: _BoundedName
    reason: str
    started_at: str = ""
    seen: dict[str, str]
    tail: tuple[str, ...]

    @property
    def parameters_text(self) -> str:
        """The cell's parameters as canonical JSON, as in ``bench.model.Cell``."""
        return canonical(self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTrial(StoredEnding):
    """One line of the journal."""

    samples: tuple[StoredSample, ...]


_TRIAL, _ENDING = TypeAdapter(StoredTrial), TypeAdapter(StoredEnding)
_RESUMED = TypeAdapter(dict[str, tuple[Resumed, ...]])


def canonical(parameters: Mapping[str, Scalar]) -> str:
    """Return parameters as canonical JSON: equal ones give equal text."""
    return json.dumps(dict(parameters), sort_keys=True)


def read_manifest(run_dir: Path) -> dict[str, object]:
    """Read a run's manifest as plain JSON.

    Raises ResultsError when it is missing, broken, or written by a newer Isobench, and where the folder leads out of
    itself: whoever reads a run begins with this.
    """
    require_own(run_dir)
    file = run_dir / MANIFEST
    try:
        document = read_json(_read(file))
    except ValueError as error:
        raise ResultsError(f"{file}: not valid JSON: {error}", remedy=_AGAIN) from error
    if not isinstance(document, dict):
        raise ResultsError(f"{file}: expected one JSON object", remedy=_AGAIN)
    require_bounded(file, document, _AGAIN)
    version = document.get("schema_version")
    if not isinstance(version, int):
        raise ResultsError(f"{file}: schema_version is missing", remedy=_AGAIN)
    if version > SCHEMA_VERSION:
        raise ResultsError(
            f"{file}: schema version {version} is newer than {SCHEMA_VERSION}, the newest understood here",
            remedy="Read this run with the Isobench that wrote it, or a newer one",
        )
    return document


def confidence_of(file: Path, document: Mapping[str, object]) -> float:
    """Return the confidence that intervals of a run are reckoned with, by its manifest read from ``file``.

    95 % where the number of rounds was known from the beginning, which runs from before others could be had all were.
    Raises ResultsError for a run that stopped by itself and does not say it, and for what is no confidence.
    """
    stopping = document.get("stopping") or {}
    told = stopping.get("confidence") if isinstance(stopping, dict) else stopping
    if isinstance(stopping, dict) and told is None and not (stopping.get("precision") or stopping.get("budget_s")):
        return FIXED_CONFIDENCE
    if isinstance(told, int | float) and 0 < told < 1:
        return float(told)
    what = "a run that decided itself when to stop says how sure its intervals are: a number between 0 and 1"
    raise ResultsError(f"{file}: stopping.confidence = {shown(told)}: {what}", remedy=_AGAIN)


def resumed_of(file: Path, document: Mapping[str, object]) -> tuple[Resumed, ...]:
    """Return when a run was taken up again, by its manifest read from ``file``; raises ResultsError."""
    try:
        told = json.dumps({"resumed": document.get("resumed", [])})
        return _RESUMED.validate_json(told, strict=True)["resumed"]
    except ValidationError as error:
        raise invalid(file, error, _AGAIN) from error


def read_journal(run_dir: Path) -> Iterator[StoredTrial]:
    """Read every whole trial of a run's journal, in the order they were measured.

    A last line that was cut short by a kill is ignored; any other broken line raises ResultsError with the
    file and the line. Holds one line at a time.
    """
    return _lines(run_dir / JOURNAL, _TRIAL)


def read_endings(run_dir: Path) -> Iterator[StoredEnding]:
    """Read how a run's trials ended, in the order they were measured: every whole trial, without its samples.

    Raises ResultsError as ``read_journal`` does, but for what is wrong with samples. Holds one line at a time.
    """
    return _lines(run_dir / JOURNAL, _ENDING)


def _lines(file: Path, kind: TypeAdapter[_RecordT]) -> Iterator[_RecordT]:
    with _opened(file) as lines:
        held: tuple[int, bytes] | None = None
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield from _parse(file, *held, kind, is_last=False) if held else ()
                held = (number, line)
        yield from _parse(file, *held, kind, is_last=True) if held else ()


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> ResultsError:
    remedy = "Name the folder of a run, such as results/<run-id>"
    return ResultsError(f"{file}: cannot be read: {error.strerror}", remedy=remedy)


@contextmanager
def _opened(file: Path) -> Iterator[Iterator[bytes]]:
    try:
        with file.open("rb") as lines:
            yield lines
    except OSError as error:
        raise _unreadable(file, error) from error


def _parse(file: Path, number: int, line: bytes, kind: TypeAdapter[_RecordT], *, is_last: bool) -> Iterator[_RecordT]:
    """Parse one numbered line, at once where its text is plain; the last one may be cut short."""
    if is_plain(line):
        with suppress(ValidationError):  # what is wrong with it is said below, as it is of any line
            yield kind.validate_json(line)
            return
    where, remedy = f"{file}, line {number}", "Was it edited by hand? Measure again"
    try:
        yield kind.validate_python(read_json(line))
    except ValidationError as error:
        raise invalid(where, error, remedy) from error
    except ValueError as error:
        if not is_last:
            raise ResultsError(
                f"{where}: not valid JSON; only the last line may be cut short", remedy=remedy
            ) from error
