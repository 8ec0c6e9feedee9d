"""Musts: facts and comparisons with units, read or refused with what is allowed; met by whole intervals alone."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bench.analysis.choosing.musts import FACTS, must_of, units
from bench.analysis.figures.comparison import Finding
from bench.errors import InputError
from bench.store.manifest import RunIsolation

READY = Finding(
    isolation="docker", emulated=False, metric="timeline.ready", vantage="host", unit="s", better="lower", n=9,
    median=0.174, low=0.166, high=0.190, ratio=91.0, ratio_low=86.0, ratio_high=97.0, p=0.01, equivalent=False,
    detectable=0.1, rank=2, warmup="", p95=math.nan, p95_low=math.nan, p95_high=math.nan, p99=math.nan,
    p99_low=math.nan, p99_high=math.nan,
)  # fmt: skip
HELD = replace(READY, metric="memory.idle.pss", unit="B", median=4 * 2.0**20, low=3.9 * 2.0**20, high=4.1 * 2.0**20)


def test_every_fact_is_asked_for_and_against() -> None:
    machine = RunIsolation(ready=True, own_kernel=True, virtualization="emulation", engine={"id": "A"})
    for fact, wanted in dict.fromkeys(FACTS, True).items() | {("hardware virtualization", False)}:
        is_so = FACTS[fact](machine)
        assert bool(must_of(fact).unmet_fact(machine)) is not is_so
        assert bool(must_of(f"no {fact}").unmet_fact(machine)) is is_so
        assert wanted in (True, False)
    assert must_of("not emulated").unmet_fact(machine) == "emulated"
    assert must_of("own kernel").unmet_fact(RunIsolation(ready=True)) == "no own kernel"


@pytest.mark.parametrize(
    ("text", "unmet"),
    [
        ("start<200ms", ""),
        ("start <= 0.19 s", ""),
        ("start<180ms", "start is not shown to be < 180 ms"),
        ("start<100ms", "start is not < 100 ms"),
        ("start>=.1s", ""),
        ("start<97.5x", ""),
        ("start<90x", "start is not shown to be < 90x"),
    ],
)
def test_a_figure_meets_a_must_with_its_whole_interval(text: str, unmet: str) -> None:
    assert must_of(text).unmet_figure(READY) == unmet


def test_amounts_are_in_any_unit_of_the_same() -> None:
    assert must_of("memory<5MiB").unmet_figure(HELD) == must_of("memory<5000kB").unmet_figure(HELD) == ""
    assert must_of("memory<3MiB").unmet_figure(HELD) == "memory is not < 3 MiB"
    rate = replace(READY, metric="rate", unit="B/s", median=2e6, low=1.9e6, high=2.1e6)
    assert must_of("disk>1MB/s").unmet_figure(rate) == ""
    assert must_of("cpu>700/s").unmet_figure(replace(READY, unit="1/s", low=800.0, high=820.0)) == ""
    assert units("1/s") == ("/s", "x")


def test_too_few_rounds_show_nothing() -> None:
    bare = replace(READY, low=math.nan, high=math.nan)
    assert must_of("start<1s").unmet_figure(bare) == "start is not shown to be < 1 s"
    assert must_of("start<=1x").unmet_figure(replace(bare, isolation="bare", ratio=1.0)) == ""


@pytest.mark.parametrize(
    "text", ["own kernal", "", "start<", "start<200 ms fast", "start=200ms", "no", "start<-1s", "5<start"]
)
def test_what_is_no_must_is_refused_with_what_is(text: str) -> None:
    with pytest.raises(InputError, match=r"neither a fact nor a comparison.*own kernel, .*start<200ms"):
        must_of(text)


def test_a_unit_that_the_figure_has_not_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(InputError, match=r"start has no unit 'MiB'. Allowed: ns, us, µs, ms, s, min, x"):
        must_of("start<2MiB").unmet_figure(READY)
    with pytest.raises(InputError, match=r"no unit ''"):
        must_of("start<200").unmet_figure(READY)
