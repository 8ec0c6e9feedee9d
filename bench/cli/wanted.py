"""Which isolations a command is about: the names on its line, ``all`` among them, or what its scenarios ask for."""

from __future__ import annotations

from collections.abc import Sequence

from bench.errors import InputError
from bench.isolations.registry import ALL, DEFAULT, names, real_names, require
from bench.model import BASELINE, TWIN, Scenario


def by_default(scenarios: Sequence[Scenario]) -> list[str]:
    """Return what is compared where none is named: the default, and the rungs of those scenarios that have any."""
    rungs = [rung.isolation for scenario in scenarios for rung in scenario.rungs]
    return list(dict.fromkeys([*(DEFAULT if any(not one.rungs for one in scenarios) else ()), *rungs]))


def wanted(text: str) -> list[str]:
    """Return the isolations that a comma-separated list names, each once, ``all`` for every one that runs something.

    Raises UnknownNameError for a name that nobody bears, InputError for a list that names none.
    """
    asked = [name.strip() for name in text.split(",") if name.strip()]
    if not asked:
        raise InputError("--isolation names none", remedy=f"Known: {', '.join([ALL, *names()])}")
    found = [one for name in asked for one in (real_names() if name == ALL else [name])]
    for name in found:
        require(name)
    return list(dict.fromkeys(found))


def with_twin(names: Sequence[str]) -> list[str]:
    """Return the isolations with the baseline's twin among them; raises InputError where there is no baseline."""
    if BASELINE not in names:
        raise InputError("--twin is a twin of bare, which is not asked for", remedy="Add bare to --isolation")
    return list(dict.fromkeys([*names, TWIN]))
