"""Outputs that real tools have printed, each with the right value. Versions stand in docs/reference/inputs.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.isolations.console import Console, Line
from bench.measuring.meters.numbers import ANY_NUMBER, MetricError
from bench.measuring.meters.throughput import series_samples, workload_samples
from bench.model import Metric
from tests.records import NONCE

OUTPUTS = Path(__file__).parent / "outputs"
N = ANY_NUMBER


def lines(name: str) -> list[Line]:
    console = Console(NONCE, started=True)
    console.feed((OUTPUTS / name).read_bytes(), 1)
    return list(console.lines())


def metric(unit: str, *, pattern: str | None = None, path: str | None = None, series: str | None = None) -> Metric:
    return Metric(name="figure", unit=unit, better="lower", pattern=pattern, json=path, series=series)


@pytest.mark.parametrize(
    ("output", "pattern", "unit", "value"),
    [
        ("sysbench_cpu.txt", "events per second: +([0-9.]+)", "1/s", 3504.96),
        ("sysbench_cpu.txt", "total time: +([0-9.]+)s", "s", 1.0039),
        ("sysbench_cpu.txt", f"95th percentile: +{N}", "ms", 0.3),
        ("sysbench_memory.txt", r"\(([0-9.]+) per second\)", "1/s", 2571817.04),
        ("sysbench_memory.txt", rf"transferred \({N} MiB/sec\)", "MiB/s", 2511.54),
        ("fio.txt", f"IOPS={N}", "1/s", 11300.0),
        ("fio.txt", f"BW={N}", "MiB/s", 44.2),
        ("fio.txt", f"BW={N}", "B/s", 44.2 * 2**20),
        ("wrk.txt", f"50% +{N}", "ms", 0.435),
        ("wrk.txt", f"75% +{N}", "ms", 0.9),
        ("wrk.txt", f"99% +{N}", "us", 17100.0),
        ("wrk.txt", f"Req/Sec +{N}", "1/s", 2400.0),
        ("wrk.txt", f"Requests/sec: +{N}", "1/s", 2372.7),
        ("hey.txt", rf"Requests/sec:\s+{N}", "1/s", 505.0354),
        ("hey.txt", "50% in ([0-9.]+) secs", "s", 0.0011),
        ("ab.txt", "Requests per second: +([0-9.]+)", "1/s", 2490.35),
        ("ab.txt", rf"Time per request: +{N} \[ms\] \(mean\)", "ms", 0.803),
        ("iperf3.txt", "([0-9.]+) Gbits/sec +receiver", "Gbits/sec", 11.3),
        ("redis_csv.txt", '^"GET","([0-9.]+)"', "1/s", 47619.05),
        ("redis_q.txt", "^GET: ([0-9.]+) requests per second", "1/s", 39447.73),
        ("redis_q.txt", f"^GET: rps={N}", "1/s", 44240.0),
        ("stress_ng.txt", r"\] cpu +[0-9]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +([0-9.]+)", "1/s", 750.89),
        ("pgbench.txt", "^tps = ([0-9.]+)", "1/s", 137.208145),
        ("pgbench.txt", f"latency average = {N} ms", "ms", 7.287),
        ("wrk.txt", f"Transfer/sec: +{N}", "MB", 2.77),
        ("sysbench_cpu.txt", f"total time: +{N}", "ms", 1003.9),
        ("curl.txt", "time_total=([0-9.]+)", "s", 0.001017),
    ],
)
def test_a_tools_text_gives_the_right_value(output: str, pattern: str, unit: str, value: float) -> None:
    (sample,) = workload_samples([metric(unit, pattern=pattern)], lines(output), at_s=0.0)
    assert sample.value == pytest.approx(value)


@pytest.mark.parametrize(
    ("output", "path", "value"),
    [
        ("fio.json", "jobs.0.read.iops", 11100.899101),
        ("fio.json", 'jobs.0.read.clat_ns.percentile."99.000000"', 610304.0),
        ("fio.json", "/jobs/0/read/clat_ns/percentile/99.000000", 610304.0),
        ("iperf3.json", "end.sum_received.bits_per_second", 11086783104.897341),
        ("hyperfine.json", "results.0.median", 0.003135451),
        ("hyperfine.json", "results.0.times.-1", 0.003135451),
        ("curl.json", "time_total", 0.000764),
    ],
)
def test_a_tools_json_gives_the_right_value(output: str, path: str, value: float) -> None:
    (sample,) = workload_samples([metric("1", path=path)], lines(output), at_s=0.0)
    assert sample.value == value


@pytest.mark.parametrize(
    ("output", "pattern", "unit"),
    [
        ("fio.txt", r"IOPS=([0-9.]+)", "1/s"),  # 11.3k
        ("wrk.txt", r"50% +([0-9.]+)", "ms"),  # 435.00us, where another isolation says 0.90ms
        ("wrk.txt", rf"Transfer/sec: +{N}", "B/s"),  # its MB have 1024 x 1024 bytes
        ("stress_ng.txt", r"\] cpu.*([0-9.]+)", "1/s"),  # the last digit of the last column
    ],
)
def test_a_tools_text_is_never_read_in_part(output: str, pattern: str, unit: str) -> None:
    with pytest.raises(MetricError, match=r"is a part of|follows|is not a number of"):
        workload_samples([metric(unit, pattern=pattern)], lines(output), at_s=0.0)


def test_what_a_tool_says_every_second_is_a_series() -> None:
    said = metric("1/s", pattern=f"^tps = {N}", series="^progress: [0-9.]+ s, ([0-9.]+) tps")
    assert [one.value for one in series_samples([said], lines("pgbench.txt"), requested_ns=0)] == [141.0, 132.0]


def test_json_that_holds_text_where_a_number_is_asked_for_is_no_number() -> None:
    with pytest.raises(MetricError, match="is not a number"):
        workload_samples([metric("1", path="results.0.command")], lines("hyperfine.json"), at_s=0.0)


def test_the_group_in_the_documentation_is_the_one_that_reads_every_form() -> None:
    docs = Path(__file__).parents[3] / "docs"
    assert f"\n{ANY_NUMBER}\n" in (docs / "reference" / "scenario-keys.md").read_text()
