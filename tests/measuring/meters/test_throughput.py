"""What the workload says: the last match wins, and what is not there is said by name."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.isolations.console import Console, Line
from bench.measuring.meters.numbers import MetricError
from bench.measuring.meters.throughput import series_samples, window_samples, workload_samples
from bench.model import Metric, Sample, Window
from tests.records import NONCE, metric

WINDOW = Window(begin="^begin", finish="^end", seconds=r"^end after ([0-9.]+) s")


def said(*chunks: str | bytes) -> list[Line]:
    """Return the lines of a console that got these chunks at 1 s, 2 s, 3 s."""
    console = Console(NONCE, started=True)
    for number, chunk in enumerate(chunks, start=1):
        console.feed(chunk.encode() if isinstance(chunk, str) else chunk, number * 1_000_000_000)
    return list(console.lines())


def value(one: Metric, console: list[Line]) -> float:
    (sample,) = workload_samples([one], console, at_s=0.0)
    return sample.value


def test_a_metric_becomes_a_sample_of_the_workloads_own() -> None:
    samples = workload_samples([metric(pattern=r"rate (\d+)")], said("rate 12 per s\n"), at_s=4.0)
    assert samples == [Sample(metric="rate", value=12.0, unit="1/s", vantage="workload", better="higher", at_s=4.0)]


def test_a_metric_that_an_output_may_lack_gives_no_sample_there_and_else_its_own() -> None:
    tail = replace(metric(pattern=r"^tail (\S+)$"), optional=True)
    assert workload_samples([tail], said("rate 5\n"), at_s=0.0) == []
    assert value(tail, said("rate 5\ntail 7\n")) == 7.0


def test_the_last_match_wins() -> None:
    assert value(metric(pattern=r"rate ([0-9.]+)"), said("rate 1\nrate 2.5\nother 9\n")) == 2.5


def test_a_pattern_is_searched_line_by_line() -> None:
    assert value(metric(pattern=r"^rate (\S+)$"), said("a rate 1\nrate 2\nrate 3 or so\n")) == 2.0


def test_the_entrys_marks_are_not_the_workloads_output() -> None:
    console = said(f"@isobench {NONCE} saw cpus 2\n")
    with pytest.raises(MetricError, match="none of the 0 lines"):
        workload_samples([metric(pattern=r"cpus (\d)")], console, at_s=0.0)


def test_output_that_is_no_utf8_hides_no_number() -> None:
    assert value(metric(pattern=r"rate (\d+)"), said(b"\xff\xfe rate 7\n")) == 7.0


def test_a_pattern_that_matches_nothing_is_said_with_the_metrics_name() -> None:
    with pytest.raises(MetricError) as missing:
        workload_samples([metric("events", pattern=r"events: (\d+)")], said("one\ntwo\n"), at_s=0.0)
    assert missing.value.what == (r"metric events: the pattern 'events: (\\d+)' matches none of the 2 lines of output")
    assert missing.value.remedy == "Compare it with the console's log"


@pytest.mark.parametrize("text", ["fast", "1.2.3", "nan", "inf", "-Infinity", "1e999"])
def test_what_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(MetricError, match=r"metric rate: .* is not a (finite )?number"):
        value(metric(pattern=r"rate (\S+)"), said(f"rate {text}\n"))


def test_a_group_that_took_no_part_in_the_match_is_no_number() -> None:
    with pytest.raises(MetricError, match="'None' is not a number"):
        value(metric(pattern=r"rate (\d+)?"), said("rate unknown\n"))


def test_a_number_is_found_in_the_json_document_of_the_output() -> None:
    document = {"runs": [{"rate": 3.5}, {"rate": 7}], "total": {"rate": 10.5}}
    console = said("starting\n", json.dumps(document, indent=2) + "\nbye\n")
    assert value(metric(path="runs.1.rate"), console) == 7.0
    assert value(metric(path="total.rate"), console) == 10.5


@pytest.mark.parametrize(
    ("path", "step"),
    [("total", "total"), ("runs.2.rate", "2"), ("runs.x", "x"), ("runs.0.rate.deep", "deep")],
)
def test_a_path_that_leads_nowhere_is_said_with_the_step(path: str, step: str) -> None:
    with pytest.raises(MetricError, match=f"metric rate: the JSON output has no '{path}' \\(at '{step}' there is "):
        value(metric(path=path), said('{"runs": [{"rate": 1}, {"rate": 2}]}\n'))


@pytest.mark.parametrize("output", ["", "no document\n", "{broken\n", "}{\n", '{"a": 1\n', '{"a":' * 100_000 + "}"])
def test_output_without_a_json_document_is_said(output: str) -> None:
    with pytest.raises(MetricError, match=r"metric rate: the output holds no (whole )?JSON document"):
        value(metric(path="rate"), said(output))


@pytest.mark.parametrize("found", ["null", "true", "[1]", "{}", '"fast"', '"7"', "NaN", "1" + "0" * 400])
def test_a_path_that_leads_to_no_number_is_refused(found: str) -> None:
    with pytest.raises(MetricError, match=r"metric rate: .* is not a (finite )?number"):
        value(metric(path="rate"), said(f'{{"rate": {found}}}\n'))


@given(st.binary(max_size=200))
def test_no_output_raises_anything_but_a_metric_error(output: bytes) -> None:
    for one in (metric(pattern=r"(\S+)"), metric(path="rate")):
        try:
            workload_samples([one], said(output), at_s=0.0)
        except MetricError:
            continue


@pytest.mark.parametrize(
    ("output", "path", "found"),
    [
        ('[INFO] reading {config}\n{"rate": 7}\n[INFO] bye\n', "rate", 7.0),
        ('done: {"rate": 7} (ok)\n', "rate", 7.0),
        ('{"rate": 5}\n{"rate": 6}\n{"end": true}\n', "rate", 6.0),
        ('[{"rate": 5}, {"rate": 6}]\n', "1.rate", 6.0),
        ('[{"rate": 5}, {"rate": 6}]\n', "-1.rate", 6.0),
        ('{"lat": {"99.9": 3}}', 'lat."99.9"', 3.0),
        ('{"lat": {"99.9": 3}}', "/lat/99.9", 3.0),
        ('{"a/b": {"c~d": 3}}', "/a~1b/c~0d", 3.0),
        ('{"a": {"rate": 5} oops\n{"rate": 7}\n', "rate", 7.0),
        ('{"text": "{\\"rate\\": 5}", "rate": 7}\n', "rate", 7.0),
        ("{" + '"x": "' + "y" * 9000 + '", "rate": 7}\n', "rate", 7.0),
        ('{"rate":\r\n7}\r\n', "rate", 7.0),
    ],
)
def test_the_document_that_is_meant_is_found(output: str, path: str, found: float) -> None:
    assert value(metric(path=path), said(output)) == found


@pytest.mark.parametrize(
    ("output", "what"),
    [
        ('{"total": {"rate": 7}\n', "no whole JSON document .what begins at line 1 does not go on as one"),
        ('log\n{"total": {"rate": 7}, oops}\n', "no JSON document .what begins at line 2 does not go on as one"),
        ('{"rat": 1, "lag": 2}\n', "has no 'rate' .at 'rate' there is 'rat', 'lag'"),
        ('{"rat": 1}\n{"lag": 1}\n', "none of the 2 JSON documents of the output has 'rate'"),
        ("[1, 2]\n", "at 'rate' there is a list of 2"),
    ],
)
def test_no_part_of_a_broken_document_is_taken_and_what_is_there_is_said(output: str, what: str) -> None:
    with pytest.raises(MetricError, match=what):
        value(metric(path="rate"), said(output))


def test_a_long_log_of_brackets_takes_no_time() -> None:
    began = time.monotonic()
    log = "".join(f"[{number} x] up {{\n" for number in range(100_000))
    assert value(metric(path="rate"), said(log + '{"rate": 7}\n')) == 7.0
    assert time.monotonic() - began < 20


def test_progress_that_rewrites_its_line_gives_the_last_figure() -> None:
    assert value(metric(pattern="rate=([0-9.]+)"), said("10% rate=1.0\r100% rate=30.0\n")) == 30.0
    assert value(metric(pattern="^rate ([0-9.]+)"), said("working\rrate 2\r\n")) == 2.0


def test_a_figure_is_below_zero_only_where_its_scenario_says_that_it_can_be() -> None:
    drift = Metric(name="drift", unit="µs", better="lower", pattern=r"drift (\S+)")
    with pytest.raises(MetricError, match=r"below zero: no result.*negative = true"):
        value(drift, said("drift -2.5\n"))
    assert value(replace(drift, negative=True), said("drift -2.5\n")) == -2.5


def test_the_end_of_a_window_comes_after_its_begin() -> None:
    with pytest.raises(MetricError, match=r"window.finish: .* none of the 1 lines after the window's begin"):
        window_samples(WINDOW, said("end after 1 s\n", "begin\n", "x\n"), at_s=5.0)


def test_a_window_is_held_against_the_hosts_clock() -> None:
    samples = window_samples(WINDOW, said("begin\n", "working\n", "end after 1.98 s\n"), at_s=5.0)
    assert [(sample.metric, sample.value, sample.vantage) for sample in samples] == [
        ("clock.workload", 1.98, "workload"),
        ("clock.host", 2.0, "host"),
    ]


def test_a_window_begins_with_the_first_line_that_says_so() -> None:
    samples = window_samples(WINDOW, said("begin\n", "begin\n", "end after 2 s\n"), at_s=5.0)
    assert samples[1].value == 2.0


@pytest.mark.parametrize(
    ("output", "part"),
    [("end after 1 s\n", "window.begin"), ("begin\n", "window.finish"), ("begin\nend\n", "window.seconds")],
)
def test_a_window_without_one_of_its_lines_is_said(output: str, part: str) -> None:
    with pytest.raises(MetricError, match=f"^{part}: the pattern .* matches none of the"):
        window_samples(WINDOW, said(output), at_s=5.0)


def test_a_series_is_every_line_it_matches_stamped_by_its_arrival() -> None:
    rate = Metric(name="rate", unit="1/s", better="higher", pattern=r"rate (\d+)", series=r"now (\d+)")
    lines = said("now 5\n", "rate 6\n", "now 7\n")
    found = series_samples([rate], lines, requested_ns=500_000_000)
    assert [(one.metric, one.value, one.at_s) for one in found] == [
        ("rate.series", 5.0, 0.5),
        ("rate.series", 7.0, 2.5),
    ]
    assert series_samples([rate], lines[1:2], requested_ns=0) == []
