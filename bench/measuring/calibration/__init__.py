"""Known truths, injected in every isolation, for the harness's own meters to recover.

Each is a scenario beside this module, and runs the ordinary way: planned, launched, watched, journalled. What they
inject is done by ``inject.pl`` inside; only a CPU quota is imposed from outside (``quota``), and ``volume`` tells where
no disk can be written to. What was recovered is compared with what was injected in
``bench.analysis.quality.calibration``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.errors import UnknownNameError
from bench.model import Scenario
from bench.scenario import find_scenarios, load_scenario


def truths(names: Sequence[str] = (), *, quick: bool) -> list[Scenario]:
    """Return the scenarios that inject a truth each, those of these names; none means all.

    ``quick``: fewer amounts and rounds. Raises UnknownNameError where no truth bears a name.
    """
    found = find_scenarios([Path(__file__).parent])
    for name in names:
        if name not in found:
            raise UnknownNameError("truth", name, found)
    return [load_scenario(found[name], quick=quick) for name in dict.fromkeys(names or found)]
