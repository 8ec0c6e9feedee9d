"""From scenarios and isolations to trials in seeded order. Pure: the same request gives the same plan.

Randomised multiple interleaved trials (Abedi & Brecht, ICPE 2017): every round runs every cell once, in a fresh
random permutation, so that drift of the host falls on all cells alike.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence

from bench.model import Cell, Scalar, Scenario, Trial


def plan(
    scenarios: Sequence[Scenario], isolations: Sequence[str], *, seed: int, rounds: int | None = None
) -> tuple[Trial, ...]:
    """Return all trials in the order they are to be run.

    ``rounds`` overrides every scenario's own number; a scenario takes part in as many rounds as it has.
    """
    rng = random.Random(seed)
    wanted = {scenario.name: rounds or scenario.rounds for scenario in scenarios}
    cells = [cell for scenario in scenarios for cell in cells_of(scenario, isolations)]
    trials: list[Trial] = []
    for number_of_round in range(1, max(wanted.values(), default=0) + 1):
        turn = [cell for cell in cells if wanted[cell.scenario.name] >= number_of_round]
        rng.shuffle(turn)
        trials += [
            Trial(
                number=len(trials) + place,
                round=number_of_round,
                cell=cell,
                nonce=f"{rng.getrandbits(64):016x}",
            )
            for place, cell in enumerate(turn, start=1)
        ]
    return tuple(trials)


def cells_of(scenario: Scenario, isolations: Sequence[str]) -> list[Cell]:
    """Return every combination of the scenario's parameters, in every isolation."""
    return [
        Cell(scenario=scenario, parameters=parameters, isolation=isolation)
        for parameters in combinations(scenario.parameters)
        for isolation in isolations
    ]


def combinations(parameters: Mapping[str, Sequence[Scalar]]) -> list[dict[str, Scalar]]:
    """Return the Cartesian product of the parameters' values; one empty combination when there are none."""
    names = list(parameters)
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*parameters.values())]
