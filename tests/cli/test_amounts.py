"""Shares and spans of time."""

from __future__ import annotations

import pytest

from bench.cli.amounts import share, span_s


@pytest.mark.parametrize(("text", "value"), [("5%", 0.05), ("0.05", 0.05), (" 2.5 % ", 0.025), (".1", 0.1)])
def test_a_share_is_a_percentage_or_a_fraction(text: str, value: float) -> None:
    assert share(text, "--precision") == pytest.approx(value)


@pytest.mark.parametrize(("text", "value"), [("90s", 90), ("10m", 600), ("1.5 min", 90), ("1h", 3600)])
def test_a_span_has_a_unit(text: str, value: float) -> None:
    assert span_s(text, "--budget") == value
