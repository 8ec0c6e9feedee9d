"""A number is read whole or not at all, and what is said instead helps."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.measuring.meters.numbers import ANY_NUMBER, MetricError, matched_number
from bench.measuring.meters.units import in_unit, others
from bench.model.patterns import LONGEST_LINE, pattern


def read(text: str, line: str, unit: str = "1/s") -> float:
    of = pattern(text)
    found = of.last(line)
    assert found is not None
    return matched_number(found, of, "metric rate", unit)


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("rate=([0-9.]+)", "rate=5.7e+06", "'5.7' is a part of '5.7e+06'"),
        ("rate=([0-9.]+)", "rate=5.7E6 ", "5.7E6"),
        ("rate=([0-9]+)", "rate=5.7", "'5' is a part of"),
        ("rate=([0-9]+)", "rate=1,234,567 per s", "1,234,567"),
        ("rate=([0-9]+)", "rate=1_234", "1_234"),
        ("rate=([0-9]+)", "rate=1'234", "1'234"),
        ("rate=([0-9.]+)", "rate=1\u202f234", "'1' is a part of '1\\u202f234'"),
        ("rate=([0-9]+)", "rate=1\u00a0234", "'1' is a part of"),
        ("rate=([0-9.]+)", "rate=1’234", "'1' is a part of '1’234'"),
        ("rate=([0-9.]+)", "rate=12,5 per s", "'12' is a part of '12,5'"),
        ("rate=([0-9.]+)", "rate=1.234,56", "'1.234' is a part of '1.234,56'"),
        ("([0-9]+) per s", "12,5 per s", "'5' is a part of '12,5'"),
        ("rate=([0-9.]+)", "rate=5.7×10^6", "'5.7' is a part of '5.7×10^6'"),
        ("rate=([0-9.]+)", "rate=5.7 * 10^6", "'5.7' is a part of"),
        ("([0-9]+) per s", "0x12 per s", "'12' is a part of '0x12'"),
        ("took ([0-9]+)", "took 1:23.4", "1:23.4"),
        ("rate.*([0-9.]+)", "rate 12", "'2' is a part of '12'"),
        ("rate.*([0-9]+)", "rate 1,234", "'4' is a part of '1,234'"),
        (r"rate.*\b([0-9]+)", "rate 1,234", "'234' is a part of '1,234'"),
        ("rate.*?([0-9]+)$", "rate .5", "'5' is a part of '.5'"),
        ("drift[^0-9]*([0-9.]+)", "drift: -5.2", "'5.2' is a part of '-5.2'"),
        ("drift: -?([0-9.]+)", "drift: -5.2", "'5.2' is a part of '-5.2'"),
        (r"([0-9.]+)\b", "12.3k", "is a part of"),
        ("rate=([0-9.]+)", "rate=12.3k", "'k' follows '12.3'"),
        ("rate=([0-9.]+)[kM]", "rate=12.3k", "'k' follows '12.3'"),
        ("rate=([0-9.]+)k?", "rate=12.3k", "'k' follows '12.3'"),
        ("p50 ([0-9.]+)[a-z]+", "p50 980us", "'us' follows '980'"),
        ("IOPS=([0-9.]+)", "read: IOPS=11.3k, BW=44.2MiB/s", "'k' follows '11.3'"),
    ],
)
def test_a_number_that_goes_on_beyond_its_group_is_refused_with_the_line(text: str, line: str, part: str) -> None:
    with pytest.raises(MetricError) as caught:
        read(text, line)
    assert part in caught.value.what
    assert f"in the line {line!r}" in caught.value.what
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "line", "value"),
    [
        ("rate=([0-9.]+)", "rate=5.7, lag=2", 5.7),
        ("rate=([0-9.]+)", "rate=5.", 5.0),
        (r"\(([0-9.]+) per sec", "ops: 1 (2571817.04 per second)", 2571817.04),
        (r"total time:\s+([0-9.]+)s", "total time:   10.0s", 10.0),
        ("^rate ([0-9.]+)$", "rate 12.5", 12.5),
        ('^"GET","([0-9.]+)"', '"GET","47619.05","0.028"', 47619.05),
        ("^GET,([0-9]+),", "GET,123,456,789", 123.0),
        ("^GET,[0-9]+,([0-9]+)", "GET,123,456,7", 456.0),
        ("took -([0-9]+)", "took -5", 5.0),
        (r"^run-([0-9]+)", "run-5", 5.0),
        (r"run\D*([0-9]+)", "run-5", 5.0),
        ("([0-9.]+)%", "99.5%", 99.5),
        ("share ([0-9.]+)", "share 99.5%", 99.5),
        ("rate=([0-9.]+)k", "rate=12.3k", 12.3),
        ("^wrote ([0-9.]+)", "wrote 12.5 MB", 12.5),
    ],
)
def test_what_ends_where_its_group_ends_is_read(text: str, line: str, value: float) -> None:
    assert read(text, line) == value


APART = [
    ("p50 ([0-9.]+)", "p50 980 us", "ms"),
    (f"p50 {ANY_NUMBER}", "p50 980 us", "ms"),
    (r"p50 (\S+)", "p50 980 usec", "ms"),
    ("p50 ([0-9.]+)", "p50 1.2 [s]", "ms"),
    ("took ([0-9.]+)", "took 3 min 2 s", "s"),
    ("IOPS: ([0-9.]+)", "IOPS: 11.3 k", "1/s"),
    (r"([0-9.]+) \S+its/sec", "11.4 Gbits/sec", "Mbits/sec"),
    ("at ([0-9.]+)", "at 44.2 MB/s", "MiB/s"),
]


@pytest.mark.parametrize(("text", "line", "unit"), APART)
def test_another_size_of_the_metrics_unit_behind_a_blank_is_no_number_of_it(text: str, line: str, unit: str) -> None:
    with pytest.raises(MetricError, match=f"where '{unit}' is meant"):
        read(text, line, unit)


@pytest.mark.parametrize(
    ("text", "line", "unit"),
    [
        ("p50 ([0-9.]+) us", "p50 980 us", "ms"),
        ("p50 ([0-9.]+)", "p50 980 us", "us"),
        ("p50 ([0-9.]+)", "p50 980 usecs", "us"),
        ("p50 ([0-9.]+)", "p50 980 of 1000", "ms"),
        ("([0-9.]+) .*bits/sec", "980 bits/sec", "bits/sec"),
        ("rate ([0-9]+)", "rate 980 requests per second", "1/s"),
    ],
)
def test_a_unit_behind_a_blank_that_is_named_or_the_metrics_own_is_right(text: str, line: str, unit: str) -> None:
    assert read(text, line, unit) == 980.0


@pytest.mark.parametrize(
    ("written", "unit", "value"),
    [
        ("5.7e+06", "1/s", 5.7e6), ("1,234,567.5", "1/s", 1234567.5), ("-5", "1", -5.0), ("+.5", "1", 0.5),
        ("12.3k", "1/s", 12300.0), ("2M", "1", 2e6), ("1Ki", "1", 1024.0), ("980us", "ms", 0.98),
        ("1.02ms", "ms", 1.02),
        ("980µs", "s", 980e-6), ("1.2GiB/s", "MiB/s", 1228.8), ("3MiB", "B", 3 * 2.0**20), ("7MB/s", "MB/s", 7.0),
        ("11.4Gbits/sec", "Mbits/sec", 11400.0),
    ],
)  # fmt: skip
def test_the_documented_group_reads_every_usual_form(written: str, unit: str, value: float) -> None:
    assert read(f"x: {ANY_NUMBER}", f"x: {written}, y: 3", unit) == pytest.approx(value)
    assert read(f"x: {ANY_NUMBER}", f"x: {written}", unit) == pytest.approx(value)


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("12K", "1"), ("5m", "s"), ("1.2GB/s", "MB/s"), ("12kB", "B"), ("5min", "s"), ("12,34", "1"), ("1.2.3", "1"),
        ("10-20", "1"), ("0x1f", "1"), ("5B", "kB"), ("nan", "1"), ("infinity", "1"),
    ],
)  # fmt: skip
def test_a_number_that_may_mean_several_things_is_none(written: str, unit: str) -> None:
    with pytest.raises(MetricError, match="is not a number"):
        read(r"x: (\S+)", f"x: {written}", unit)


def test_a_better_pattern_is_told_that_was_tried_on_the_line() -> None:
    with pytest.raises(MetricError) as caught:
        read(r"[(]x[)]=(?:)([0-9]+(?:\.[0-9]+)?)", "(x)=5.7e+06")
    assert caught.value.remedy == f"The pattern {'[(]x[)]=(?:)' + ANY_NUMBER!r} reads 5.7e+06 there"


def test_the_last_match_of_a_line_counts() -> None:
    assert read("rate=([0-9.]+)", "rate=1 rate=2.5 end") == 2.5


@pytest.mark.parametrize("line", ["rate=5 " * 1001, "rate=5" + " " * LONGEST_LINE + "rate=7"])
def test_where_the_last_match_is_not_looked_for_no_other_is_taken(line: str) -> None:
    with pytest.raises(MetricError, match="which match is the last"):
        read("rate=([0-9.]+)", line)


_FORMS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(10**15), 10**15).map(str),
    st.integers(1000, 10**15).map("{:,}".format),
    st.floats(-1e15, 1e15).map("{:.3e}".format),
)


@given(_FORMS, st.sampled_from(["([0-9.]+)", "([0-9]+)", r"(\d+\.\d)", "-?([0-9.]+)", ".*([0-9.]+)", ANY_NUMBER]))
@example("5e-324", "([0-9]+)")
def test_whatever_pattern_reads_a_number_reads_all_of_it_or_nothing(written: str, group: str) -> None:
    of = pattern(f"x={group}")
    found = of.last(f"x={written}; y")
    if found is None:
        return
    try:
        value = matched_number(found, of, "x", "1")
    except MetricError:
        return
    assert value == float(written.replace(",", ""))


@given(_FORMS)
def test_the_documented_group_reads_whatever_is_printed(written: str) -> None:
    assert read(f"x={ANY_NUMBER}", f"x={written}; y") == float(written.replace(",", ""))


@given(st.text(alphabet="0123456789.,-+eEkMs:_' x=", max_size=30))
def test_no_line_raises_anything_but_a_metric_error(line: str) -> None:
    for text in ("([0-9.]+)", "(.*)", "x=?([^ ]+)", ANY_NUMBER):
        of = pattern(text)
        found = of.last(line)
        try:
            if found is not None:
                matched_number(found, of, "x", "ms")
        except MetricError:
            continue


@given(st.text(max_size=8), st.text(max_size=8))
def test_a_unit_is_what_it_is_called_or_is_told_to_be_another(written: str, unit: str) -> None:
    scale = in_unit(written, unit)
    assert scale is None or scale > 0
    assert written not in others(written)
