"""Where built things are kept, and how a thing gets there whole or not at all.

The cache lies outside any clone: ``ISOBENCH_CACHE``, else the system's cache directory for root (a hypervisor
running as another user must be able to enter it), else the user's. What is built grows under a temporary
name beside its final one and takes that in a single rename, under a lock: a build that is interrupted, or
killed, leaves nothing that could be taken for whole, and two runs never build the same thing twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs

from bench.errors import ImageError

Say = Callable[[str], None]
"""Receives one line of progress; the core itself never prints."""

MIB = 1 << 20


def root() -> Path:
    """Return the cache's directory, created when missing.

    Raises ImageError when it cannot be created.
    """
    chosen = os.environ.get("ISOBENCH_CACHE")
    if chosen:
        place = Path(chosen).expanduser().absolute()
    elif os.geteuid() == 0:
        place = platformdirs.site_cache_path("isobench", appauthor=False)
    else:
        place = platformdirs.user_cache_path("isobench", appauthor=False)
    return _folder(place)


def shelf(kind: str) -> Path:
    """Return the cache's directory for things of one kind, created when missing."""
    return _folder(root() / kind)


def once(path: Path, make: Callable[[Path], None], *, whole: Callable[[Path], bool] = Path.exists, say: Say) -> Path:
    """Return ``path``, made by ``make`` unless it is there and ``whole``.

    ``make`` gets a temporary path beside ``path`` and leaves a file or directory there; when it raises,
    for whatever reason, nothing stays.
    """
    if whole(path):
        return path
    with _locked(path, say):
        if whole(path):
            return path
        if path.exists():
            say(f"{path} is damaged and is made anew")
            remove(path)
        _sweep(path)
        growing = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        try:
            make(growing)
            growing.rename(path)
        except BaseException:
            remove(growing)
            raise
    return path


def new_folder(path: Path) -> None:
    """Create a directory that everybody may read, whatever the umask: QEMU may run as another user."""
    path.mkdir()
    path.chmod(0o755)


def remove(path: Path) -> None:
    """Remove a file or directory tree, never crossing into another file system mounted there."""
    if path.is_dir() and not path.is_symlink():
        subprocess.run(["rm", "-rf", "--one-file-system", "--", path], check=False, capture_output=True)
    else:
        path.unlink(missing_ok=True)


def free_bytes(place: Path) -> int:
    """Return how much an ordinary user may still write there."""
    return shutil.disk_usage(place).free


def require_free(place: Path, needed_bytes: int, what: str) -> None:
    """Raise ImageError unless ``place`` has room for ``needed_bytes``."""
    free = free_bytes(place)
    if free < needed_bytes:
        raise ImageError(
            f"{what} needs {needed_bytes / MIB:.0f} MiB, {free / MIB:.0f} are free in {place}",
            remedy="Free some, or set ISOBENCH_CACHE to a directory that has more",
        )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content in hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _folder(place: Path) -> Path:
    try:
        for folder in reversed((place, *place.parents)):
            if not folder.exists():
                with suppress(FileExistsError):  # another run was faster
                    new_folder(folder)
    except OSError as error:
        raise ImageError(
            f"the cache directory {place} cannot be used: {error.strerror}",
            remedy="Set ISOBENCH_CACHE to a directory that you may write to",
        ) from error
    return place


def _lock_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


@contextmanager
def _locked(path: Path, say: Say) -> Iterator[None]:
    """Hold the lock that goes with ``path``; it ends with the process, however that ends."""
    with _lock_of(path).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another run that makes {path.name}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sweep(path: Path) -> None:
    """Remove what killed builds left beside ``path``: temporary names whose lock nobody else holds."""
    for partial in path.parent.glob(".*.partial"):
        final = partial.with_name(partial.name[1:].rsplit(".", 2)[0])
        if final == path:  # its lock is ours
            remove(partial)
            continue
        with _lock_of(final).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            remove(partial)
