"""One side of a comparison: what one isolation has of one metric, by round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from bench.analysis.statistics.resampling import Floats, middle

Values = Sequence[float] | Floats
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """The rounds that one side has, in order, and one number for each: the median of what its instance reported."""

    rounds: Ints
    values: Floats

    @classmethod
    def of(cls, rounds: Values | Ints, values: Values) -> Self:
        """Make a side of numbers and the rounds they belong to, in any order; several of one round as their median."""
        numbers, data = np.asarray(rounds, dtype=np.int64), np.asarray(values, dtype=np.float64)
        order = np.argsort(numbers, kind="stable")
        unique, begins = np.unique(numbers[order], return_index=True)
        if unique.size == numbers.size:
            return cls(rounds=unique, values=data[order])
        return cls(rounds=unique, values=np.array([np.median(one) for one in np.split(data[order], begins[1:])]))

    @classmethod
    def in_order(cls, rounds: Ints, values: Floats) -> Self:
        """Make a side of one number for each round, in the order of the rounds."""
        return cls(rounds=rounds, values=values)

    @classmethod
    def by_round(cls, values: Mapping[int, float]) -> Self:
        """Make a side of one number for each round."""
        return cls.of(list(values), list(values.values()))

    @property
    def n(self) -> int:
        """How many rounds there are."""
        return int(self.rounds.size)

    @property
    def median(self) -> float:
        """The median over rounds; NaN where there is none."""
        return middle(np.sort(self.values)) if self.n else float("nan")

    @property
    def is_positive(self) -> bool:
        """Whether every number is above zero, so that ratios and logarithms mean something."""
        return bool(self.n) and bool(self.values.min() > 0)

    def shared(self, other: Side) -> Ints:
        """Return the rounds that both sides have, in order."""
        if np.array_equal(self.rounds, other.rounds):  # as a rule: a round has every cell
            return self.rounds
        return np.intersect1d(self.rounds, other.rounds, assume_unique=True)

    def at(self, rounds: Ints) -> Self:
        """Return what this side has of these rounds, which are in order."""
        if np.array_equal(self.rounds, rounds):
            return self
        places = np.flatnonzero(np.isin(self.rounds, rounds))
        return type(self)(rounds=self.rounds[places], values=self.values[places])

    def within(self, first: int, last: int) -> Self:
        """Return what this side has of the rounds from one to another, both included."""
        return self.at(self.rounds[(self.rounds >= first) & (self.rounds <= last)])

    def without(self, rounds: Ints) -> Self:
        """Return what this side has of other rounds than these."""
        return self.at(np.setdiff1d(self.rounds, rounds))


def over_one_stretch(one: Side, other: Side) -> tuple[Side, Side]:
    """Return both sides within the part of a run that lies between both one's first and last rounds.

    A cell that is sure leaves a run that goes on for others. What the host did after that is on one side only, and
    would be taken for a difference between the two. Sides whose rounds do not overlap stay as they are.
    """
    if not (one.n and other.n):
        return one, other
    first, last = max(one.rounds[0], other.rounds[0]), min(one.rounds[-1], other.rounds[-1])
    return (one.within(first, last), other.within(first, last)) if first <= last else (one, other)
