"""Layers in, one tar of a root file system out: the same bytes for the same layers, always."""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.images import cache
from bench.images.oci.files import Files, broken_as
from bench.images.oci.layers import unpacked
from bench.images.oci.layout import LayerBlob
from bench.images.oci.members import Layer, opened
from bench.images.oci.root import Inode, Node, Root

_HIDES, _META, _CLEARS = ".wh.", ".wh..wh.", ".wh..wh..opq"
_KEPT = "SCHILY.xattr."
"""Extended attributes, capabilities of files among them; other extensions only say what a header has no room for."""

_HEADERS_BYTES = 4 * tarfile.BLOCKSIZE
"""A member's header, an extended one before it, and what fills up its last block."""


def layered(files: Files, layers: Sequence[LayerBlob], scratch: Path, wanted_by: str, stack: ExitStack) -> Root:
    """Return the root file system that the layers make, the lowest first.

    Its content stays in ``scratch``, open for as long as ``stack`` is. Raises ImageError, which names layer and
    member, for what is damaged and for what no honest layer holds.
    """
    root = Root()
    for number, blob in enumerate(layers, start=1):
        where = f"{wanted_by}: layer {number} of {len(layers)} ({blob.says})"
        tar = unpacked(files, blob, scratch / f"{number}.tar", where)
        _apply(stack.enter_context(opened(tar, number, where)), root)
    return root


def write_tree(root: Root, tar: Path, wanted_by: str) -> None:
    """Write a root file system, names that share an inode as hard links to the first of them.

    Raises ImageError before a byte is written when there is no room: a file with holes is stored small, and is large.
    """
    _require_room(root, tar.parent, wanted_by)
    first: dict[int, str] = {}
    with broken_as(wanted_by), tarfile.open(tar, "w", format=tarfile.PAX_FORMAT) as archive:
        for parts, node in root.walk():
            path = "/".join((".", *parts))
            link = first.setdefault(id(node.inode), path)
            _write_one(archive, path, node, link if link != path else None)


def _require_room(root: Root, place: Path, wanted_by: str) -> None:
    inodes = {id(node.inode): (node.inode, parts) for parts, node in root.walk()}.values()
    files = [(one.member.size, "/".join(("", *parts))) for one, parts in inodes if one.layer and one.member.isreg()]
    largest_bytes, name = max(files, default=(0, "/"))
    needed_bytes = len(inodes) * _HEADERS_BYTES + sum(size for size, _ in files)
    what = f"{wanted_by}, flattened, whose largest file is {name[:100]!r} of {largest_bytes / cache.MIB:.0f} MiB,"
    cache.require_free(place, needed_bytes, what)


def _apply(layer: Layer, root: Root) -> None:
    for parts, member in layer.members():
        name = parts[-1] if parts else ""
        if name == _CLEARS:
            root.clear(parts[:-1], layer)
        elif any(part.startswith(_META) for part in parts):
            continue  # what an old storage driver kept for itself
        elif name.startswith(_HIDES):
            root.hide((*parts[:-1], _hidden(name, member, layer)), layer)
        elif member.islnk():
            root.place(parts, _linked(member, layer, root), layer)
        else:
            root.place(parts, Inode(member, layer), layer)


def _hidden(name: str, member: tarfile.TarInfo, layer: Layer) -> str:
    hidden = name.removeprefix(_HIDES)
    if hidden in ("", ".", ".."):
        raise layer.refused(member.name, "hides no name that a file can have")
    return hidden


def _linked(member: tarfile.TarInfo, layer: Layer, root: Root) -> Inode:
    node = root.find(layer.parts(member.linkname, member.name))
    if node is None:
        raise layer.refused(member.name, f"links to {member.linkname!r}, which is not there")
    if node.children is not None:
        raise layer.refused(member.name, f"is a hard link to a folder, {member.linkname!r}")
    return node.inode


def _write_one(archive: tarfile.TarFile, path: str, node: Node, link: str | None) -> None:
    inode = node.inode
    given = inode.member
    member = tarfile.TarInfo(path)
    member.mode, member.uid, member.gid, member.mtime = given.mode, given.uid, given.gid, given.mtime
    member.pax_headers = {key: value for key, value in given.pax_headers.items() if key.startswith(_KEPT)}
    if link is not None:
        member.type, member.linkname = tarfile.LNKTYPE, link
    elif inode.layer is not None and given.isreg():
        member.type, member.size = tarfile.REGTYPE, given.size
        with inode.layer.content(given) as content:
            archive.addfile(member, content)
        return
    else:
        member.type, member.linkname = given.type, given.linkname
        member.devmajor, member.devminor = given.devmajor, given.devminor
    archive.addfile(member)
