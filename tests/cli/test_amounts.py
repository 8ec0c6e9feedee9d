"""Shares and spans of time."""

from __future__ import annotations

import pytest

from bench.cli.amounts import share, span_s
from bench.errors import InputError


@pytest.mark.parametrize(("text", "value"), [("5%", 0.05), ("0.05", 0.05), (" 2.5 % ", 0.025), (".1", 0.1)])
def test_a_share_is_a_percentage_or_a_fraction(text: str, value: float) -> None:
    assert share(text, "--precision") == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "%", "five", "5%%", "5%x", "-5%", "0", "150%"])
def test_what_is_no_share_is_said(text: str) -> None:
    with pytest.raises(InputError, match="no share between 0 and 100 %"):
        share(text, "--precision")


def test_a_share_may_be_more_than_all_where_that_means_something() -> None:
    assert share("150%", "--min-change", most=10) == 1.5


@pytest.mark.parametrize(("text", "value"), [("90s", 90), ("10m", 600), ("1.5 min", 90), ("1h", 3600)])
def test_a_span_has_a_unit(text: str, value: float) -> None:
    assert span_s(text, "--budget") == value


@pytest.mark.parametrize("text", ["", "10", "0s", "-1m", "9" * 400 + "s", "9" * 308 + "h"])
def test_what_is_no_span_is_said(text: str) -> None:
    with pytest.raises(InputError, match="no span of time"):
        span_s(text, "--budget")
