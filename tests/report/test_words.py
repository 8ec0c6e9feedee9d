import pytest

from bench.report import words


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.0019, "s", "1.90 ms"), (2.414, "s", "2.41 s"), (0.000042, "s", "42.0 µs"), (0, "s", "0 µs"),
        (3.77 * (1 << 20), "B", "3.77 MiB"), (-3.77 * (1 << 20), "B", "-3.77 MiB"), (1023, "B", "1020 B"),
        (812.3, "1/s", "812 /s"), (12345, "1/s", "12 300 /s"), (0.5, "1", "0.500"), (7, "MB/s", "7.00 MB/s"),
        (999.6, "1/s", "1000 /s"), (float("nan"), "s", "–"),
    ],
)  # fmt: skip
def test_a_figure_has_its_unit_and_three_digits(value: float, unit: str, shown: str) -> None:
    assert words.quantity(value, unit) == shown


def test_an_interval_is_in_the_unit_of_its_figure() -> None:
    assert words.interval(0.9995, 1.02, "s", 1.01) == "1.00 .. 1.02 s"
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
