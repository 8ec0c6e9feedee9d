"""What went into a built thing: packages with versions and hashes, files, sizes; ``lock.json`` beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

LOCK_VERSION = 2
"""History; what is cached with another version is built anew.

1. suite, architecture, digest, packages, files, busybox, sizes.
2. An image may be imported: ``imported`` says from where, by content, and what it runs by itself; ``needed_bytes``.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One installed package; ``sha256`` is that of its .deb as the archive's signed lists give it."""

    name: str
    version: str
    architecture: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFile:
    """One file that was put in beside the packages."""

    path: str
    mode: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The image that was imported, and what it says about running it."""

    reference: str
    """As it was written."""
    digest: str
    """Of its configuration, which names the content of every layer: what Docker shows as the image's ID."""
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    user: str = ""
    directory: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Everything needed to say which bits were measured, and to see that they are still there."""

    suite: str
    architecture: str
    digest: str
    """``sha256:`` and the SHA-256 of the main artefact."""
    packages: tuple[Package, ...]
    files: tuple[LockedFile, ...] = ()
    busybox: Package | None = None
    """The static shell's package, where it comes from the boot kit."""
    sizes: Mapping[str, int]
    """File name beside the lock -> bytes: a cheap check that they are whole."""
    needed_bytes: int = 0
    """What the content of an image takes on a disk, about; 0 where it was not asked for."""
    imported: Imported | None = None
    """Where the image was imported from; None: it is made of packages."""
    schema_version: int = LOCK_VERSION

    def package(self, name: str) -> Package:
        """Return one package by name."""
        return next(package for package in self.packages if package.name == name)


_LISTS = ("entrypoint", "cmd", "environment")


def write(lock: Lock, path: Path) -> None:
    """Write as JSON that a person can read and compare."""
    path.write_text(json.dumps(asdict(lock), indent=1) + "\n")
    path.chmod(0o644)


def read(path: Path) -> Lock:
    """Read a lock back; raises ValueError, KeyError or OSError when it is none of this version."""
    raw = json.loads(path.read_text())
    if raw["schema_version"] != LOCK_VERSION:
        raise ValueError(f"{path}: schema version {raw['schema_version']}")
    packages = tuple(Package(**package) for package in raw.pop("packages"))
    files = tuple(LockedFile(**file) for file in raw.pop("files"))
    busybox, imported = raw.pop("busybox"), raw.pop("imported")
    return Lock(
        packages=packages,
        files=files,
        busybox=Package(**busybox) if busybox else None,
        imported=Imported(**{**imported, **{name: tuple(imported[name]) for name in _LISTS}}) if imported else None,
        **raw,
    )


def whole(folder: Path) -> bool:
    """Whether a cached folder has its lock and every file of the size the lock gives."""
    try:
        lock = read(folder / "lock.json")
        return all((folder / name).stat().st_size == size for name, size in lock.sizes.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def sizes(folder: Path, *names: str) -> dict[str, int]:
    """Return the sizes to lock."""
    return {name: (folder / name).stat().st_size for name in names}


def parse_packages(stanzas: str) -> tuple[Package, ...]:
    """Read ``apt-cache show``'s answer; a package that two archives offer alike is named once."""
    found: dict[tuple[str, str], Package] = {}
    for stanza in stanzas.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " ")
        if "Package" in fields:
            found[fields["Package"], fields["Architecture"]] = Package(
                name=fields["Package"],
                version=fields["Version"],
                architecture=fields["Architecture"],
                sha256=fields["SHA256"],
            )
    return tuple(found[key] for key in sorted(found))
