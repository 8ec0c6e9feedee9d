"""The values that a scenario is run with, and how they get into a command."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

Scalar = str | int | float | bool
PLACEHOLDER = re.compile(r"\{\{([A-Za-z_]\w*)\}\}|\{([A-Za-z_]\w*)\}")
"""``{name}`` in a command, in the second group; ``{{name}}``, which is the text ``{name}``, in the first."""


def filled(command: Sequence[str], values: Mapping[str, Scalar]) -> tuple[str, ...]:
    """Return a command with every ``{name}`` replaced by its value and every ``{{name}}`` by ``{name}``.

    What a value brings is not looked at again.
    """

    def put(match: re.Match[str]) -> str:
        return f"{{{match[1]}}}" if match[1] else str(values.get(match[2], match[0]))

    return tuple(PLACEHOLDER.sub(put, word) for word in command)


def combinations(parameters: Mapping[str, Sequence[Scalar]]) -> list[dict[str, Scalar]]:
    """Return the Cartesian product of the parameters' values; one empty combination when there are none."""
    names = list(parameters)
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*parameters.values())]
