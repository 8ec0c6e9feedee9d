"""From scenarios and isolations to trials in seeded order. Pure: the same request gives the same plan.

Randomised multiple interleaved trials (Abedi & Brecht, ICPE 2017): every round runs every cell once, in a fresh
random permutation, so that drift of the host falls on all cells alike.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from bench.model import Cell, Scalar, Scenario, Trial, combinations


def plan(
    scenarios: Sequence[Scenario],
    isolations: Sequence[str],
    *,
    seed: int,
    rounds: int | None = None,
    offered: Callable[[Cell], bool] = lambda _cell: True,
) -> tuple[Trial, ...]:
    """Return all trials of a known number of rounds, in the order they are to be run.

    ``rounds`` overrides every scenario's own number; a scenario takes part in as many rounds as it has. Cells for
    which ``offered`` does not hold are left out: no isolation has every network there is.
    """
    rng = random.Random(seed)
    wanted = {scenario.name: rounds or scenario.rounds for scenario in scenarios}
    known = cells(scenarios, isolations, offered=offered)
    trials: list[Trial] = []
    for number in range(1, max(wanted.values(), default=0) + 1):
        taking_part = [cell for cell in known if wanted[cell.scenario.name] >= number]
        trials += turn(rng, taking_part, number=number, after=len(trials))
    return tuple(trials)


def cells(
    scenarios: Sequence[Scenario], isolations: Sequence[str], *, offered: Callable[[Cell], bool] = lambda _cell: True
) -> list[Cell]:
    """Return every cell there is; those for which ``offered`` does not hold are left out."""
    return [cell for scenario in scenarios for cell in cells_of(scenario, isolations) if offered(cell)]


def turn(rng: random.Random, cells: Sequence[Cell], *, number: int, after: int) -> tuple[Trial, ...]:
    """Return one round: these cells once, in a fresh random order; ``after`` trials came before it."""
    order = list(cells)
    rng.shuffle(order)
    return tuple(
        Trial(number=after + place, round=number, cell=cell, nonce=f"{rng.getrandbits(64):016x}")
        for place, cell in enumerate(order, start=1)
    )


def cells_of(scenario: Scenario, isolations: Sequence[str]) -> list[Cell]:
    """Return every combination of the scenario's arms and parameters, in every isolation."""
    return [
        Cell(scenario=scenario, parameters=parameters, isolation=isolation)
        for parameters in combinations(dimensions(scenario))
        for isolation in isolations
    ]


def dimensions(scenario: Scenario) -> dict[str, tuple[Scalar, ...]]:
    """Return what takes a fresh instance for every combination: the arms, as ``arm``, and the parameters."""
    arms = {"arm": tuple(arm.name for arm in scenario.arms)} if scenario.arms else {}
    return {**arms, **scenario.parameters}
