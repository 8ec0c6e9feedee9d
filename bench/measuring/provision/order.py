"""What a way is asked to make, what it hands back, and the stopwatch that both are measured with."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from bench.errors import BenchError
from bench.host.cpus import every_cpu, kept_to
from bench.measuring.provision.reference import DriftReport
from bench.model import Image, ImageFile, Recipe, Say

Allowed = Callable[[], AbstractContextManager[None]]
"""Makes what is entered around everything that takes long: signals are obeyed at once within it."""


class OverdueError(BenchError):
    """A making did not come to its end in the scenario's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One server, to be made ready."""

    image: Image
    """The ready image, in the cache."""
    recipe: Recipe
    files: tuple[ImageFile, ...]
    """What the scenario brings."""
    run: str
    """What everything that is made is labelled with."""
    limit_s: float
    say: Say
    allowed: Allowed = nullcontext


@dataclass(slots=True, kw_only=True)
class Made:
    """A server that has been made ready, for as long as its way's context lasts."""

    image: Image
    """What the isolation is to launch: its folder, or its digest, leads to what was made."""
    took_s: float
    compare: Callable[[], DriftReport]
    """Compares it with an independent making; takes seconds."""
    shared_bytes: Mapping[str, int] = field(default_factory=dict)
    """Bytes that have to be shared for this way, by form."""


@dataclass(slots=True)
class Stopwatch:
    """How long a timed block took."""

    took_s: float = 0.0


@contextmanager
def timed(order: Order, what: str) -> Iterator[Stopwatch]:
    """Time a block on all of the host's CPUs; signals are obeyed within it.

    Raises OverdueError, inside the block, when it takes longer than the order allows.
    """
    watch = Stopwatch()
    with order.allowed(), kept_to(every_cpu()), within(order.limit_s, what):
        began_ns = time.monotonic_ns()
        yield watch
        watch.took_s = (time.monotonic_ns() - began_ns) / 1e9


@contextmanager
def within(limit_s: float, what: str) -> Iterator[None]:
    """Raise OverdueError in a block that takes longer; main thread only, and not one block inside another."""

    def expire(_number: int, _frame: FrameType | None) -> None:
        raise OverdueError(
            f"{what} took longer than {limit_s:g} s", remedy="Raise timeout_s in the scenario, or see what holds it up"
        )

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def folder_of(image: Image, folder: Path, digest: str | None = None) -> Image:
    """Return an image whose forms lie in another folder, or whose name in the engine is another one."""
    return replace(image, folder=folder, digest=digest or image.digest)
