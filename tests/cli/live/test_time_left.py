"""The time left is right within 20 % after a tenth of a run, in real runs as they were recorded."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from bench.cli.live.time_left import TimeLeft
from bench.isolations.base import Availability, Fault
from bench.model import Cell, Trial
from bench.scenario import load_selected
from tests.records import scenario, trial

REPOSITORY = Path(__file__).parents[3]
RECORDED = json.loads((Path(__file__).parent / "recorded_runs.json").read_text())
"""Quick runs of this program on a busy host: what each isolation's probe took, and every trial in its order."""

Spent = Sequence[tuple[str, str, str, float]]
"""Scenario, the cell's parameters, isolation, seconds."""


def of_journal(run: str) -> Spent:
    """Return a published run: a trial took until the next one began."""
    lines = [
        json.loads(line) for line in (REPOSITORY / "results/published" / run / "trials.jsonl").read_text().splitlines()
    ]
    began = [datetime.fromisoformat(line["started_at"]).timestamp() for line in lines]
    return [
        (line["scenario"], json.dumps(line["parameters"], sort_keys=True), line["isolation"], end - begin)
        for line, (begin, end) in zip(lines, itertools.pairwise(began), strict=False)
    ]


RUNS: Mapping[str, tuple[Spent, Mapping[str, float | None], bool]] = {
    **{run: (of_journal(run), {}, False) for run in ("sixteen-isolations", "cpu-bound-work")},
    **{name: (one["trials"], one["probes"], True) for name, one in RECORDED.items()},
}


def errors(
    spent: Spent, probes: Mapping[str, float | None], *, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[float, float]]:
    """Return, after each trial, which share of the run is over, and by which share of it the time left is wrong."""
    now_s = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    names = dict.fromkeys(name for name, *_ in spent)
    known = {one.name: one for one in load_selected(list(names), None, quick=quick)}
    trials = [
        Trial(
            number=number,
            round=1,
            cell=Cell(scenario=known[name], parameters=json.loads(parameters), isolation=isolation),
            nonce="",
        )
        for number, (name, parameters, isolation, _) in enumerate(spent, start=1)
    ]
    left = TimeLeft()
    left.checked([found(name, took) for name, took in probes.items() if took is not None])
    left.planned(trials)
    whole_s = sum(seconds for *_, seconds in spent)
    wrong = []
    for one, (*_, seconds) in zip(trials, spent, strict=True):
        left.start()
        now_s += seconds
        left.stop(one)
        said_s = left.left_s()
        assert said_s is not None
        if whole_s - now_s > 0.01 * whole_s:
            wrong.append((now_s / whole_s, said_s / (whole_s - now_s) - 1))
    return wrong


@pytest.mark.parametrize("run", RUNS)
def test_it_is_right_within_20_percent_after_a_tenth_of_a_real_run(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spent, probes, quick = RUNS[run]
    judged = [wrong for over, wrong in errors(spent, probes, quick=quick, monkeypatch=monkeypatch) if over >= 0.1]
    print(f"{run}: {judged[0]:+.0%}")
    assert abs(judged[0]) <= 0.2
    assert len(judged) > 10


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> TimeLeft:
    return TimeLeft()


def spend(left: TimeLeft, one: Trial, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    left.start()
    monkeypatch.setattr(time, "monotonic", lambda: seconds)
    left.stop(one)


def found(isolation: str, took_s: float) -> Availability:
    return Availability(isolation=isolation, fault=None, detail="", took_s=took_s)


def of(name: str, isolation: str) -> Trial:
    return trial(scenario(name=name), isolation=isolation)


def test_a_cell_that_was_run_is_taken_for_the_mean_of_its_trials(
    left: TimeLeft, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick, slow = of("quick", "bare"), of("slow", "bare")
    left.planned([quick, quick, quick, slow, slow])
    for one, took_s in ((quick, 1.0), (quick, 3.0), (slow, 60.0)):
        spend(left, one, took_s, monkeypatch)
    assert left.left_s() == pytest.approx(62.0)


def test_a_cell_that_was_not_is_the_sum_of_what_isolation_and_scenario_cost(
    left: TimeLeft, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = {("quick", "bare"): 1.0, ("slow", "bare"): 11.0, ("quick", "vm"): 4.0}
    trials = [of(*key) for key in (*seconds, ("slow", "vm"))]
    left.planned(trials)
    for one, took_s in zip(trials, seconds.values(), strict=False):
        spend(left, one, took_s, monkeypatch)
    assert left.left_s() == pytest.approx(14.0)


def test_before_any_trial_it_is_as_probes_and_scenarios_tell(left: TimeLeft) -> None:
    assert left.left_s() is None
    left.checked(
        [
            Availability(isolation=name, fault=None, detail="", took_s=took)
            for name, took in (("bare", 1.0), ("vm", 9.0))
        ]
    )
    left.planned([trial(scenario(settle_s=4.0), isolation=name) for name in ("bare", "vm")])
    assert left.left_s() == pytest.approx(18.0)


def test_what_cannot_be_started_takes_no_time(left: TimeLeft) -> None:
    fault = Fault(reason="no engine", remedy="Start one")
    left.checked(
        [
            Availability(isolation="bare", fault=None, detail="", took_s=1.0),
            Availability(isolation="docker", fault=fault, detail=""),
        ]
    )
    left.planned([of("speak", "bare"), of("speak", "docker")])
    assert left.left_s() == pytest.approx(1.0)


def test_there_is_none_left_when_all_is_done(left: TimeLeft, monkeypatch: pytest.MonkeyPatch) -> None:
    left.planned([of("speak", "bare")])
    spend(left, of("speak", "bare"), 2.0, monkeypatch)
    assert left.left_s() == 0.0
