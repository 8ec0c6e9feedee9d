"""The sets of parameters that a claim speaks of, whether they were measured or should have been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.model import Claim, Scalar, combinations
from bench.store.manifest import RunScenario

Setting = Mapping[str, Scalar]


def matching(claim: Claim, told: RunScenario, measured: Sequence[Setting]) -> list[Setting]:
    """Return every setting the claim is to be judged at.

    These are the scenario's combinations at which the metric was, or should have been, measured and that have
    one of the values in ``where``; and what ``where`` asks for and the run does not have, as in a quick run.
    """
    known = [*_expected(claim, told, measured), *measured]
    wanted = [values for values in _distinct(known) if _holds(values, claim.where)]
    absent = [asked for asked in combinations(claim.where) if not any(_within(asked, values) for values in wanted)]
    return [*wanted, *(asked for asked in absent if asked)]


def _expected(claim: Claim, told: RunScenario, measured: Sequence[Setting]) -> list[dict[str, Scalar]]:
    """Return the scenario's combinations at the level, cell or step, at which the metric is seen."""
    levels = _distinct_levels(measured) or [tuple(_dimensions(claim, told))]
    found: list[dict[str, Scalar]] = []
    for names in levels:
        if all(name in told.dimensions for name in names):
            found += combinations({name: told.dimensions[name] for name in told.dimensions if name in names})
    return found


def _dimensions(claim: Claim, told: RunScenario) -> Mapping[str, Sequence[Scalar]]:
    """Return what tells figures of a metric apart of which nothing was measured."""
    own = tuple(metric.name for metric in told.metrics)
    by_step = claim.metric in own or str(claim.metric).startswith(tuple(f"{name}." for name in own))
    return told.dimensions if by_step else told.cell_dimensions


def _distinct_levels(measured: Sequence[Setting]) -> list[tuple[str, ...]]:
    return list({frozenset(values): tuple(values) for values in measured}.values())


def _distinct(settings: Sequence[Setting]) -> list[Setting]:
    return list({frozenset(values.items()): values for values in settings}.values())


def _holds(values: Setting, where: Mapping[str, Sequence[Scalar]]) -> bool:
    return all(name in values and values[name] in allowed for name, allowed in where.items())


def _within(asked: Setting, values: Setting) -> bool:
    return asked.items() <= values.items()
