"""What the workload says about itself, taken from its output by the scenario's patterns."""

from __future__ import annotations

from collections.abc import Sequence

from bench.isolations.console import Line
from bench.measuring.meters.documents import number_at
from bench.measuring.meters.numbers import MetricError, matched_number
from bench.model import Metric, Output, Sample, Window
from bench.model.patterns import LONGEST_LINE, pattern


def check_output(output: Output, lines: Sequence[Line]) -> None:
    """Hold the output against what a believable one holds.

    Raises MetricError, naming the pattern, when an expected line is missing or a forbidden one is there.
    """
    for expected in output.expect:
        _first(expected, "output.expect", lines)
    text = b"\n".join(line.data for line in lines) if output.forbid else b""
    for forbidden in output.forbid:
        wanted = pattern(forbidden)
        for line in lines if wanted.may_match(text) else ():
            if wanted.matches(line.data):
                raise MetricError(f"output.forbid: the pattern {forbidden!r} matches the line {line.text[:200]!r}")


def workload_samples(metrics: Sequence[Metric], lines: Sequence[Line], *, at_s: float) -> list[Sample]:
    """Return one sample for each metric; none for one that an output may lack, and does.

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
        if not metric.optional or _is_there(metric, lines)
    ]


def series_samples(metrics: Sequence[Metric], lines: Sequence[Line], *, requested_ns: int) -> list[Sample]:
    """Return a sample ``METRIC.series`` for every line that a metric's ``series`` matches, in the order they came.

    ``at_s`` is when the line arrived at the host. A workload that ran too briefly to say anything gives none. Raises
    MetricError when a line that matches holds no number.
    """
    return [
        Sample(
            metric=f"{metric.name}.series",
            value=matched_number(found, wanted, f"metric {metric.name}, series", metric.unit),
            unit=metric.unit,
            vantage="workload",
            better=metric.better,
            at_s=(line.at_ns - requested_ns) / 1e9,
        )
        for metric in metrics
        if metric.series is not None
        for wanted in (pattern(metric.series),)
        for line in lines
        if (found := wanted.last(line.data))
    ]


def window_samples(window: Window, lines: Sequence[Line], *, at_s: float) -> list[Sample]:
    """Return how long the workload says its window took, and how long the host saw it take.

    Raises MetricError when a pattern of the window matches no line, or none after its begin.
    """
    begin = _first(window.begin, "window.begin", lines)
    finish = _first(window.finish, "window.finish", lines[lines.index(begin) + 1 :], "after the window's begin")
    said = _number(window.seconds, "window.seconds", "s", lines)
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


def _is_there(metric: Metric, lines: Sequence[Line]) -> bool:
    if metric.pattern is None:
        return True
    wanted = pattern(metric.pattern)
    return any(wanted.matches(line.data) for line in lines)


def _value(metric: Metric, lines: Sequence[Line]) -> float:
    what = f"metric {metric.name}"
    if metric.pattern is not None:
        value = _number(metric.pattern, what, metric.unit, lines)
    else:
        value = number_at(metric.json or "", "\n".join(line.text for line in lines), what)
    shown = f"{what}: {value:g} {metric.unit}"
    if metric.least is not None and value <= metric.least:
        raise MetricError(f"{shown} is not above {metric.least:g}: no result")
    if metric.most is not None and value > metric.most:
        raise MetricError(f"{shown} is above {metric.most:g}: no result")
    if value < 0 and not metric.negative:
        raise MetricError(f"{shown} is below zero: no result", remedy="Where it can be, say so: negative = true")
    return value


def _number(wanted: str, what: str, unit: str, lines: Sequence[Line]) -> float:
    compiled = pattern(wanted)
    for line in reversed(lines):
        if found := compiled.last(line.data):
            return matched_number(found, compiled, what, unit)
    raise _missing(wanted, what, lines)


def _first(wanted: str, what: str, lines: Sequence[Line], where: str = "of output") -> Line:
    compiled = pattern(wanted)
    for line in lines:
        if compiled.matches(line.data):
            return line
    raise _missing(wanted, what, lines, where)


def _missing(wanted: str, what: str, lines: Sequence[Line], where: str = "of output") -> MetricError:
    longer = sum(len(line.data) > LONGEST_LINE for line in lines)
    cut = f", of which {longer} are searched in their first {LONGEST_LINE >> 10} KiB alone" if longer else ""
    return MetricError(
        f"{what}: the pattern {wanted!r} matches none of the {len(lines)} lines {where}{cut}",
        remedy="Compare it with the console's log",
    )
