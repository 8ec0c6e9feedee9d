"""From the folder of a run, or of a fleet, to a published one: redacted at the source, all else made from that."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench import report as reports
from bench.analysis.data.manifest import load_manifest
from bench.errors import PublishError, written
from bench.report.content import Report
from bench.sharing.formats import export
from bench.sharing.formats.source import SUMMARY
from bench.sharing.publish import copies, fleets, index
from bench.sharing.publish.identity import Secret, identity
from bench.sharing.publish.redaction import Redaction
from bench.sharing.publish.search import search
from bench.store.dataset import write_dataset
from bench.store.fleets import FLEET
from bench.store.manifest import Manifest

SUMMARY_FILE = "summary.csv"

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST = 64
_SHOWN = 5
"""How many of the words that are left a message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Where a run was published, and the names that stay in running text because they are ordinary words, too."""

    folder: Path
    index: Path
    ambiguous: tuple[Secret, ...]


def publish(
    run_dir: str | Path,
    name: str,
    *,
    results: str | Path = "results",
    replace_existing: bool = False,
    anyway: bool = False,
    console: bool = False,
    keep: Set[str] = frozenset(),
) -> Published:
    """Publish the folder of a run or a fleet as ``results/published/name``, and make the index anew.

    The folder holds the report (HTML, Markdown, plots), ``samples.parquet``, ``summary.csv``, manifest, journal and
    locks; with ``console`` the consoles, too. That of a fleet holds its report, and such a folder for every host that
    has a run, called ``host-1`` and so on. Names of hosts and users, paths, identifiers of machines and network
    addresses are replaced in all of it, but for the words in ``keep``. The same run gives the same bytes.

    ``replace_existing``: a report of that name makes room. ``anyway``: a run that is quick, not finished or
    interrupted is published, and its page says so.
    Raises PublishError for a name that cannot be, a run that is not whole, and a word that is left after redaction;
    ResultsError for a broken run; StoreError where the disk refuses. Then nothing is left behind.
    """
    source, published = Path(run_dir), Path(results) / "published"
    target = _target(published, name, replace_existing=replace_existing)
    hosts = fleets.renamed(source) if (source / FLEET).is_file() else {}
    places = {folder: hosts[folder.name] for folder in fleets.measured(source)} if hosts else {}
    runs = {folder: load_manifest(folder) for folder in places or (source,)}
    flaws = tuple(dict.fromkeys(flaw for manifest in runs.values() for flaw in _flaws(manifest)))
    if flaws and not anyway:
        raise PublishError(f"{source}: {'; '.join(flaws)}", remedy="Measure again, or publish it --anyway")
    index.entries(published, without=name)  # one that cannot be read is said before anything is made
    known = identity(runs, hosts=hosts, keep=keep)
    redaction = Redaction(secrets=known.secrets)
    with written(target), _growing(published, name) as growing:
        for folder in runs:
            (growing / places.get(folder, "")).mkdir(exist_ok=True)
            copies.copy(folder, growing / places.get(folder, ""), redaction, console=console)
        made = [growing / places.get(folder, "") for folder in runs]
        reported = [_derive(folder, flaws) for folder in made]
        about = index.of_run(name, reported[0], load_manifest(made[0]), flaws)
        if hosts:
            about = replace(about, **fleets.derive(source, growing, redaction, hosts, reported))
        index.write_entry(growing, about)
        _refuse_leaks(growing, redaction)
        _take_place(growing, target)
        page = index.write_index(published)
    return Published(folder=target, index=page, ambiguous=known.ambiguous)


def _target(published: Path, name: str, *, replace_existing: bool) -> Path:
    if not _SLUG.fullmatch(name) or len(name) > _LONGEST:
        raise PublishError(
            f"a report cannot be published as {name[:80]!r}",
            remedy=f"Name it with small letters, digits and single hyphens, {_LONGEST} characters at most: two-cores",
        )
    target = published / name
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise PublishError(f"{target} is no folder of ours", remedy="Move it away, or choose another name")
    if target.exists() and not replace_existing:
        raise PublishError(f"{target} exists", remedy="Choose another name, or replace it with --replace")
    return target


def _flaws(manifest: Manifest) -> tuple[str, ...]:
    flaws = []
    if manifest.interrupted:
        flaws.append(f"the run was interrupted by {manifest.interrupted}")
    elif manifest.finished_at is None:
        flaws.append("the run is not finished")
    if manifest.quick:
        flaws.append("the run was quick: fewer rounds and shorter workloads, a first look and no result")
    return tuple(flaws)


@contextmanager
def _growing(published: Path, name: str) -> Iterator[Path]:
    """Make an empty hidden folder beside the others; what is left of it at the end, however that comes, is removed."""
    folder = published / f".{name}.partial"
    shutil.rmtree(folder, ignore_errors=True)  # of a publisher that was killed
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _derive(folder: Path, flaws: tuple[str, ...]) -> Report:
    """Make data and report, all from the redacted manifest and journal."""
    write_dataset(folder)
    export(folder, "csv", folder / SUMMARY_FILE, what=SUMMARY)
    composed = reports.compose(folder)
    notes = tuple(f"Read this with care: {flaw}." for flaw in flaws)
    reports.save(replace(composed, caveats=(*notes, *composed.caveats)), folder, png=True)
    return composed


def _refuse_leaks(folder: Path, redaction: Redaction) -> None:
    left = search(folder, redaction)
    if left:
        named = ", ".join(f"{one.word!r} in {one.file}" for one in left[:_SHOWN])
        more = f", and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        raise PublishError(
            f"redaction has left {named}{more}; nothing was published",
            remedy="If such a word tells nobody anything, keep it: --keep WORD",
        )


def _take_place(growing: Path, target: Path) -> None:
    """Put the finished folder in its place; what was there before goes only when the new one is whole."""
    before = target.with_name(f".{target.name}.before")
    shutil.rmtree(before, ignore_errors=True)
    if target.exists():
        target.rename(before)
    growing.rename(target)
    shutil.rmtree(before, ignore_errors=True)
