"""What is wrong in a file, and how it is said: the first problem as the error, the others as its notes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bench.errors import ScenarioError


class Problem(NamedTuple):
    """One thing that is wrong in a file: the dotted key, what stands there, what would be right."""

    key: str
    value: object
    expected: str


class _Placeholder:
    """Shown in place of a value that is not there, or that no one wants to read."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __repr__(self) -> str:
        return self._words


MISSING = _Placeholder("(missing)")


def refuse(where: object, problems: Iterable[Problem]) -> None:
    """Raise the first problem as ScenarioError, with the others as notes; return when there is none.

    ``where`` is the file, or the command line.
    """
    errors = [ScenarioError(where, problem.key, _showable(problem.value), problem.expected) for problem in problems]
    if not errors:
        return
    for other in errors[1:]:
        errors[0].add_note(str(other))
    raise errors[0]


def _showable(value: object) -> object:
    """Return the value itself, or words for one that is too large or too deep to be shown."""
    try:
        repr(value)
    except (ValueError, RecursionError):
        return _Placeholder("(a value too large to show)")
    return value
