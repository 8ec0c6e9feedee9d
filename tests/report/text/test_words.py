import pytest

from bench.analysis.metrics import COLLECTED, DERIVED
from bench.report.text import words


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.0019, "s", "1.90 ms"), (2.414, "s", "2.41 s"), (0.000042, "s", "42.0 µs"), (0, "s", "0 s"),
        (3.77 * (1 << 20), "B", "3.77 MiB"), (-3.77 * (1 << 20), "B", "-3.77 MiB"), (1023, "B", "1020 B"),
        (812.3, "1/s", "812 /s"), (12345, "1/s", "12 300 /s"), (0.5, "1", "0.500"), (7, "MB/s", "7.00 MB/s"),
        (5e-8, "s", "50.0 ns"), (1500, "us", "1.50 ms"), (60, "ns", "60.0 ns"), (2500, "ms", "2.50 s"),
        (3 * (1 << 30), "B/s", "3.00 GiB/s"), (0, "us", "0 us"),
        (11600, "ns", "11.6 µs"), (2048, "B/s", "2.00 KiB/s"), (900, "B/s", "900 B/s"),
        (9.41e9, "bit/s", "9.41 Gbit/s"),
        (0.8, "ms", "800 µs"), (0.52, "CPU-s per 1000 requests", "0.520 CPU-s"),
        (999.6, "1/s", "1000 /s"), (float("nan"), "s", "–"),
    ],
)  # fmt: skip
def test_a_figure_has_its_unit_and_three_digits(value: float, unit: str, shown: str) -> None:
    assert words.quantity(value, unit) == shown


def test_an_interval_is_in_the_unit_of_its_figure() -> None:
    assert words.interval(0.9995, 1.02, "s", 1.01) == "1.00 to 1.02 s"
    assert words.interval(float("nan"), float("nan"), "s", 1.0) == "–"


@pytest.mark.parametrize(("value", "shown"), [(1.0, "1"), (91.2345, "91.2x"), (1250.4, "1250x"), (0.05, "0.0500x")])
def test_ratios(value: float, shown: str) -> None:
    assert words.times(value) == shown


def test_differences_have_a_sign() -> None:
    assert words.signed(2048, "B") == "+2.00 KiB"
    assert words.signed(-2048, "B") == "-2.00 KiB"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("processes:shared:engine", "shared engine"), ("processes:vmm", "vmm"), ("cgroup", "control group")],
)
def test_vantages(name: str, shown: str) -> None:
    assert words.vantage(name) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("latency_p95_ms", "latency p95"), ("ns_per_call", "time per call"), ("timeline.ready", "time until ready"),
        ("transactions_per_s.per_cpu_s", "transactions per s, per host CPU-second"),
        ("transactions_per_s.cpu_s_per_1000", "host CPU-seconds per 1000 transactions"),
        ("memory.load.pss", "memory at load, PSS"), ("density.slope_pss", "density slope PSS"),
        ("restore.answer", "time until the first answer"), ("exec.last", "the last command inside"),
    ],
)  # fmt: skip
def test_metrics_in_words(name: str, shown: str) -> None:
    assert words.metric(name) == shown


def test_what_has_a_name_of_its_own_is_a_metric_of_ours() -> None:
    assert set(words.NAMED) <= {one.name for one in (*COLLECTED, *DERIVED)}


@pytest.mark.parametrize(
    ("low", "high", "unit", "shown"),
    [(0.566, 0.572, "s", "566 to 572 ms"), (0.93, 0.93, "1", "0.930"), (-1024.0, 512.0, "B", "-1.00 to 0.500 KiB")],
)
def test_a_range_is_in_one_unit(low: float, high: float, unit: str, shown: str) -> None:
    assert words.ranged(low, high, unit) == shown


@pytest.mark.parametrize(
    ("low", "high", "unit", "labels"),
    [
        (4.0, 10_500.0, "ms", ["10 ms", "100 ms", "1 s", "10 s"]),
        (3e5, 4e9, "B", ["1 MiB", "10 MiB", "100 MiB", "1 GiB"]),
        (2.0, 30.0, "1", ["2", "5", "10", "20"]),
    ],
)
def test_an_axis_in_decades_has_round_labels(low: float, high: float, unit: str, labels: list[str]) -> None:
    shown = [words.quantity_plain(value, unit).rstrip() for value in words.decades(low, high, unit)]
    assert shown == labels
