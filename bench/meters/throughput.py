"""What the workload says about itself, taken from its output by the scenario's patterns."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

from bench.errors import BenchError
from bench.isolations.console import Line
from bench.model import Metric, Output, Sample, Window


class MetricError(BenchError):
    """The workload's output does not hold a metric that the scenario names."""


def check_output(output: Output, lines: Sequence[Line]) -> None:
    """Hold the output against what a believable one holds.

    Raises MetricError, naming the pattern, when an expected line is missing or a forbidden one is there.
    """
    for pattern in output.expect:
        _first(pattern, "output.expect", lines)
    for pattern in output.forbid:
        compiled = re.compile(pattern)
        for line in lines:
            if compiled.search(line.text):
                raise MetricError(f"output.forbid: the pattern {pattern!r} matches the line {line.text[:200]!r}")


def workload_samples(metrics: Sequence[Metric], lines: Sequence[Line], *, at_s: float) -> list[Sample]:
    """Return one sample for each metric.

    Raises MetricError, naming the metric and its pattern, when the output does not hold one of them, or holds a
    value outside the bounds that the scenario gives.
    """
    return [
        Sample(
            metric=metric.name,
            value=_value(metric, lines),
            unit=metric.unit,
            vantage="workload",
            better=metric.better,
            at_s=at_s,
        )
        for metric in metrics
    ]


def series_samples(metrics: Sequence[Metric], lines: Sequence[Line], *, requested_ns: int) -> list[Sample]:
    """Return a sample ``METRIC.series`` for every line that a metric's ``series`` matches, in the order they came.

    ``at_s`` is when the line arrived at the host. A workload that ran too briefly to say anything gives none. Raises
    MetricError when a line that matches holds no number.
    """
    return [
        Sample(
            metric=f"{metric.name}.series",
            value=_as_float(match[1], f"metric {metric.name}, series"),
            unit=metric.unit,
            vantage="workload",
            better=metric.better,
            at_s=(line.at_ns - requested_ns) / 1e9,
        )
        for metric in metrics
        if metric.series is not None
        for compiled in (re.compile(metric.series),)
        for line in lines
        if (match := compiled.search(line.text))
    ]


def window_samples(window: Window, lines: Sequence[Line], *, at_s: float) -> list[Sample]:
    """Return how long the workload says its window took, and how long the host saw it take.

    Raises MetricError when a pattern of the window matches no line.
    """
    begin = _first(window.begin, "window.begin", lines)
    finish = _first(window.finish, "window.finish", lines)
    said = _number(window.seconds, "window.seconds", lines)
    return [
        Sample(metric="clock.workload", value=said, unit="s", vantage="workload", better="lower", at_s=at_s),
        Sample(
            metric="clock.host",
            value=(finish.at_ns - begin.at_ns) / 1e9,
            unit="s",
            vantage="host",
            better="lower",
            at_s=at_s,
        ),
    ]


def _value(metric: Metric, lines: Sequence[Line]) -> float:
    if metric.pattern is not None:
        value = _number(metric.pattern, f"metric {metric.name}", lines)
    else:
        value = _at_path(metric, "\n".join(line.text for line in lines))
    if metric.least is not None and value <= metric.least:
        raise MetricError(f"metric {metric.name}: {value:g} {metric.unit} is not above {metric.least:g}: no result")
    if metric.most is not None and value > metric.most:
        raise MetricError(f"metric {metric.name}: {value:g} {metric.unit} is above {metric.most:g}: no result")
    return value


def _number(pattern: str, what: str, lines: Sequence[Line]) -> float:
    compiled = re.compile(pattern)
    found = [match[1] for line in lines if (match := compiled.search(line.text))]
    if not found:
        raise MetricError(
            f"{what}: the pattern {pattern!r} matches none of the {len(lines)} lines of output",
            remedy="Compare it with the console's log",
        )
    return _as_float(found[-1], what)


def _first(pattern: str, what: str, lines: Sequence[Line]) -> Line:
    compiled = re.compile(pattern)
    for line in lines:
        if compiled.search(line.text):
            return line
    raise MetricError(
        f"{what}: the pattern {pattern!r} matches none of the {len(lines)} lines of output",
        remedy="Compare it with the console's log",
    )


def _at_path(metric: Metric, text: str) -> float:
    """Take a number out of the JSON document that the output holds, other lines before and after it allowed."""
    path = metric.json or ""
    begin, finish = text.find("{"), text.rfind("}")
    try:
        found: object = json.loads(text[begin : finish + 1])
    except (ValueError, RecursionError) as error:
        raise MetricError(f"metric {metric.name}: the output holds no JSON document ({error})") from error
    for step in path.split("."):
        try:
            if isinstance(found, list):
                found = found[int(step)]
            elif isinstance(found, dict):
                found = found[step]
            else:
                raise KeyError(step)
        except (KeyError, IndexError, ValueError) as error:
            raise MetricError(f"metric {metric.name}: the JSON output has no {path!r} (at {step!r})") from error
    return _as_float(found, f"metric {metric.name}")


def _as_float(found: object, what: str) -> float:
    try:
        number = float(found)  # type: ignore[arg-type]  # whatever it is, float() says whether it is a number
    except (TypeError, ValueError, OverflowError) as error:
        raise MetricError(f"{what}: {str(found)[:80]!r} is not a number") from error
    if not math.isfinite(number):
        raise MetricError(f"{what}: {number} is not a finite number")
    return number
