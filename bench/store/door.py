"""The door of stored runs: what a library raises over a file becomes our error, with file, key, value, remedy.

What no run writes is refused here, too: numbers that no float holds, and numbers that are none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from pydantic import PlainValidator, ValidationError

from bench.errors import BenchError, ResultsError
from bench.model import Scalar

_LONGEST_SHOWN = 80
_LONGEST_CAUSE = 200


def bounded(value: object) -> Scalar:
    """Return the value of a parameter; raises ValueError for what is neither text nor a number that a float holds."""
    if isinstance(value, str):
        return value
    if not isinstance(value, int | float):
        raise ValueError("text or a number is expected")
    try:
        if math.isfinite(value):
            return value
    except OverflowError as error:
        raise ValueError("no run writes a number of so many digits") from error
    raise ValueError("a finite number is expected")


BoundedValue = Annotated[Scalar, PlainValidator(bounded)]
"""The value of a parameter or step."""


def invalid(where: object, error: ValidationError, remedy: str) -> ResultsError:
    """Return what is wrong with a document, of a file or of a line in it: the first key, its value, what is right."""
    first = error.errors()[0]
    key = ".".join(map(str, first["loc"]))
    value = "" if first["type"] == "missing" else f" = {shown(first['input'])}"
    return ResultsError(f"{where}: {f'{key}{value}: ' if key else ''}{why(error)}", remedy=remedy)


def why(error: ValueError) -> str:
    """Say what is right instead, without the library's own words around it."""
    return error.errors()[0]["msg"].removeprefix("Value error, ") if isinstance(error, ValidationError) else str(error)


def shown(value: object) -> str:
    """Return a value from a file as a message shows it, in one line of bounded length."""
    try:
        text = repr(value)
    except ValueError:  # a number of more digits than Python brings to text
        text = "a number of thousands of digits"
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


@contextmanager
def read_by_library(file: Path, expected: str, remedy: str) -> Iterator[None]:
    """Turn whatever a library raises over ``file`` into a ResultsError: a damaged file makes it raise anything."""
    try:
        yield
    except BenchError:
        raise
    except Exception as error:
        cause = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_CAUSE]
        raise ResultsError(f"{file}: {expected} ({cause})", remedy=remedy) from error


def require_bounded(file: Path, document: object, remedy: str) -> None:
    """Raise ResultsError for the first number in a JSON document that no run writes, naming its key."""
    for key, value in _numbers(document, ""):
        try:
            bounded(value)
        except ValueError as error:
            raise ResultsError(f"{file}: {key} = {shown(value)}: {error}", remedy=remedy) from error


def _numbers(document: object, key: str) -> Iterator[tuple[str, float]]:
    if isinstance(document, dict):
        for name, one in document.items():
            yield from _numbers(one, f"{key}.{name}" if key else str(name))
    elif isinstance(document, list):
        for place, one in enumerate(document):
            yield from _numbers(one, f"{key}.{place}")
    elif isinstance(document, int | float):
        yield key, document
