"""Limits on starts: never shorter than on a fast host, longer on a slow one, and in the user's hand."""

from __future__ import annotations

import pytest

from bench.errors import InputError
from bench.host import patience
from bench.host.patience import limit_s, longer


@pytest.fixture(autouse=True)
def _unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(patience.VARIABLE, raising=False)
    patience.slowness.cache_clear()


@pytest.mark.parametrize(("start_s", "within_s"), [(0.002, 3.0), (0.02, 3.0), (0.06, 9.0), (0.4, 60.0)])
def test_a_host_whose_plain_starts_are_slow_is_given_so_many_times_as_long(
    monkeypatch: pytest.MonkeyPatch, start_s: float, within_s: float
) -> None:
    monkeypatch.setattr(patience, "_plain_start_s", lambda: start_s)
    assert limit_s(3.0) == pytest.approx(within_s)


def test_one_slow_start_among_fast_ones_is_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = iter([0.01, 9.0, 0.01, 0.01, 9.0])
    monkeypatch.setattr(patience, "_plain_start_s", lambda: next(starts))
    assert limit_s(3.0) == 3.0
    assert limit_s(60.0) == 60.0  # looked at once


def test_this_host_starts_a_plain_process_at_all() -> None:
    assert 1.0 <= patience.slowness() < 1000


def test_what_was_seen_to_take_long_may_take_long_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_plain_start_s", lambda: 0.01)
    assert limit_s(60.0, shown_s=40.0) == 200.0
    assert limit_s(60.0, shown_s=1.0) == 60.0


def test_the_user_stretches_every_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_plain_start_s", lambda: 0.04)
    monkeypatch.setenv(patience.VARIABLE, "3")
    assert limit_s(10.0) == 60.0
    assert limit_s(10.0, shown_s=10.0) == 150.0
    assert "ISOBENCH_PATIENCE=6" in longer()


@pytest.mark.parametrize("text", ["much", "0", "-1", "nan", "inf"])
def test_a_patience_that_is_no_number_above_zero_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(patience.VARIABLE, text)
    with pytest.raises(InputError, match=f"ISOBENCH_PATIENCE = '{text}'"):
        limit_s(1.0)
