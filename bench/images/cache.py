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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs

from bench.errors import ImageError
from bench.host.places import require_usable
from bench.host.subprocesses import ran
from bench.model import Say

MIB = 1 << 20


def root() -> Path:
    """Return the cache's directory, created when missing.

    Raises ImageError when it cannot be created, InputError when its path cannot be handed to tools.
    """
    chosen = os.environ.get("ISOBENCH_CACHE")
    if chosen:
        place = Path(chosen).expanduser().absolute()
    elif os.geteuid() == 0:
        place = platformdirs.site_cache_path("isobench", appauthor=False)
    else:
        place = platformdirs.user_cache_path("isobench", appauthor=False)
    return _folder(require_usable(place, "ISOBENCH_CACHE"))


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


@contextmanager
def scratch(kind: str) -> Iterator[Path]:
    """Make a folder for as long as the block lasts; where that is killed, the next build removes it."""
    path = shelf(kind) / f"scratch-{secrets.token_hex(4)}"
    with _lock_of(path).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        try:
            new_folder(folder)
            yield folder
        finally:
            remove(folder)
            _lock_of(path).unlink()


def new_folder(path: Path) -> None:
    """Create a directory that everybody may read, whatever the umask: QEMU may run as another user."""
    path.mkdir()
    path.chmod(0o755)


def private_folder(path: Path) -> None:
    """Create a directory that only its owner can enter; raises ImageError where it is another user's."""
    with suppress(PermissionError):
        path.mkdir(mode=0o700, exist_ok=True)
    if not path.is_dir() or path.stat().st_uid != os.geteuid():
        raise ImageError(
            f"{path} is for its owner alone, since programs of an image may be set-uid",
            remedy="Set ISOBENCH_CACHE to a directory of your own",
        )


def remove(path: Path) -> None:
    """Remove a file or directory tree, never crossing into another file system mounted there."""
    if path.is_dir() and not path.is_symlink():
        ran("rm", "-rf", "--one-file-system", "--", path)
    else:
        path.unlink(missing_ok=True)


def clean() -> list[str]:
    """Remove what builds that were killed have left half-made; return one line for each."""
    depths = ("*/", "*/*/", "*/*/*/")
    shelves = [folder for depth in depths for folder in root().glob(depth) if not folder.name.endswith(".partial")]
    return [f"half-made {partial}" for shelf in shelves for partial in sweep(shelf)]


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


def sweep(shelf: Path) -> list[Path]:
    """Remove what killed builds have left on a shelf: temporary names whose lock nobody else holds; return them."""
    return [partial for partial in shelf.glob(".*.partial") if _swept(partial)]


def _sweep(path: Path) -> None:
    """The same beside ``path``, whose lock is ours."""
    for partial in path.parent.glob(".*.partial"):
        if _final(partial) == path:
            remove(partial)
        else:
            _swept(partial)


def _swept(partial: Path) -> bool:
    if not os.access(partial.parent, os.W_OK):  # another user's
        return False
    with _lock_of(_final(partial)).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        remove(partial)
    return not partial.exists()


def _final(partial: Path) -> Path:
    return partial.with_name(partial.name[1:].rsplit(".", 2)[0])
