"""The values a scenario file may hold, each with its own check and its own words when it is wrong.

What one key alone can tell is checked here; what several keys say together, in ``bench.scenario.checks``.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, cast

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from bench.model import PLACEHOLDER, Scalar
from bench.model.patterns import pattern
from bench.model.pointer import pointer_keys

RESERVED_PREFIXES = (
    "timeline.",
    "memory.",
    "cpu.",
    "clock.",
    "disk.",
    "harness.",
    "client.",
    "density.",
    "idle.",
    "limit.",
    "neighbour.",
    "burst.",
    "rate.",
    "exec.",
    "provision.",
    "restore.",
    "sentinel.",
    "surface.",
)
"""Metric names that start so are the harness's own."""

_LARGEST_WHOLE = 1 << 63
_DAY_S = 86_400.0

CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What a terminal, and so a machine's console, obeys instead of passing it on; it passes a tab."""
SENT = "it is sent to the instance as part of a line"


def _matching(form: str, expected: str) -> AfterValidator:
    compiled = re.compile(form)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(expected)
        return text

    return AfterValidator(check)


def _filled(text: str) -> str:
    if "\0" in text or not text.strip():
        raise ValueError("should be text that is not empty, without NUL characters")
    return text


def _line_word(text: str) -> str:
    if CONTROL.search(text):
        raise ValueError(f"should be on one line, without control characters: {SENT}")
    return text


def _number_regex(text: str) -> str:
    if (groups := pattern(text).groups) != 1:
        raise ValueError(f"needs exactly one (group) around the number, has {groups}")
    return text


def _line_regex(text: str) -> str:
    """Check a pattern that picks out one line."""
    if pattern(text).matches(b""):
        raise ValueError("matches every line; it should match only the line that is meant")
    return text


def _json_path(text: str) -> str:
    pointer_keys(text)
    return text


def _whole(value: object) -> object:
    """Refuse whole numbers that no float can hold, before the validator turns them into one."""
    if isinstance(value, int) and abs(value) >= _LARGEST_WHOLE:
        raise ValueError("should be a number of at most 64 bits")
    return value


def _scalar(value: object) -> Scalar:
    match value:
        case str():
            return _text(value)
        case bool():
            return value
        case int() if abs(value) < _LARGEST_WHOLE:
            return value
        case float() if math.isfinite(value):
            return value
        case int() | float():
            raise ValueError("should be a finite number of at most 64 bits")
    raise ValueError("should be text, a number, true or false, or a list of these")


def _text(value: str) -> str:
    """Return a text in which ``{{name}}`` stands for ``{name}``: what a value brings is not filled in."""
    if "\0" in value or any(found[2] for found in PLACEHOLDER.finditer(value)):
        raise ValueError("should hold neither a NUL character nor a {placeholder}; {{name}} is the text {name}")
    return PLACEHOLDER.sub(r"{\1}", value)


def kind(value: Scalar) -> type:
    """Return the type of a value, as far as values beside each other share it: whole and broken numbers do."""
    return float if type(value) is int else type(value)


def _scalars(value: object) -> tuple[Scalar, ...]:
    given = cast("list[object]", value) if isinstance(value, list) else [value]
    values = tuple(_scalar(item) for item in given)
    if len(set(map(kind, values))) != 1:
        raise ValueError("should be a list of at least one value, all of one type")
    if len(set(values)) != len(values):
        raise ValueError("should not name a value twice")
    return values


def _unreserved(name: str) -> str:
    prefix = next((prefix for prefix in RESERVED_PREFIXES if name.startswith(prefix)), None)
    if prefix:
        raise ValueError(f"names that start with {prefix!r} are the harness's own; choose another")
    return name


def _mode(text: str) -> str:
    if not re.fullmatch(r"0?[0-7]{3}", text):
        raise ValueError('should be permission bits in octal, as text, like "0755"')
    return text


FilledText = Annotated[str, AfterValidator(_filled)]
Word = Annotated[str, _matching(r"[^\0]*", "should hold no NUL character")]
LineWord = Annotated[str, AfterValidator(_line_word)]
Name = Annotated[str, _matching(r"[a-z0-9][a-z0-9_-]*", "should be a name of small letters, digits, '-' and '_'")]
ParameterName = Annotated[str, _matching(r"[a-z][a-z0-9_]*", "should be a name of small letters, digits and '_'")]
MetricName = Annotated[
    str,
    _matching(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", "should be a name of small letters, digits, '_' and '.'"),
    AfterValidator(_unreserved),
]
AnyMetricName = Annotated[
    str, _matching(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", "should be a metric's name, the harness's own included")
]
HttpPath = Annotated[str, _matching(r"/[!-~]*", "should be an absolute path without blanks, like '/'")]
Finite = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_whole)]
PackageName = Annotated[str, _matching(r"[a-z0-9][a-z0-9+.-]+", "should be a Debian package's name, like 'sysbench'")]
InsidePath = Annotated[
    str,
    _matching(
        r"(?!.*/\.{0,2}(/|$))/[^\x00-\x1f\x7f]+",
        "should be a plain absolute path inside the image, like '/opt/serve.py'",
    ),
]
Mode = Annotated[str, AfterValidator(_mode)]
JsonPath = Annotated[str, AfterValidator(_json_path)]
NumberRegex = Annotated[str, AfterValidator(_number_regex)]
LineRegex = Annotated[str, AfterValidator(_line_regex)]
Value = Annotated[Scalar, PlainValidator(_scalar)]
ValueList = Annotated[tuple[Scalar, ...], PlainValidator(_scalars)]
Rounds = Annotated[int, Field(ge=1, le=10_000)]
Seconds = Annotated[float, Field(gt=0, le=_DAY_S, allow_inf_nan=False), BeforeValidator(_whole)]
