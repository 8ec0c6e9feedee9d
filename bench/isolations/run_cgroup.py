"""The control group of a whole run, which stands from its first trial to its last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench.errors import IsolationError
from bench.host.cgroup import Cgroup


@contextmanager
def standing(run: str) -> Iterator[None]:
    """Keep the run's group in every hierarchy: with each trial's group goes its parent, unless another is in there.

    Making and removing one takes the kernel milliseconds, which every trial would pay. Where groups cannot be made,
    whatever needs one says so itself.
    """
    group = _made(run)
    try:
        yield
    finally:
        if group:
            group.remove()


def _made(run: str) -> Cgroup | None:
    try:
        return Cgroup.make(f"isobench/{run}/standing", None)
    except IsolationError:
        return None
