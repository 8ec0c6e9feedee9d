"""What the workload says: the last match wins, and what is not there is said by name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.isolations.console import Console, Line
from bench.meters.throughput import MetricError, series_samples, window_samples, workload_samples
from bench.model import Metric, Sample, Window
from tests.records import NONCE, metric

WINDOW = Window(begin="^begin", finish="^end", seconds=r"^end after ([0-9.]+) s")


def said(*chunks: str | bytes) -> list[Line]:
    """Return the lines of a console that got these chunks at 1 s, 2 s, 3 s."""
    console = Console(NONCE)
    for number, chunk in enumerate(chunks, start=1):
        console.feed(chunk.encode() if isinstance(chunk, str) else chunk, number * 1_000_000_000)
    return list(console.lines())


def value(one: Metric, console: list[Line]) -> float:
    (sample,) = workload_samples([one], console, at_s=0.0)
    return sample.value


def test_a_metric_becomes_a_sample_of_the_workloads_own() -> None:
    samples = workload_samples([metric(pattern=r"rate (\d+)")], said("rate 12 per s\n"), at_s=4.0)
    assert samples == [Sample(metric="rate", value=12.0, unit="1/s", vantage="workload", better="higher", at_s=4.0)]


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
    document = {"runs": [{"rate": 3.5}, {"rate": 7}], "total": {"rate": "10.5"}}
    console = said("starting\n", json.dumps(document, indent=2) + "\nbye\n")
    assert value(metric(path="runs.1.rate"), console) == 7.0
    assert value(metric(path="total.rate"), console) == 10.5


@pytest.mark.parametrize(
    ("path", "step"),
    [("total", "total"), ("runs.2.rate", "2"), ("runs.x", "x"), ("runs.0.rate.deep", "deep")],
)
def test_a_path_that_leads_nowhere_is_said_with_the_step(path: str, step: str) -> None:
    with pytest.raises(MetricError, match=f"metric rate: the JSON output has no '{path}' \\(at '{step}'\\)"):
        value(metric(path=path), said('{"runs": [{"rate": 1}, {"rate": 2}]}\n'))


@pytest.mark.parametrize("output", ["", "no document\n", "{broken\n", "}{\n", "[1, 2]\n", '{"a":' * 100_000 + "}"])
def test_output_without_a_json_document_is_said(output: str) -> None:
    with pytest.raises(MetricError, match="metric rate: the output holds no JSON document"):
        value(metric(path="rate"), said(output))


@pytest.mark.parametrize("found", ["null", "[1]", "{}", '"fast"', "NaN", "1" + "0" * 400])
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
