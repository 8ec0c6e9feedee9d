"""Where packages for isolations found the seam before ``bench.plugin``: it works for one release more, and says so."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping

MOVED: Mapping[str, frozenset[str]] = {
    "bench": frozenset({"patience", "programs"}),
    "bench.isolations": frozenset({"Row"}),
    "bench.isolations.base": frozenset(
        {"Account", "AccountReading", "HostProcess", "ProcessMemory", "Say", "Unreadable"}
    ),
    "bench.isolations.gated": frozenset({"Gated", "GatedInstance", "Seat"}),
}
"""Module -> names that are in ``bench.plugin`` now."""


def moved(module: str, *, frames: int = 1) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a module: names that were there come from ``bench.plugin``, with a warning.

    ``frames`` of our own lie between the warning and who is to be warned.
    """

    def found(name: str) -> object:
        if name not in MOVED[module]:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        said = f"{module}.{name} goes with the next release: write `from bench.plugin import {name}`"
        warnings.warn(said, DeprecationWarning, stacklevel=frames + 1)
        return getattr(importlib.import_module("bench.plugin"), name)

    return found
