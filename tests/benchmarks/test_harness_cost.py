"""What the harness itself costs: timed by ``make bars`` with pytest-benchmark, held to bars where one was promised.

Bars are held by CPU time, the least of several runs: this machine is not alone, and who waits for a CPU uses none.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.isolations.console import Console
from bench.measuring.plan import plan
from bench.model import Kind, Measurement, Outcome, Sample
from bench.store.journal import Journal
from tests.records import MIB, NONCE, scenario, trial

ROOT = Path(__file__).parents[2]
HELP = [sys.executable, "-m", "bench", "--help"]
TYPER = [sys.executable, "-c", "import typer"]
REPEATS = 7

HELP_BAR_S = 0.4
"""Requirement: ``python -m bench --help`` answers before anyone wonders whether it will. It waits for nothing."""

CHUNK_BYTES = 4096
LINES = b"".join(b"line %06d of the workload's output, of ordinary length\n" % number for number in range(20_000))[:MIB]


def least_s(*actions: Callable[[], object]) -> list[float]:
    """Return the least CPU time of several runs of each, in this thread and in processes that it has waited for.

    They take turns, so that a CPU that is slow for a while is slow for all of them.
    """
    durations_s: list[list[float]] = [[] for _ in actions]
    for _ in range(REPEATS):
        for action, of_action_s in zip(actions, durations_s, strict=True):
            began_s = cpu_s()
            action()
            of_action_s.append(cpu_s() - began_s)
    return [min(of_action_s) for of_action_s in durations_s]


def cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.thread_time() + children.ru_utime + children.ru_stime


def process(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)


def fed(*, ready: str | None = None, data: bytes = LINES) -> Console:
    """Return a console that got the data in chunks as a pipe delivers them."""
    console = Console(NONCE, started=True, patterns={"ready": ready} if ready else {})
    for begin in range(0, len(data), CHUNK_BYTES):
        console.feed(data[begin : begin + CHUNK_BYTES], begin)
    return console


def measurement() -> Measurement:
    """Return a trial with as many samples as a real one has."""
    samples = tuple(
        Sample(metric=f"metric.{number}", value=number / 7, unit="s", vantage="host", better="lower", at_s=1.0)
        for number in range(40)
    )
    return Measurement(trial=trial(), outcome=Outcome(kind=Kind.OK), emulated=False, samples=samples, seen={}, tail=())


@pytest.mark.benchmark
def test_stamping_a_mebibyte_of_lines(benchmark: BenchmarkFixture) -> None:
    console = benchmark(fed)
    assert console.received_bytes == MIB


@pytest.mark.benchmark
def test_reading_a_mebibyte_of_lines_back(benchmark: BenchmarkFixture) -> None:
    console = fed()
    lines = benchmark(lambda: list(console.lines()))
    assert len(lines) == LINES.count(b"\n") + (not LINES.endswith(b"\n"))


@pytest.mark.benchmark
def test_appending_to_the_journal_with_both_syncs(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    line, now = measurement(), datetime.now(UTC)
    with Journal(tmp_path) as journal:
        benchmark(lambda: journal.append(line, LINES[:CHUNK_BYTES], started_at=now))
    assert (tmp_path / "trials.jsonl").stat().st_size > 0


@pytest.mark.benchmark
def test_planning_ten_thousand_trials(benchmark: BenchmarkFixture) -> None:
    of = scenario(parameters={"threads": tuple(range(10))}, rounds=250)
    trials = benchmark(lambda: plan([of], ["bare", "docker", "vm", "fake"], seed=1))
    assert len(trials) == 10_000


@pytest.mark.benchmark
def test_help(benchmark: BenchmarkFixture) -> None:
    benchmark(process, HELP)


def test_help_answers_within_its_bar() -> None:
    process(HELP)  # byte-compiles, reads the files into memory
    [help_s] = least_s(lambda: process(HELP))
    assert help_s < HELP_BAR_S


def test_help_costs_little_more_than_the_library_that_parses_its_options() -> None:
    """Holds on any machine: what we import on top of typer is small (it was as much again with rich's help)."""
    process(HELP)
    help_s, typer_s = least_s(lambda: process(HELP), lambda: process(TYPER))
    assert help_s < 2.0 * typer_s


def test_watching_for_a_ready_line_that_never_comes_costs_no_multiple() -> None:
    """A pattern is searched line by line until it matches: an order of magnitude at most, and linear."""
    fed_s, once_s, longer_s = least_s(
        fed, lambda: fed(ready="^never$"), lambda: fed(ready="^never$", data=LINES * 4)
    )  # fmt: skip
    assert once_s < 40 * fed_s
    assert longer_s < 4 * 2 * once_s


def test_a_line_without_an_end_costs_no_more_than_lines() -> None:
    """What is unfinished is not looked at again with every chunk: four times the bytes, four times the time."""
    one_s, four_s = least_s(lambda: fed(data=b"x" * MIB), lambda: fed(data=b"x" * (4 * MIB)))
    assert four_s < 4 * 3 * one_s


@pytest.mark.parametrize("rounds", [1_000])
def test_planning_grows_with_the_number_of_trials(rounds: int) -> None:
    of, more = scenario(rounds=rounds), scenario(rounds=rounds * 8)
    one_s, eight_s = least_s(*(lambda of=each: plan([of], ["bare", "docker"], seed=1) for each in (of, more)))
    assert eight_s < 8 * 3 * one_s
