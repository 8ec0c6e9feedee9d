"""What only several keys of a scenario file together can tell: placeholders, names given twice, times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from bench.errors import did_you_mean
from bench.model import Scalar
from bench.scenario.problems import MISSING, Problem
from bench.scenario.schema import RecipeFile, ScenarioFile

_PLACEHOLDER = re.compile(r"(\$?)\{([A-Za-z_]\w*)\}")
"""``{name}`` without blanks. ``{ list; }``, ``{}`` and ``${variable}`` are the shell's and are left alone."""


def scenario_problems(file: ScenarioFile) -> Iterator[Problem]:
    """Yield everything that is wrong between the keys of a scenario file."""
    yield from _placeholders(file.command, file.parameters)
    yield from _metrics(file)
    yield from _quick(file)
    yield from _times(file)
    yield from _twice("files", "path", [item.path for item in file.files])


def recipe_problems(file: RecipeFile) -> Iterator[Problem]:
    """Yield everything that is wrong between the keys of a recipe file."""
    yield from _twice("packages", "", file.packages)
    yield from _twice("files", "path", [item.path for item in file.files])


def _placeholders(command: Sequence[str], parameters: Mapping[str, tuple[Scalar, ...]]) -> Iterator[Problem]:
    used: set[str] = set()
    for number, word in enumerate(command):
        for dollar, name in _PLACEHOLDER.findall(word):
            if not dollar and name not in parameters:
                hint = did_you_mean(name, parameters) or f", known: {', '.join(sorted(parameters)) or 'none'}"
                shell = f"; where the shell's own braces are meant, write {{ {name} }} with blanks"
                yield Problem(f"command[{number}]", word, f"no parameter is called {name!r}{hint}{shell}")
            elif dollar and name in parameters:
                yield Problem(
                    f"command[{number}]",
                    word,
                    f"'${{{name}}}' reads as the shell's variable and as the parameter {name!r}: "
                    f"write {{{name}}} for the parameter, or name the variable differently",
                )
            used.add(name)
    for name in parameters:
        if name not in used:
            value = list(parameters[name])
            yield Problem(f"parameters.{name}", value, f"no word of command uses {{{name}}}")


def _metrics(file: ScenarioFile) -> Iterator[Problem]:
    for number, metric in enumerate(file.metrics):
        if metric.pattern is None and metric.json_path is None:
            yield Problem(f"metrics[{number}].pattern", MISSING, "a metric needs a pattern or a json path")
        if metric.pattern is not None and metric.json_path is not None:
            yield Problem(
                f"metrics[{number}].json", metric.json_path, "a metric has a pattern or a json path, not both"
            )
    yield from _twice("metrics", "name", [metric.name for metric in file.metrics])


def _quick(file: ScenarioFile) -> Iterator[Problem]:
    for name, values in file.quick.parameters.items():
        if name not in file.parameters:
            known = f"; known: {', '.join(sorted(file.parameters)) or 'none'}"
            hint = did_you_mean(name, file.parameters) or known
            yield Problem(f"quick.parameters.{name}", list(values), f"no such parameter{hint}")
        elif type(values[0]) is not type(file.parameters[name][0]):
            kind = type(file.parameters[name][0]).__name__
            yield Problem(f"quick.parameters.{name}", list(values), f"should be {kind}, as in [parameters]")
    if file.quick.settle_s is not None and file.settle_s is None:
        yield Problem("quick.settle_s", file.quick.settle_s, "there is no settle_s that it could change")


def _times(file: ScenarioFile) -> Iterator[Problem]:
    for key, settle_s, timeout_s in (
        ("settle_s", file.settle_s, file.timeout_s),
        ("quick.settle_s", file.quick.settle_s or file.settle_s, file.quick.timeout_s or file.timeout_s),
    ):
        if settle_s is not None and settle_s >= timeout_s:
            yield Problem(key, settle_s, f"should be less than timeout_s ({timeout_s:g}), or it is never read")
            return


def _twice(key: str, of: str, names: Sequence[str]) -> Iterator[Problem]:
    for number, name in enumerate(names):
        if name in names[:number]:
            place = f"{key}[{number}]" + (f".{of}" if of else "")
            yield Problem(place, name, f"is already {key}[{names.index(name)}]")
