"""The time stamp counter's speed: the same each time, and what a guest's clock is then right by."""

from __future__ import annotations

import mmap
import platform
import time
from collections.abc import Callable

import pytest

from bench.isolations.machines import tsc

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="there is no such counter elsewhere")


def measured() -> int:
    tsc.tsc_khz.cache_clear()
    found = tsc.tsc_khz()
    assert found is not None
    return found


def test_it_is_the_same_each_time_to_a_thousandth() -> None:
    first, second = measured(), measured()
    assert first == pytest.approx(second, rel=1e-3)
    assert 500_000 < first < 10_000_000


def test_a_reading_during_which_somebody_came_between_is_taken_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0, 5_000_000, 6_000_000, 6_000_100])
    monkeypatch.setattr(time, "monotonic_ns", lambda: next(times))
    assert tsc._together(lambda: 42) == (6_000_050, 42)


@pytest.mark.parametrize("failing", [OSError("forbidden"), TimeoutError("too slow")])
def test_a_host_that_does_not_let_us_has_none(monkeypatch: pytest.MonkeyPatch, failing: OSError) -> None:
    def refuse(_read: Callable[[], int]) -> float:
        raise failing

    monkeypatch.setattr(tsc, "_khz", refuse)
    tsc.tsc_khz.cache_clear()
    assert tsc.tsc_khz() is None
    tsc.tsc_khz.cache_clear()


def test_a_host_that_forbids_such_memory_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_words: object, **_named: object) -> mmap.mmap:
        raise PermissionError("no memory is both written and executed here")

    monkeypatch.setattr(mmap, "mmap", forbid)
    tsc.tsc_khz.cache_clear()
    assert tsc.tsc_khz() is None
    tsc.tsc_khz.cache_clear()
