"""From a TOML file to a checked table of ``bench.scenario.schema``, or to errors a person can act on."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bench.errors import ScenarioError, did_you_mean
from bench.scenario.checks import recipe_problems, scenario_problems
from bench.scenario.problems import MISSING, Problem, refuse
from bench.scenario.schema import RecipeFile, ScenarioFile

TableT = TypeVar("TableT", bound=BaseModel)


def read_scenario_file(path: Path, imports: Callable[[str], bool]) -> tuple[ScenarioFile, bytes]:
    """Return a scenario file, checked in every way that needs no other file but one, and its bytes.

    ``imports`` tells whether the recipe of a name imports its image.
    """
    raw = _bytes(path)
    file = checked(path, _parse(path, raw), ScenarioFile)
    refuse(path, scenario_problems(file, imports))
    return file, raw


def read_recipe_file(path: Path) -> RecipeFile:
    """Return an image recipe, checked in every way that needs no other file."""
    file = checked(path, _parse(path, _bytes(path)), RecipeFile)
    refuse(path, recipe_problems(file))
    return file


def checked(
    where: object,
    document: Mapping[str, object],
    table: type[TableT],
    name: Callable[[Problem], Problem] = lambda one: one,
) -> TableT:
    """Return a document as the table it should be.

    Raises ScenarioError, which says ``where`` it stands and calls what is wrong as ``name`` does.
    """
    try:
        return table.model_validate(document)
    except ValidationError as error:
        problems = [name(_problem(details, table)) for details in error.errors(include_url=False)]
    refuse(where, problems)
    raise AssertionError("a ValidationError names at least one problem")


def _bytes(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():  # to read a pipe is to wait for somebody to write
            raise ScenarioError(path, "", None, "cannot be read: it is no regular file")
        return path.read_bytes()
    except OSError as error:
        raise ScenarioError(path, "", None, f"cannot be read: {error.strerror or error}") from error


def _parse(path: Path, raw: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(raw.removeprefix(codecs.BOM_UTF8).decode())
    except UnicodeDecodeError as error:
        place = _place(raw[: error.start].decode())
        raise ScenarioError(path, "", None, f"is not UTF-8 text ({place})") from error
    except RecursionError as error:
        raise ScenarioError(path, "", None, "nests its brackets too deep") from error
    except ValueError as error:
        why = str(error).replace("at end of document", f"{_place(raw.decode())}, the end of the file")
        raise ScenarioError(path, "", None, f"is not valid TOML: {why}") from error


def _place(before: str) -> str:
    return f"at line {before.count(chr(10)) + 1}, column {len(before) - (before.rfind(chr(10)) + 1) + 1}"


def _problem(details: ErrorDetails, table: type[BaseModel]) -> Problem:
    place = tuple(step for step in details["loc"] if step not in ("[key]", "[name]", "[table]"))
    key = re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", ".".join(map(str, place)))
    match details["type"]:
        case "missing":
            return Problem(key, MISSING, "this key is required")
        case "extra_forbidden":
            known = _known_keys(table, place[:-1])
            hint = did_you_mean(str(place[-1]), known)
            return Problem(key, details["input"], f"no such key{hint or '; known: ' + ', '.join(known)}")
        case _:
            says = details["msg"].removeprefix("Value error, ").replace("Input should", "should")
            return Problem(key, details["input"], says)


def _known_keys(table: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """Return the keys of the table that stands at ``place``."""
    for step in place:
        if isinstance(step, str):
            found = _table_in(table.model_fields[step].annotation)
            assert found is not None, "only a table has keys"
            table = found
    return sorted(field.alias or name for name, field in table.model_fields.items())


def _table_in(annotation: Any) -> type[BaseModel] | None:
    """Return the table class in an annotation such as ``list[Table]`` or ``Table | None``; None: there is none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _table_in(part))), None)
