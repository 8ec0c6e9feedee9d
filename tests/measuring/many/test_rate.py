"""The highest rate that is kept: how it is looked for, and once on a real isolation."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bench.errors import IsolationError
from bench.host.signals import Interruptions
from bench.isolations.base import Launch
from bench.isolations.fake import Fake
from bench.isolations.registry import open_isolation
from bench.measuring.many.rate import _Search, highest, kept_rate
from bench.model import Image, Rate, Sample, Scenario
from bench.testing.launching import checked
from tests.faults.test_interruption import on_host
from tests.measuring.many.test_density import launches
from tests.records import MIB, scenario


def rated(*command: str, starts: int = 4, late: float = 3.0, floor_mib: int = 64) -> Scenario:
    rate = Rate(starts=starts, late=late, floor_bytes=floor_mib * MIB, floor_tasks=64)
    return replace(scenario(*command), rate=rate)


@pytest.mark.parametrize("capacity", [0.9, 3.0, 7.7, 100.0])
def test_the_search_comes_within_a_fourth_root_of_two(capacity: float) -> None:
    tried: list[float] = []

    def keeps(per_s: float) -> bool:
        tried.append(per_s)
        return per_s <= capacity

    kept, refused = highest(keeps, 0.5, 1000.0)
    assert kept <= capacity < refused
    assert refused / kept == pytest.approx(2**0.25)
    assert len(tried) == len(set(tried)) <= 12


def test_none_and_all_are_told_apart() -> None:
    assert highest(lambda _rate: False, 0.5, 1000.0) == (0.0, 0.5)
    assert highest(lambda _rate: True, 1.0, 10.0) == (8.0, math.inf)


def test_one_that_is_not_even_ready_alone_is_an_error(image: Image) -> None:
    isolation, of = Fake("fir"), rated("say", "no memory", "die")

    def launch_of(number: int) -> Launch:
        return replace(launches(isolation, of, image)(number), envelope=of.envelope)

    with pytest.raises(IsolationError, match="one alone did not become ready: ended before it was ready"):
        kept_rate(isolation, launch_of, of, lambda _samples: None, Interruptions())


def test_the_rate_of_a_queue_is_where_its_last_has_waited_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known truth: one is served at a time, 0.1 s each, so that start i waits for i times what the rate is short of."""

    def starts(_search: object, count: int, apart_s: float) -> list[float]:
        return [0.1 + place * max(0.0, 0.1 - apart_s) for place in range(count)]

    monkeypatch.setattr(_Search, "_starts", starts)
    samples: list[Sample] = []
    of = rated("say", "ready", starts=32, late=3.0)
    done = kept_rate(Fake("fir"), lambda _number: pytest.fail("nobody is asked"), of, samples.extend, Interruptions())
    most_per_s = 1 / (0.1 - 0.2 / 31)  # the last of 32 then waits 0.2 s
    assert done.per_s <= most_per_s < done.per_s * 2**0.25
    assert done.stopped == "at 11.9/s 13 of 32 were ready within 0.3 s"
    assert {one.metric: one.value for one in samples[-2:]} == {"rate.alone": 0.1, "rate.kept": done.per_s}
    assert {one.step["per_s"] for one in samples[:-2]} == {5, 10, 20, 14.142, 11.892}


@pytest.mark.root
def test_the_rate_of_a_real_isolation_leaves_nothing(image: Image, run_id: str) -> None:
    of = rated("/bin/sh", "-c", "sleep 0.1; echo ready; exec sleep 600", starts=8)
    isolation = checked(open_isolation("bare", run_id), image)
    samples: list[Sample] = []
    done = kept_rate(isolation, launches(isolation, of, image), of, samples.extend, Interruptions())
    times = [one.value for one in samples if one.metric == "rate.each.ready"]
    assert min(times) >= 0.1
    assert len(times) % 8 == 0 < len(times)
    assert done.stopped
    assert on_host(run_id) == []
