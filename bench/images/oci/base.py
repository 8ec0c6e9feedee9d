"""An image's root file system, flattened, with all that isolations mount in it; cached by content."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from importlib import resources
from pathlib import Path

from bench.errors import ImageError
from bench.images import cache, lock
from bench.images.debian import architecture
from bench.images.debian.mmdebstrap import EPOCH_S
from bench.images.oci.documents import ExecutionParameters
from bench.images.oci.flatten import layered, write_tree
from bench.images.oci.layout import Held
from bench.images.oci.members import Layer
from bench.images.oci.root import Node, Root
from bench.images.oci.settings import settings
from bench.images.oci.source import Opened, found
from bench.images.oci.user import resolve
from bench.model import ImageSource, Say, short_digest

_MOUNT_POINTS = {"dev": 0o755, "etc": 0o755, "proc": 0o755, "run": 0o755, "sys": 0o755, "tmp": 0o1777, "usr": 0o755}
"""Folders that isolations mount on, or expect (nspawn takes nothing without /usr for a system), by permission bits."""

_OURS = ".isobench"
_LARGEST_LIST_BYTES = 16 << 20


def imported_base(source: ImageSource, *, wanted_by: str, say: Say) -> Path:
    """Return the folder with ``base.tar``, ``own/`` and ``lock.json`` of an image, from the cache or made now.

    What is in ``own/`` belongs beside the entry.

    Raises ImageError when the image cannot be had, is for another machine, damaged, or holds what no honest image
    does; nothing is left in the cache then, and nothing is ever written outside of it.
    """
    with found(source, wanted_by, say) as one:
        asked = (one.identity.encode(), source.reference.encode(), *_code())
        return cache.once(
            cache.shelf("bases") / f"imported-{short_digest(*asked)}",
            partial(_make, source=source, opened=one.opened, wanted_by=wanted_by, say=say),
            whole=lock.whole,
            say=say,
        )


def _code() -> Iterator[bytes]:
    """Yield the source of this package, and the time it gives files: others make other bytes of the same image."""
    package = resources.files("bench.images.oci")
    yield from (one.read_bytes() for one in sorted(package.iterdir(), key=str) if one.name.endswith(".py"))
    yield str(EPOCH_S).encode()


def _make(folder: Path, *, source: ImageSource, opened: Opened, wanted_by: str, say: Say) -> None:
    say(f"{wanted_by}: importing {source.reference}")
    cache.new_folder(folder)
    scratch = folder / "scratch"
    own = folder / "own"
    for made in (scratch, own):
        cache.new_folder(made)
    tar = folder / "base.tar"
    with ExitStack() as stack:
        files, image = stack.enter_context(opened(scratch))
        root = layered(files, image.layers, scratch, wanted_by, stack)
        (own / "settings").write_bytes(_settings(image.running, root, wanted_by))
        _furnish(root, wanted_by, say)
        _require_directory(root, image.running.directory or "", wanted_by)
        write_tree(root, tar, wanted_by)
    cache.remove(scratch)
    for path in (tar, *own.iterdir()):
        path.chmod(0o644)
    lock.write(_lock(folder, tar, source, image), folder / "lock.json")


def _lock(folder: Path, tar: Path, source: ImageSource, image: Held) -> lock.Lock:
    running = image.running
    return lock.Lock(
        suite="",
        architecture=architecture.current().debian,
        digest=f"sha256:{cache.sha256(tar)}",
        packages=(),
        sizes=lock.sizes(folder, tar.name, "own/settings"),
        imported=lock.Imported(
            reference=source.reference,
            digest=image.digest,
            entrypoint=running.entrypoint,
            cmd=running.cmd,
            environment=running.environment,
            user=running.user or "",
            directory=running.directory or "",
        ),
    )


def _settings(running: ExecutionParameters, root: Root, wanted_by: str) -> bytes:
    passwd, group = (_text(root.followed(("etc", name))) for name in ("passwd", "group"))
    user = resolve(running.user or "", passwd, group, wanted_by)
    return settings(running.environment, running.directory or "", user)


def _text(node: Node | None) -> str:
    """Return a file of the image as text; empty where there is none."""
    if node is None or not isinstance(node.inode.layer, Layer) or not node.inode.member.isreg():
        return ""
    with node.inode.layer.content(node.inode.member) as stream:
        return stream.read(_LARGEST_LIST_BYTES).decode(errors="replace")


def _require_directory(root: Root, directory: str, wanted_by: str) -> None:
    """Have the working directory, as engines do: a runtime would spend a process on making it."""
    if not root.made(tuple(directory.split("/"))):
        raise ImageError(
            f"{wanted_by}: its working directory {directory!r} is no folder, and cannot be made one",
            remedy="Mend WORKDIR of the image",
        )


def _furnish(root: Root, wanted_by: str, say: Say) -> None:
    """Have the folders that isolations mount on; what an image of Isobench's own has of it is not the image's."""
    root.remove(_OURS)
    for name, mode in _MOUNT_POINTS.items():
        if root.require_folder(name, mode):
            say(f"{wanted_by}: /{name} is no folder in the image; isolations mount there, so it is made one")
