"""What a history is made of: runs, each with its date, its machine, what it measured, and what it ran on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.analysis.data.manifest import load_manifest
from bench.analysis.history import foreign
from bench.analysis.history.medians import Medians, medians
from bench.analysis.two_runs.environment import of_facts, of_machines, of_runs
from bench.errors import InputError, ResultsError
from bench.host.machine import Host
from bench.store.layout import MANIFEST
from bench.store.manifest import Difference, Manifest
from bench.store.sanitize import plain_text


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A run, or a part of one, that is in no history here, and why."""

    run: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DatedRun:
    """One run of a history. ``manifest`` is None for another tool's file, which tells ``facts`` instead."""

    run: str
    path: Path
    began: datetime
    host: Host
    measured: Mapping[str, Mapping[str, str]]
    """By scenario what tells one content from another: its version, its image, whether it was quick."""
    medians: Medians
    manifest: Manifest | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    def changes(self, after: DatedRun, scenario: str) -> tuple[Difference, ...]:
        """Return what is other in a later run, and may be why a figure of this scenario is."""
        if self.manifest is None or after.manifest is None:
            return (*of_machines(self.host, after.host), *of_facts(self.facts, after.facts))
        return tuple(one for one in of_runs(self.manifest, after.manifest, [scenario]) if one.what not in _OF_CHANCE)


_OF_CHANCE = ("seed",)
"""What every run draws for itself."""


def read_entries(given: Sequence[str | Path]) -> tuple[tuple[DatedRun, ...], tuple[LeftOut, ...]]:
    """Read runs, in the order of their dates: run folders, files of other tools, and folders that keep either.

    What cannot be read, or is not whole, is among what is left out. Raises InputError for a path that leads nowhere.
    """
    found: list[DatedRun] = []
    left: list[LeftOut] = []
    folders: list[tuple[Path, Manifest, datetime]] = []
    seen: dict[tuple[str, str], Path] = {}
    for path in dict.fromkeys(one for place in given for one in _paths(Path(place))):
        try:
            if path.is_dir():
                manifest = load_manifest(path)
                first = seen.setdefault((manifest.run, manifest.started_at), path)
                if first is not path:
                    raise ResultsError(f"a copy of {first}")
                folders.append((path, manifest, _began(manifest)))
            else:
                found.append(_of_file(path))
        except ResultsError as error:
            left.append(LeftOut(run=plain_text(path.name), reason=plain_text(error.what)))
    for (path, manifest, began), made in zip(folders, medians([path for path, _, _ in folders]), strict=True):
        if isinstance(made, ResultsError):
            left.append(LeftOut(run=manifest.run, reason=plain_text(made.what)))
        else:
            found.append(_of_run(path, manifest, began, made))
    return tuple(sorted(found, key=lambda one: (one.began, one.run))), tuple(left)


def _paths(place: Path) -> Iterator[Path]:
    """Yield the runs at a place: itself, or what lies in a folder that is none."""
    if not place.exists():
        raise InputError(f"{place}: there is no such file or folder", remedy="Name runs, or a folder that keeps them")
    if place.is_file() or (place / MANIFEST).is_file():
        yield place
        return
    yield from sorted(file.parent for file in place.glob(f"*/{MANIFEST}"))
    yield from sorted(file for file in place.glob("*.json") if not file.name.startswith("."))


def _of_run(path: Path, manifest: Manifest, began: datetime, made: Medians) -> DatedRun:
    digests = {name: image.digest for name, image in manifest.images.items()}
    measured = {
        name: {
            "version": scenario.version,
            "image": digests.get(scenario.image, "not recorded"),
            "quick": "yes" if manifest.quick else "no",
        }
        for name, scenario in manifest.scenarios.items()
    }
    return DatedRun(
        run=manifest.run, path=path, began=began, host=manifest.host, measured=measured, medians=made, manifest=manifest
    )


def _of_file(path: Path) -> DatedRun:
    made = foreign.read(path)
    began = _date(made.began, path)
    measured = {one.scenario: {"version": "", "image": "", "quick": "no"} for one in made.medians}
    return DatedRun(
        run=plain_text(path.stem),
        path=path,
        began=began,
        host=made.host,
        measured=measured,
        medians=made.medians,
        facts=made.facts,
    )


def _began(manifest: Manifest) -> datetime:
    """Return when a run began; raises ResultsError where it has no place in a history."""
    if manifest.finished_at is None or manifest.interrupted:
        how = f"interrupted by {manifest.interrupted}" if manifest.interrupted else "killed, or still running"
        raise ResultsError(f"it is not whole: {how}")
    began, ended = (_date(text, Path(manifest.run)) for text in (manifest.started_at, manifest.finished_at))
    if ended < began:
        raise ResultsError(
            "its dates go backwards: the host's clock was set back while it ran, and its place is unknown"
        )
    return began


def _date(text: str, where: Path) -> datetime:
    """Return a date with its offset, UTC where it tells none; raises ResultsError for what is no date."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ResultsError(f"{where}: {text!r} is no date of ISO 8601") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
