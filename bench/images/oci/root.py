"""The root file system that layers make when one is put over the other.

A tree of folders, as a file system has it: what a name leads through is looked up, symbolic links are followed inside
the root, and so nothing in it ever has a link among its folders. Source: OCI Image Specification 1.1, layer.md,
"Applying Changesets" and "Whiteouts". Where it is silent, as on a name that leads through a link of a lower layer,
this does what containerd does.
"""

from __future__ import annotations

import tarfile
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.images.debian.mmdebstrap import EPOCH_S
from bench.images.oci.members import LONGEST_PART_BYTES, Layer, Parts, size

_MOST_LINKS = 40
"""As many symbolic links as Linux follows in one path (path_resolution(7))."""


@dataclass(frozen=True, slots=True, eq=False)
class Inode:
    """What a name stands for; hard links share one."""

    member: tarfile.TarInfo
    layer: Layer | None
    """The layer that holds its content; None: it has none, and was made here."""


@dataclass(slots=True, eq=False)
class Node:
    """A name: what it stands for, which layer has put it there, and, for a folder, what is in it."""

    inode: Inode
    layer: int
    children: dict[str, Node] | None = None
    above: Node | None = None

    @property
    def inside(self) -> dict[str, Node]:
        """What is in a folder, to be changed."""
        assert self.children is not None
        return self.children

    @property
    def target(self) -> str | None:
        """Where a symbolic link points; None: it is none."""
        return self.inode.member.linkname if self.inode.member.issym() else None


class Root:
    """A root file system that grows layer by layer."""

    def __init__(self) -> None:
        self._top = Node(_folder(0o755), 0, {})

    def place(self, parts: Parts, inode: Inode, layer: Layer) -> None:
        """Put something there, in place of what was; a folder over a folder keeps its content."""
        folder = inode.member.isdir()
        if not parts:
            if not folder:
                raise layer.refused(inode.member.name, "stands in place of the root itself")
            self._top.inode = inode
            return
        above = self._made(parts[:-1], layer.number)
        if above is None:
            raise layer.refused(inode.member.name, "lies below what is no folder, or behind links that form a loop")
        there = above.inside.get(parts[-1])
        if folder and there is not None and there.children is not None:
            there.inode, there.layer = inode, layer.number
        else:
            above.inside[parts[-1]] = Node(inode, layer.number, {} if folder else None, above)

    def hide(self, parts: Parts, layer: Layer) -> None:
        """Take away what layers below this one have put there."""
        node = self.find(parts)
        if node and node.above:
            _prune(node, layer.number)
            if node.layer < layer.number and not node.children:
                del node.above.inside[parts[-1]]

    def clear(self, parts: Parts, layer: Layer) -> None:
        """Empty a folder of what layers below this one have put there."""
        folder = self.followed(parts)
        if folder:
            _prune(folder, layer.number)

    def find(self, parts: Parts) -> Node | None:
        """Return what is there, a link itself where the last part names one; None: nothing."""
        if not parts:
            return self._top
        above = self.followed(parts[:-1])
        return (above.children or {}).get(parts[-1]) if above else None

    def followed(self, parts: Parts) -> Node | None:
        """Return what is there, links followed to their end; None: nothing, or a loop."""
        return self._reached(parts, lambda _above, _part: None)

    def remove(self, name: str) -> None:
        """Take something away from the root's own folder, whichever layer has put it there."""
        self._top.inside.pop(name, None)

    def made(self, parts: Parts) -> bool:
        """Make a folder with those above it, where they are missing; return whether there is one now."""
        return self._made(parts, 0) is not None

    def require_folder(self, name: str, mode: int) -> bool:
        """Have a real folder in the root's own; return whether something else had stood there, which is gone."""
        there = self._top.inside.get(name)
        if there is None or there.children is None:
            self._top.inside[name] = Node(_folder(mode), 0, {}, self._top)
        return there is not None and there.children is None

    def walk(self) -> Iterator[tuple[Parts, Node]]:
        """Yield everything, folders before what is in them, in an order that depends on names alone."""
        ahead: list[tuple[Parts, Node]] = [((), self._top)]
        while ahead:
            parts, node = ahead.pop()
            yield parts, node
            ahead += [((*parts, name), node.inside[name]) for name in sorted(node.children or (), reverse=True)]

    def _made(self, parts: Parts, layer: int) -> Node | None:
        """Return a folder, made where it is missing; None: a file, a loop of links or a name too long is in the way."""

        def missing(above: Node, part: str) -> Node | None:
            if size(part) > LONGEST_PART_BYTES:  # a link may point to what no folder can be called
                return None
            above.inside[part] = Node(_folder(0o755), layer, {}, above)
            return above.inside[part]

        folder = self._reached(parts, missing)
        return folder if folder and folder.children is not None else None

    def _reached(self, parts: Parts, missing: Callable[[Node, str], Node | None]) -> Node | None:
        """Walk as the kernel does in a chroot: ``..`` ends at the root, and an absolute link starts there."""
        here, ahead, links = self._top, deque(parts), 0
        while ahead:
            part = ahead.popleft()
            if here.children is None:
                return None
            if part == "..":
                here = here.above or here
            elif part not in ("", "."):
                there = here.inside.get(part) or missing(here, part)
                if there is None or links > _MOST_LINKS:
                    return None
                if there.target is None:
                    here = there
                else:
                    links += 1
                    here = self._top if there.target.startswith("/") else here
                    ahead.extendleft(reversed(there.target.split("/")))
        return here


def _folder(mode: int) -> Inode:
    member = tarfile.TarInfo()
    member.type, member.mode, member.mtime = tarfile.DIRTYPE, mode, EPOCH_S
    return Inode(member, None)


def _prune(folder: Node, below: int) -> None:
    """Drop what lower layers have put below a folder; folders stay that hold something of this one."""
    found: list[tuple[Node, str, Node]] = []
    ahead = [folder]
    while ahead:
        here = ahead.pop()
        for name, child in (here.children or {}).items():
            found.append((here, name, child))
            ahead.append(child)
    for here, name, child in reversed(found):  # what is in a folder comes before the folder
        if child.layer < below and not child.children:
            del here.inside[name]
