"""Every picture of a report, on the disk: drawn by as many processes as there are CPUs, the same bytes as by one."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench.analysis import forked
from bench.report.content import Picture
from bench.report.plots import one_setting

_FEWEST_EACH = 2
"""Pictures for each process: of a few, none is worth the beginning and the end of another process."""


def save(pictures: Sequence[Picture], folder: Path, *, png: bool = False) -> dict[str, tuple[Path, ...]]:
    """Write every picture into ``folder``, and return where: its SVG and, with ``png``, its PNG, by its name.

    Raises what drawing or writing raises, of the first picture with which it fails.
    """
    tasks = [partial(_save, picture, folder, png=png) for picture in pictures]
    names = [picture.name for picture in pictures]
    return dict(zip(names, forked.done(tasks, _processes(len(pictures))), strict=True))


def _save(picture: Picture, folder: Path, *, png: bool) -> tuple[Path, ...]:
    try:
        return one_setting.save(picture.figure, folder, picture.name, png=png)
    finally:
        gc.collect()  # a figure is all cycles: of many pictures, each would stay for as long as the last


def _processes(pictures: int) -> int:
    """Return how many processes draw so many pictures, this one among them."""
    return max(1, min(forked.cpus(), pictures // _FEWEST_EACH))
