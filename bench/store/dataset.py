"""The journal as one long table, in Parquet: one row per sample, and a row without a value per silent trial.

Only the reporting process imports this module: it needs pandas and pyarrow, and measuring stays light.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar

import pandas as pd
from pydantic import Field, TypeAdapter, ValidationError

from bench.errors import ResultsError
from bench.model import Better, Scalar
from bench.store.layout import JOURNAL, MANIFEST, SAMPLES, SCHEMA_VERSION
from bench.store.plain import MOST_NAME, is_plain, read_json

DTYPES: Mapping[str, str] = {
    "run": "string",
    "host": "string",
    "scenario": "string",
    "scenario_version": "string",
    "parameters": "string",
    "step": "string",
    "isolation": "string",
    "emulated": "bool",
    "round": "int64",
    "trial": "int64",
    "outcome": "string",
    "reason": "string",
    "metric": "string",
    "vantage": "string",
    "unit": "string",
    "better": "string",
    "value": "float64",
    "at_s": "float64",
}
"""Columns of the table, in order, and their pandas dtypes: the same in pandas 2.2 and 3."""


_Name = Annotated[str, Field(max_length=MOST_NAME)]
_Count = Annotated[int, Field(ge=0, lt=1 << 53)]
_Line = TypeVar("_Line")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSample:
    """One number of a journal line; ``at_s`` counts from the trial's request, ``step`` says in which step."""

    metric: _Name
    value: float
    unit: _Name
    vantage: _Name
    better: Better
    at_s: float | None = None
    step: dict[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEnding:
    """One line of the journal, but for its samples: how a trial ended."""

    number: _Count
    round: _Count
    scenario: _Name
    scenario_version: str
    parameters: dict[str, Scalar]
    isolation: _Name
    emulated: bool
    outcome: _Name
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


def canonical(parameters: Mapping[str, Scalar]) -> str:
    """Return parameters as canonical JSON: equal ones give equal text."""
    return json.dumps(dict(parameters), sort_keys=True)


def read_manifest(run_dir: Path) -> dict[str, object]:
    """Read a run's manifest as plain JSON.

    Raises ResultsError when it is missing, broken, or written by a newer Isobench.
    """
    file = run_dir / MANIFEST
    try:
        document = read_json(_read(file))
    except ValueError as error:
        raise ResultsError(f"{file}: not valid JSON: {error}", remedy="Measure again") from error
    if not isinstance(document, dict):
        raise ResultsError(f"{file}: expected one JSON object", remedy="Measure again")
    version = document.get("schema_version")
    if not isinstance(version, int):
        raise ResultsError(f"{file}: schema_version is missing", remedy="Measure again")
    if version > SCHEMA_VERSION:
        raise ResultsError(
            f"{file}: schema version {version} is newer than {SCHEMA_VERSION}, the newest understood here",
            remedy="Read this run with the Isobench that wrote it, or a newer one",
        )
    return document


def read_journal(run_dir: Path) -> tuple[StoredTrial, ...]:
    """Read every whole trial of a run's journal, in the order they were measured.

    A last line that was cut short by a kill is ignored; any other broken line raises ResultsError with the
    file and the line.
    """
    file = run_dir / JOURNAL
    lines = enumerate(_read(file).split(b"\n"), start=1)
    return tuple(_parse(file, [(number, line) for number, line in lines if line.strip()], _TRIAL))


def read_endings(run_dir: Path) -> Iterator[StoredEnding]:
    """Read how a run's trials ended, in the order they were measured: every whole trial, without its samples.

    Raises ResultsError as ``read_journal`` does, but for what is wrong with samples. Holds one line at a time.
    """
    file = run_dir / JOURNAL
    with _opened(file) as lines:
        held: tuple[int, bytes] | None = None
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield from _ending(file, held, is_last=False) if held else ()
                held = (number, line)
        yield from _ending(file, held) if held else ()


def _ending(file: Path, held: tuple[int, bytes], *, is_last: bool = True) -> Iterator[StoredEnding]:
    """Parse one numbered line: at once where its text is plain, and nothing is made of its samples."""
    if is_plain(held[1]):
        with suppress(ValidationError):  # what is wrong with it is said below, as it is of any line
            yield _ENDING.validate_json(held[1])
            return
    yield from _parse(file, [held], _ENDING, is_last=is_last)


def read_dataset(run_dir: Path) -> pd.DataFrame:
    """Build the long table from the journal: columns and dtypes as in ``DTYPES``, times in seconds.

    ``parameters`` are the cell's, with the step's among them where a sample belongs to one; ``step`` are those
    of the step alone. A trial without samples of its own, outside of steps, has one row whose metric, vantage,
    unit, better, value and at_s are missing: every trial appears with its cell's parameters.
    """
    document = read_manifest(run_dir)
    host = document.get("host")
    name = host.get("name", "") if isinstance(host, dict) else ""
    rows = [
        {"run": document.get("run", run_dir.name), "host": name, **row}
        for trial in read_journal(run_dir)
        for row in _rows(trial)
    ]
    return pd.DataFrame(rows, columns=list(DTYPES)).astype(dict(DTYPES))


def write_dataset(run_dir: Path) -> Path:
    """Write ``samples.parquet`` beside the journal, whole or not at all, and return its path."""
    table = read_dataset(run_dir)
    target = run_dir / SAMPLES
    handle, name = tempfile.mkstemp(dir=run_dir, prefix=".samples-", suffix=".parquet")
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            table.to_parquet(file, engine="pyarrow", index=False)
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(0o644)  # mkstemp makes it private; results are meant to be read by others
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


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


def _parse(
    file: Path, lines: Sequence[tuple[int, bytes]], kind: TypeAdapter[_Line], *, is_last: bool = True
) -> Iterator[_Line]:
    """Parse numbered lines; ``is_last``: the last of them is the journal's, which may be cut short."""
    for number, line in lines:
        try:
            yield kind.validate_python(read_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise _broken(file, number, f"{where}: {first['msg']}") from error
        except ValueError as error:
            if is_last and number == lines[-1][0]:
                return
            raise _broken(file, number, "not valid JSON; only the last line may be cut short") from error


def _broken(file: Path, line: int, what: str) -> ResultsError:
    return ResultsError(f"{file}, line {line}: {what}", remedy="Was it edited by hand? Measure again")


def _rows(trial: StoredTrial) -> Iterator[dict[str, object]]:
    about: dict[str, object] = {
        "scenario": trial.scenario,
        "scenario_version": trial.scenario_version,
        "parameters": trial.parameters_text,
        "step": canonical({}),
        "isolation": trial.isolation,
        "emulated": trial.emulated,
        "round": trial.round,
        "trial": trial.number,
        "outcome": trial.outcome,
        "reason": trial.reason,
    }
    if all(sample.step for sample in trial.samples):
        yield about
    for sample in trial.samples:
        known = about | _step(trial, sample)
        yield known | {
            "metric": sample.metric,
            "vantage": sample.vantage,
            "unit": sample.unit,
            "better": sample.better,
            "value": sample.value,
            "at_s": sample.at_s,
        }


def _step(trial: StoredTrial, sample: StoredSample) -> dict[str, object]:
    if not sample.step:
        return {}
    return {"parameters": canonical({**trial.parameters, **sample.step}), "step": canonical(sample.step)}
