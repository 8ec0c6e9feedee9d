"""The making that others are compared with: its files and packages, and when it was made."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.images import cache, lock
from bench.measuring.provision.drift import Drift, drift_between, moved_packages
from bench.measuring.provision.inventory import Inventory, InventoryItem, of_tar
from bench.model import Image, Say

_INSTALLED = re.compile(r"^Package: (\S+)$.*^Status: install ok installed$.*^Version: (\S+)$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One making, as far as it takes to compare another one with it."""

    what: str
    """For a person: which making it is, and of when."""
    files: Inventory
    packages: Mapping[str, str]
    """Name -> version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """What has drifted since the reference."""

    reference: str
    drift: Drift
    moved: tuple[str, ...] | None = None
    """Packages of another version, one line each: the archive gave something else. None: no archive was asked."""


def compared(reference: Reference, files: Inventory, packages: Mapping[str, str]) -> DriftReport:
    """Compare a making with its reference."""
    changed = tuple(moved_packages(reference.packages, packages))
    return DriftReport(reference=reference.what, drift=drift_between(reference.files, files), moved=changed)


def of_image(image: Image, say: Say) -> Reference:
    """Return a built image as a reference; its inventory is taken once and kept beside it."""

    def take(path: Path) -> None:
        say(f"image {image.name!r}: taking the inventory of its files")
        with image.tar.open("rb") as stream:
            write_files(of_tar(stream), path)

    kept = cache.once(image.folder / "inventory.json", take, say=say)
    made_at = datetime.fromtimestamp(image.lock.stat().st_mtime, UTC)
    return Reference(
        what=f"the image in the cache, built {day(made_at)}",
        files=read_files(kept),
        packages=versions(lock.read(image.lock)),
    )


def kept_reference(folder: Path) -> Reference:
    """Read back what ``keep_reference`` has written."""
    raw = json.loads((folder / "reference.json").read_text())
    return Reference(what=raw["what"], files=read_files(folder / "files.json"), packages=raw["packages"])


def keep_reference(reference: Reference, folder: Path) -> None:
    """Write a reference into a folder of the cache."""
    write_files(reference.files, folder / "files.json")
    told = {"what": reference.what, "packages": dict(reference.packages)}
    (folder / "reference.json").write_text(json.dumps(told, indent=1) + "\n")


def day(moment: datetime) -> str:
    """Return a moment for a person."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def versions(found: lock.Lock) -> dict[str, str]:
    """Return the versions that a lock names."""
    return {package.name: package.version for package in found.packages}


def installed(status: Path) -> dict[str, str]:
    """Return the versions in the package manager's own records (``/var/lib/dpkg/status``)."""
    stanzas = status.read_text(errors="replace").split("\n\n")
    return {match[1]: match[2] for match in map(_INSTALLED.search, stanzas) if match}


def write_files(files: Inventory, path: Path) -> None:
    """Write an inventory."""
    path.write_text(json.dumps({name: astuple(entry) for name, entry in files.items()}, indent=0))
    path.chmod(0o644)


def read_files(path: Path) -> dict[str, InventoryItem]:
    """Read an inventory back."""
    return {name: InventoryItem(*fields) for name, fields in json.loads(path.read_text()).items()}
