"""Known truths, injected in every isolation, for the harness's own meters to recover.

Each is a scenario beside this module, and runs the ordinary way: planned, launched, watched, journalled. What they
inject is done by ``inject.pl`` inside; only a CPU quota is imposed from outside (``bench.calibration.quota``). What was
recovered is compared with what was injected in ``bench.analysis.calibration``.
"""

from __future__ import annotations

from pathlib import Path

from bench.model import Scenario
from bench.scenario import find_scenarios, load_scenario


def truths(*, quick: bool) -> list[Scenario]:
    """Return the scenarios that inject a truth each, by name; ``quick``: fewer amounts and rounds."""
    return [load_scenario(path, quick=quick) for path in find_scenarios([Path(__file__).parent]).values()]
