"""The ways by name: which isolation each belongs to, and the module that knows it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.errors import UnknownNameError
from bench.measuring.provision import build, copy, install, load
from bench.measuring.provision.order import Made, Order
from bench.model import Cell, Image, Recipe, Say, Scenario

PARAMETER = "way"
"""The scenario's parameter that names the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to a ready server."""

    isolation: str
    prepare: Callable[[Order], None]
    """Makes, once for an image, what is to be there before any making. Never timed."""
    making: Callable[[Order, Path, str], AbstractContextManager[Made]]
    """Makes the server below a folder, under a name from a nonce; on leaving, nothing of it is left."""


WAYS = {
    "install": Way(isolation="bare", prepare=install.prepare, making=install.making),
    "build": Way(isolation="docker", prepare=build.prepare, making=build.making),
    "load": Way(isolation="docker", prepare=load.prepare, making=load.making),
    "copy": Way(isolation="vm", prepare=copy.prepare, making=copy.making),
}


def offered(cell: Cell) -> bool:
    """Whether a cell's isolation is the one its way belongs to; raises UnknownNameError for an unknown way."""
    return way_of(cell).isolation == cell.isolation


def way_of(cell: Cell) -> Way:
    """Return a cell's way; raises UnknownNameError where it names none."""
    return _named(str(cell.parameters.get(PARAMETER, "")))


def prepare(scenario: Scenario, recipe: Recipe, image: Image, *, run: str, ready: Collection[str], say: Say) -> None:
    """Make what the scenario's ways need to have, for those whose isolation is ``ready``. Never timed; idempotent.

    Otherwise it is made in the first trial of each way. Raises BenchError.
    """
    order = Order(image=image, recipe=recipe, files=scenario.files, run=run, limit_s=scenario.timeout_s, say=say)
    for name in scenario.parameters.get(PARAMETER, ()):
        if _named(str(name)).isolation in ready:
            _named(str(name)).prepare(order)


def _named(name: str) -> Way:
    if name not in WAYS:
        raise UnknownNameError("way to provision a server", name, WAYS)
    return WAYS[name]
