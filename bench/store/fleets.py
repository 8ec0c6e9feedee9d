"""What a fleet was: one file beside the runs of its hosts. The same records for who writes it and who reads it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from bench.errors import ResultsError, written
from bench.store.door import invalid
from bench.store.sanitize import read_json

FLEET = "fleet.json"
FLEET_SCHEMA = "urn:isobench:fleet-1"

_AGAIN = "Name the folder of a fleet, such as results/fleet-<id>"

HostState = Literal["measuring", "measured", "left out", "lost"]
"""``lost`` are hosts whose run has no end: what had arrived by then is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetHost:
    """One host: its number, from which its seed comes, and how it went; its run is in the folder of its name."""

    number: int
    seed: int
    state: HostState = "measuring"
    reason: str = ""
    """Why it was left out or lost, or what of its run did not go well."""
    apart_s: float = 0.0
    """By how much its clock was ahead of the scheduler's host, at least."""
    trials: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetAsked:
    """What every host was asked for, in the words of ``run``."""

    scenarios: tuple[str, ...]
    isolation: str | None = None
    rounds: int | None = None
    precision: str | None = None
    budget: str | None = None
    quick: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """One request to many hosts. Times are ISO 8601 with offset."""

    fleet: str
    started_at: str
    command_line: tuple[str, ...] = ()
    bench_version: str
    seed: int
    scenarios: dict[str, str]
    """Versions by name."""
    hosts: dict[str, FleetHost] = field(default_factory=dict)
    one_machine: bool = False
    """Whether hosts may have shared a machine, and disturbed each other."""
    finished_at: str | None = None
    interrupted: str | None = None
    asked: FleetAsked | None = None
    """None: a fleet of before this was kept, which cannot be taken up again."""
    resumed: tuple[str, ...] = ()
    """When it was taken up again."""


def write_fleet(fleet: Fleet, folder: Path) -> None:
    """Write it whole or not at all; raises StoreError."""
    growing = folder / f".{FLEET}.partial"
    with written(folder / FLEET):
        growing.write_text(
            json.dumps({"schema": FLEET_SCHEMA, **asdict(fleet)}, indent=2, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )
        growing.replace(folder / FLEET)


def find_fleet(fleet: str, results: Path) -> Path | None:
    """Return a fleet's folder by its id or path; None where there is none."""
    return next((folder for folder in (Path(fleet), results / fleet) if (folder / FLEET).is_file()), None)


def load_fleet(folder: Path) -> Fleet:
    """Read ``fleet.json``; raises ResultsError naming the file, and the key, where it is missing or broken."""
    file = folder / FLEET
    try:
        document = read_json(file.read_bytes())
    except OSError as error:
        raise ResultsError(f"{file}: cannot be read: {error.strerror}", remedy=_AGAIN) from error
    except ValueError as error:
        raise ResultsError(f"{file}: not valid JSON: {error}", remedy=_AGAIN) from error
    try:
        return TypeAdapter(Fleet).validate_python(document)
    except ValidationError as error:
        raise invalid(file, error, _AGAIN) from error
