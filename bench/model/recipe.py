"""What a root file system is made from, and what comes of it; ``bench.model`` offers these records as its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFile:
    """A file that goes into the image: bytes, absolute path inside, permission bits."""

    path: str
    mode: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSource:
    """Where an OCI image is taken from, instead of a distribution's packages."""

    reference: str
    """As it was written: a path, or what an engine or a registry calls the image."""
    path: Path | None = None
    """Absolute, where it is a path: a saved image, an OCI layout, a Dockerfile or its folder."""
    chosen: str | None = None
    """Which of several images there is meant, by its name or tag; None: there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a root file system is made: from a distribution's packages, or from somebody's OCI image."""

    name: str
    suite: str
    """A Debian release; for an imported image the one whose kernel boots it as a virtual machine."""
    packages: tuple[str, ...]
    files: tuple[ImageFile, ...] = ()
    disk_bytes: int | None = 1 << 30
    """Size of the virtual machine's disk, free space included; None: what the content takes, and some room."""
    source: ImageSource | None = None
    """The image that is imported; None: packages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A built root file system in the cache; its forms (tree, disk) lie beside it in ``folder``."""

    name: str
    digest: str
    """``sha256:`` and the SHA-256 of ``rootfs.tar``; also the DiffID of the imported container image."""
    folder: Path
    suite: str
    disk_bytes: int
    entrypoint: tuple[str, ...] = ()
    """What every command of a scenario is given to as arguments, in an imported image that says so."""
    default: tuple[str, ...] = ()
    """The arguments, or the command, where a scenario gives none."""

    def words(self, command: tuple[str, ...]) -> tuple[str, ...]:
        """Return what runs for a scenario's command: the image's entry point, then the command or the default."""
        return (*self.entrypoint, *(command or self.default))

    @property
    def tar(self) -> Path:
        """The root file system as an uncompressed tar."""
        return self.folder / "rootfs.tar"

    @property
    def lock(self) -> Path:
        """JSON: every package with version and hash, the suite, the digest."""
        return self.folder / "lock.json"
