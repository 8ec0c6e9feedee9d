"""What the sentinels read, held against the limits that spoil a trial."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import bench
from bench.analysis.quality.disturbances import DTYPES, SENTINELS, by_isolation
from bench.host.disturbance.readings import HostActivity
from bench.host.disturbance.rules import OwnActivity, samples, spoiled_by
from tests.synthetic import write_run

QUIET = {"pressure_s": {"cpu.some": 0.0, "io.some": 0.0, "memory.some": 0.0}, "stolen_s": 0.0, "busy_s": 5.0}


def watched(
    folder: Path, seen: Callable[[dict[str, Any]], tuple[Mapping[str, object], OwnActivity]], rounds: int = 3
) -> Path:
    """Write a run whose trials have what the sentinels would leave of the changes that ``seen`` gives for each."""
    run = write_run(folder, rounds=rounds, trouble=False)
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    for trial in trials:
        changes, own = seen(trial)
        change = HostActivity(**{"span_s": 10.0, "cpus": 1, **QUIET, **changes})  # type: ignore[arg-type]
        for one in samples(change, own):
            about = {"metric": one.metric, "value": one.value, "unit": one.unit, "vantage": one.vantage}
            trial["samples"].append({**about, "better": one.better, "at_s": one.at_s})
        if why := spoiled_by(change, own):
            trial |= {"outcome": "spoiled", "reason": "; ".join(why)}
    (run / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    return run


CASES: dict[str, tuple[Mapping[str, object], OwnActivity, float]] = {
    "steal": ({"stolen_s": 1.0}, OwnActivity(cpu_s=5.0), 0.1),
    "other load": ({"busy_s": 8.0}, OwnActivity(cpu_s=5.0), 0.3),
    "memory pressure": ({"pressure_s": {"memory.some": 1.0}}, OwnActivity(cpu_s=5.0), 0.1),
    "swap": ({"swapped_bytes": 4096}, OwnActivity(cpu_s=5.0), 4096),
    "throttling": ({}, OwnActivity(cpu_s=5.0, throttled=3), 3),
    "heat": ({"hot": 2}, OwnActivity(cpu_s=5.0), 2),
    "kernel errors": ({"kernel_errors": ("oops",)}, OwnActivity(cpu_s=5.0), 1),
    "clock step": ({"clock_step_s": -0.5}, OwnActivity(cpu_s=5.0), 0.5),
    "sleep": ({"suspended_s": 3.0}, OwnActivity(cpu_s=5.0), 3.0),
}
QUIET_TOO: dict[str, tuple[Mapping[str, object], OwnActivity]] = {
    "up to the limit": ({"stolen_s": 0.5}, OwnActivity(cpu_s=5.0)),
    "of more CPUs": ({"stolen_s": 1.0, "cpus": 4}, OwnActivity(cpu_s=5.0)),
    "in a short trial": ({"stolen_s": 0.3, "span_s": 0.5}, OwnActivity(cpu_s=5.0)),
    "within the allowance": ({"busy_s": 5.9, "span_s": 2.0}, OwnActivity(cpu_s=5.0)),
    "at its own limit": ({"pressure_s": {"memory.some": 5.0}}, OwnActivity(cpu_s=5.0, at_memory_limit=True)),
    "its own CPU time unknown": ({"busy_s": 9.0}, OwnActivity()),
}


@pytest.mark.parametrize("sentinel", CASES)
def test_what_spoiled_a_trial_is_over_its_limit_and_nothing_else_is(sentinel: str, tmp_path: Path) -> None:
    """Each rule as ``bench.host.disturbance`` judges it, recovered from the samples it leaves."""
    changes, own, value = CASES[sentinel]
    quiet: tuple[Mapping[str, object], OwnActivity] = ({}, OwnActivity(cpu_s=5.0))
    run = watched(tmp_path / "run", lambda trial: (changes, own) if trial["isolation"] == "docker" else quiet, rounds=1)
    found = bench.disturbances(run)
    over = found[found["over"]]
    assert set(over["isolation"]) == {"docker"}
    assert set(over["sentinel"]) == {sentinel}
    assert set(over["outcome"]) == {"spoiled"}
    assert over["value"].tolist() == pytest.approx([value] * 4)
    assert len(over) == int((found.drop_duplicates("trial")["outcome"] == "spoiled").sum())


@pytest.mark.parametrize("case", QUIET_TOO)
def test_what_does_not_spoil_is_not_over(case: str, tmp_path: Path) -> None:
    run = watched(tmp_path / "run", lambda _: QUIET_TOO[case], rounds=1)
    found = bench.disturbances(run)
    assert not found["over"].any()
    assert set(found["outcome"]) == {"ok"}


def test_the_frame_has_its_types_and_a_row_for_each_trial_and_sentinel_that_was_read(tmp_path: Path) -> None:
    found = bench.disturbances(watched(tmp_path / "run", lambda _: ({}, OwnActivity(cpu_s=5.0))))
    assert list(found.columns) == list(DTYPES)
    names = {one.name for one in SENTINELS}
    assert set(found["sentinel"]) == names - {"swap", "throttling", "heat", "kernel errors"}  # not watched there
    assert len(found) == 36 * 7
    assert found["judged"].sum() == 36 * 5  # of the pressures, memory's alone can spoil


def test_a_run_without_sentinels_has_no_rows(tmp_path: Path) -> None:
    found = bench.disturbances(write_run(tmp_path / "run", rounds=1))
    assert found.empty
    assert list(found.columns) == list(DTYPES)
    assert by_isolation(found).empty


def test_each_isolation_has_its_median_and_its_worst_of_the_trials_that_are_judged(tmp_path: Path) -> None:
    def seen(trial: dict[str, Any]) -> tuple[Mapping[str, object], OwnActivity]:
        stolen = {1: 0.1, 2: 0.2, 3: 0.4}[trial["round"]]
        if trial["isolation"] == "docker" and trial["round"] == 3:
            return {"stolen_s": 0.4, "span_s": 0.5}, OwnActivity(cpu_s=0.1)
        return {"stolen_s": stolen}, OwnActivity(cpu_s=5.0)

    rows = by_isolation(bench.disturbances(watched(tmp_path / "run", seen)))
    steal = {str(row["isolation"]): row for row in rows.to_dict("records") if row["sentinel"] == "steal"}
    shown = {name: [row[what] for what in ("median", "worst", "trials", "short")] for name, row in steal.items()}
    assert shown["bare"] == pytest.approx([0.02, 0.04, 12, 0])
    assert shown["docker"] == pytest.approx([0.015, 0.02, 8, 4])
    assert steal["vm"]["emulated"]


def test_the_cpus_of_an_older_run_are_those_of_its_envelope(tmp_path: Path) -> None:
    run = watched(tmp_path / "run", lambda _: ({"stolen_s": 1.0, "cpus": 2}, OwnActivity(cpu_s=5.0)), rounds=1)
    text = (run / "trials.jsonl").read_text().replace("sentinel.cpus", "sentinel.other")
    (run / "trials.jsonl").write_text(text)
    manifest = json.loads((run / "manifest.json").read_text())
    for scenario in manifest["scenarios"].values():
        scenario["envelope"]["cpus"] = 4
    (run / "manifest.json").write_text(json.dumps(manifest))
    found = bench.disturbances(run)
    assert set(found.loc[found["sentinel"] == "steal", "value"]) == {1.0 / 40}
