"""The values a scenario file may hold, each with its own check and its own words when it is wrong.

What one key alone can tell is checked here; what several keys say together, in ``bench.scenario.checks``.
"""

from __future__ import annotations

import math
import re
import warnings
from typing import Annotated, cast

from pydantic import AfterValidator, Field, PlainValidator

from bench.model import Scalar

RESERVED_PREFIXES = (
    "timeline.",
    "memory.",
    "cpu.",
    "clock.",
    "disk.",
    "harness.",
    "client.",
    "density.",
    "provision.",
    "sentinel.",
)
"""Metric names that start so are the harness's own."""

_LARGEST_WHOLE = 1 << 63
_DAY_S = 86_400.0


def _matching(pattern: str, expected: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(expected)
        return text

    return AfterValidator(check)


def _regex(text: str, *, groups: int | None) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is no regular expression: {error}") from None
    if groups is not None and compiled.groups != groups:
        raise ValueError(f"needs exactly one (group) around the number, has {compiled.groups}")
    return text


def _line_regex(text: str) -> str:
    """Check a pattern that picks out one line; the console compiles it as bytes."""
    _regex(text, groups=None)
    try:
        compiled = re.compile(text.encode())
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is no regular expression for a stream of bytes: {error}") from None
    if compiled.search(b""):
        raise ValueError("matches every line; it should match only the line that is meant")
    return text


def _scalar(value: object) -> Scalar:
    if not isinstance(value, str | int | float):
        raise ValueError("should be text, a number, true or false, or a list of these")
    if isinstance(value, str) and ("\0" in value or re.search(r"\{\w+\}", value)):
        raise ValueError("should hold neither a NUL character nor a {placeholder}")
    if not isinstance(value, str) and not (math.isfinite(value) and abs(value) < _LARGEST_WHOLE):
        raise ValueError("should be a finite number of at most 64 bits")
    return value


def _scalars(value: object) -> tuple[Scalar, ...]:
    given = cast("list[object]", value) if isinstance(value, list) else [value]
    values = tuple(_scalar(item) for item in given)
    if len({type(item) for item in values}) != 1:
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


Text = Annotated[str, _matching(r"[^\0]*\S[^\0]*", "should be text that is not empty")]
Word = Annotated[str, _matching(r"[^\0]*", "should hold no NUL character")]
LineWord = Annotated[str, _matching(r"[^\0\n]*", "should be on one line: it is sent to the instance as part of one")]
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
Finite = Annotated[float, Field(allow_inf_nan=False)]
PackageName = Annotated[str, _matching(r"[a-z0-9][a-z0-9+.-]+", "should be a Debian package's name, like 'sysbench'")]
InsidePath = Annotated[
    str,
    _matching(
        r"(?!.*/\.{0,2}(/|$))/[^\0\n]+",
        "should be a plain absolute path inside the image, like '/opt/serve.py'",
    ),
]
Mode = Annotated[str, AfterValidator(_mode)]
JsonPath = Annotated[str, _matching(r"[^.\0]+(\.[^.\0]+)*", "should be a dotted path, like 'jobs.0.read.iops'")]
NumberRegex = Annotated[str, AfterValidator(lambda text: _regex(text, groups=1))]
LineRegex = Annotated[str, AfterValidator(_line_regex)]
Values = Annotated[tuple[Scalar, ...], PlainValidator(_scalars)]
Rounds = Annotated[int, Field(ge=1, le=10_000)]
Seconds = Annotated[float, Field(gt=0, le=_DAY_S, allow_inf_nan=False)]
