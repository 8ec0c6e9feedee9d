"""The ways to run a workload: a table of names, resolved only when asked for.

Third parties join through the entry-point group ``isobench.isolations``: name -> ``module:Class``.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from importlib.metadata import entry_points

from bench.errors import UnavailableError, UnknownNameError
from bench.isolations.base import Isolation

_TABLE = {
    "bare": ("bench.isolations.bare:Bare", "part of isobench"),
    "docker": ("bench.isolations.docker:Docker", "pip install docker"),
    "vm": (
        "bench.isolations.vm:VirtualMachine",
        "apt-get install libvirt-dev gcc pkg-config, then pip install libvirt-python",
    ),
    "fake": ("bench.isolations.fake:Fake", "part of isobench"),
}
DEFAULT = ("bare", "docker", "vm")
"""What is compared when nothing else is asked for."""


def names() -> list[str]:
    """Return every isolation's name, the fake's included."""
    return list(_places())


def real_names() -> list[str]:
    """Return the isolations that run something: the default ones first, then third parties'."""
    return [*DEFAULT, *(name for name in _places() if name not in {*DEFAULT, "fake"})]


def open_isolation(name: str, run: str) -> Isolation:
    """Make the isolation of this name for a run.

    Raises UnknownNameError for a name nobody bears, UnavailableError with a remedy where its library is missing.
    """
    places = _places()
    if name not in places:
        raise UnknownNameError("isolation", name, places)
    place, hint = places[name]
    module, _, attribute = place.partition(":")
    try:
        found: type[Isolation] = getattr(importlib.import_module(module), attribute)
    except ImportError as error:
        raise UnavailableError(f"isolation {name} needs a library that is not there: {error}", remedy=hint) from error
    return found(run)


def _places() -> Mapping[str, tuple[str, str]]:
    others = {
        point.name: (point.value, f"part of {point.dist.name if point.dist else 'a third party'}")
        for point in entry_points(group="isobench.isolations")
    }
    return {**others, **_TABLE}
