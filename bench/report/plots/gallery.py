"""Every picture of a report, on the disk: drawn by as many processes as there are CPUs, the same bytes as by one.

The others are forks of this one: they have the samples without a copy and matplotlib without loading it, and share with
it which picture is next. They draw and write files, and wait for no thread, as a fork has none of its parent's. What
one of them does not get done, be it that it was killed or that a picture cannot be drawn, this process draws itself: an
error is raised here as if there were no others.
"""

from __future__ import annotations

import gc
import mmap
import multiprocessing
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bench.report.content import Picture
from bench.report.plots import one_setting

_FEWEST_EACH = 2
"""Pictures for each process: of a few, none is worth the beginning and the end of another process."""

_NUMBER_BYTES = 4


def save(pictures: Sequence[Picture], folder: Path) -> dict[str, tuple[Path, Path]]:
    """Write every picture into ``folder``, and return where: its PNG and its SVG, by its name.

    Raises what drawing or writing raises, of the first picture with which it fails.
    """
    done = _drawn(pictures, folder, _processes(len(pictures)))
    for picture, is_done in zip(pictures, done, strict=True):
        if not is_done:
            one_setting.save(picture.figure, folder, picture.name)
    return {picture.name: one_setting.paths(folder, picture.name) for picture in pictures}


def _processes(pictures: int) -> int:
    """Return how many processes draw so many pictures, this one among them."""
    return max(1, min(len(os.sched_getaffinity(0)), pictures // _FEWEST_EACH))


def _drawn(pictures: Sequence[Picture], folder: Path, processes: int) -> list[bool]:
    """Draw with this many processes, and return which of the pictures are done; none where one process is enough."""
    if processes < 2:
        return [False] * len(pictures)
    turns = os.memfd_create("isobench-pictures")  # a file has one place of reading for all its processes
    with os.fdopen(turns, "r+b", buffering=0) as queue, mmap.mmap(-1, len(pictures)) as done:
        queue.write(b"".join(number.to_bytes(_NUMBER_BYTES, "little") for number in range(len(pictures))))
        queue.seek(0)
        fork = multiprocessing.get_context("fork")
        others = []
        try:
            for _ in range(processes - 1):
                other = fork.Process(target=_help, args=(pictures, folder, turns, done, os.getpid()), daemon=True)
                with suppress(OSError):  # no room for one more: there are fewer then
                    other.start()
                    others.append(other)
            _draw(pictures, folder, turns, done)
        finally:
            queue.seek(0, os.SEEK_END)  # after an error here, nobody begins another
            for other in others:
                other.join()
        return [bool(mark) for mark in done[:]]


def _help(pictures: Sequence[Picture], folder: Path, turns: int, done: mmap.mmap, parent: int) -> None:
    """Draw in a fork, as long as its parent lives.

    It says nothing of what goes wrong, to no terminal and no log: the first process finds it.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    gc.freeze()  # what it inherits stays shared: a collection would write to every object's page
    _draw(pictures, folder, turns, done, parent)


def _draw(pictures: Sequence[Picture], folder: Path, turns: int, done: mmap.mmap, parent: int = 0) -> None:
    """Draw whichever picture is next until there is none; the kernel gives each to one process.

    One that cannot be drawn is left for ``save`` to find.
    """
    while (turn := os.read(turns, _NUMBER_BYTES)) and parent in (0, os.getppid()):
        number = int.from_bytes(turn, "little")
        with suppress(Exception):
            one_setting.save(pictures[number].figure, folder, pictures[number].name)
            done[number] = 1
