"""Known truths: 64 instances that wait a known time, for what the harness costs meanwhile and how late its stamps are;
and one that is asked for alone, which is a start like any other."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import replace

import pytest

from bench.host.cpus import harness_cpus, wholly_kept_to
from bench.host.signals import Interruptions
from bench.isolations.base import Instance
from bench.isolations.registry import open_isolation
from bench.measuring.many.at_once import asked_at_once, those_ready, waited_for
from bench.measuring.many.burst import bursts
from bench.measuring.many.standing import leave
from bench.model import Image, Sample
from bench.testing.launching import checked, envelope
from tests.benchmarks.conftest import Require
from tests.benchmarks.test_fidelity import ready_s
from tests.faults.test_interruption import on_host
from tests.measuring.many.test_burst import asking
from tests.measuring.many.test_density import launches
from tests.sequential import ratio

pytestmark = pytest.mark.root

COUNT = 64
CPU_BAR, LATE_BAR_S = 0.05, 0.001
"""Requirements: at most 5 % of a CPU, stamps late by at most 1 ms."""

AS_ALONE = {"bare": 1.08}
"""What stays has a keeper: one more fork, 0.16 ms of the 3.5 that a plain process takes. Requirement: 1.03."""

SAYS_WHEN = (
    "use Time::HiRes qw(clock_gettime sleep CLOCK_MONOTONIC); $| = 1; my $end = clock_gettime(CLOCK_MONOTONIC) + 3;"
    'sleep($end - clock_gettime(CLOCK_MONOTONIC)); printf "%.6f\\nready\\n", clock_gettime(CLOCK_MONOTONIC); sleep 600;'
)
"""Waits, and says when it was over by the clock that the host stamps with; in one write."""


def test_the_harness_is_no_burden_on_64_at_once(image: Image, run_id: str) -> None:
    isolation = checked(open_isolation("bare", run_id), image)
    of = replace(asking(COUNT, start_timeout_s=60), command=("/usr/bin/perl", "-e", SAYS_WHEN))
    launch_of = launches(isolation, of, image)
    asked_for = [launch_of(number) for number in range(1, COUNT + 1)]
    with wholly_kept_to(harness_cpus([1])), asked_at_once(isolation, asked_for, Interruptions()) as asked:
        used_s, began_s = time.process_time(), time.monotonic()
        reasons = waited_for(asked, 60, isolation.clock)
        share = (time.process_time() - used_s) / (time.monotonic() - began_s)
        ready = those_ready(asked, reasons)
        assert len(ready) == COUNT, reasons
        late_s = sorted(_late_s(instance) for instance in ready)
        leave(ready, isolation.clock)
    print(f"harness {share:.2%} of a CPU; stamps late by {statistics.median(late_s):.6f} s, worst {late_s[-1]:.6f}")
    assert late_s[0] >= 0, "no stamp is before what it stamps"
    assert statistics.median(late_s) <= LATE_BAR_S
    assert share <= CPU_BAR
    assert on_host(run_id) == []


@pytest.mark.parametrize("name", ["bare", "unshare", "runsc", pytest.param("docker", marks=pytest.mark.docker)])
def test_one_of_a_burst_of_one_is_ready_like_one_that_is_started_by_itself(
    name: str, image: Image, run_id: str, require: Require
) -> None:
    isolation = checked(open_isolation(name, run_id), image)
    of = replace(asking(1), command=("/bin/sh", "-c", "echo ready; exec sleep 3600"), envelope=envelope())

    def burst_s() -> float:
        found: list[Sample] = []
        bursts(isolation, launches(isolation, of, image), of, found.extend, Interruptions())
        return next(one.value for one in found if one.metric == "burst.each.ready")

    compared = ratio(burst_s, lambda: ready_s(isolation, image))
    require(compared, at_least=math.log(0.97), at_most=math.log(AS_ALONE.get(name, 1.03)), most=400)


def _late_s(instance: Instance) -> float:
    """Return how long after the workload's own reading of the clock the line arrived that it printed then."""
    said = float(next(instance.console.lines()).text)
    return instance.timeline.marks_ns["ready"] / 1e9 - said
