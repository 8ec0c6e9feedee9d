"""Made trees of ``/sys``, as kernels show the CPUs of machines of many kinds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One CPU of such a tree, as the kernel has it; None: the kernel does not tell."""

    siblings: str
    package: int = 0
    caches: tuple[str, ...] = ()
    """Who shares the cache of level 1, 2, ..."""
    capacity: int | None = None


def tree(
    root: Path, cpus: dict[int, Made], *, online: str, nodes: Iterable[str] = (), **lists: str
) -> Path:  # a plain folder: what is read are files of one line
    """Write a tree; ``lists`` are files below ``devices``, with ``__`` for ``/``."""
    files = {"system/cpu/online": online}
    files |= {f"system/node/node{number}/cpulist": text for number, text in enumerate(nodes)}
    files |= {name.replace("__", "/"): text for name, text in lists.items()}
    for number, made in cpus.items():
        folder = f"system/cpu/cpu{number}"
        files[f"{folder}/topology/thread_siblings_list"] = made.siblings
        files[f"{folder}/topology/physical_package_id"] = str(made.package)
        for level, shared in enumerate(made.caches, start=1):
            files |= {f"{folder}/cache/index{level}/level": str(level)}
            files |= {f"{folder}/cache/index{level}/shared_cpu_list": shared}
        if made.capacity is not None:
            files[f"{folder}/cpu_capacity"] = str(made.capacity)
    for name, text in files.items():
        file = root / "devices" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
    return root
