"""Claims held against data."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bench
from bench.analysis.claims.claims import DTYPES, UNWRITTEN, JudgedClaim, judged, verdicts
from bench.analysis.claims.verdict import Verdict
from bench.analysis.data.frame import load, load_manifest
from bench.analysis.statistics import intervals
from bench.errors import ResultsError
from bench.model import Claim, Virtualization
from bench.store.manifest import Manifest, RunIsolation, RunMetric, Stopping
from tests.analysis.rows import Row
from tests.analysis.rows import frame as frame_of
from tests.synthetic import write_run
from tests.synthetic_service import NO_HOST_NETWORK, write_service_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_service_run(tmp_path_factory.mktemp("results") / "run")


@pytest.fixture(scope="module")
def table(run: Path) -> pd.DataFrame:
    return bench.verdicts(run)


def of_claim(table: pd.DataFrame, number: int) -> pd.DataFrame:
    return table[table["claim"] == number]


def test_one_row_per_claim_and_setting_and_the_columns_are_as_documented(table: pd.DataFrame) -> None:
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == dict(DTYPES)
    assert table.groupby("claim").size().to_dict() == {1: 2, 2: 8, 3: 4, 4: 8, 5: 4, 6: 4, 7: 2, 8: 1}


def test_a_frame_needs_its_manifest(run: Path, table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(verdicts(load(run), load_manifest(run)), table)
    with pytest.raises(ResultsError, match="does not hold the claims"):
        verdicts(load(run))


def test_a_claim_is_refuted_where_the_whole_interval_lies_outside(table: pd.DataFrame) -> None:
    nat = of_claim(table, 2)
    assert set(nat["verdict"]) == set(nat["claim_verdict"]) == {"refuted"}
    assert (nat["high"] < 0.95).all()
    sure = "from 4 rounds it cannot be surer than 88 %, where 95 % is asked"
    assert set(nat["claim_reason"]) == {f"at all 8 settings; {sure}"}
    assert set(of_claim(table, 6)["claim_reason"]) == {f"at all 4 settings; {sure}"}
    assert set(nat["reason"]) == {f"the whole interval lies outside what is claimed; {sure}"}


def test_an_interval_may_not_be_called_surer_than_its_rounds_allow(table: pd.DataFrame) -> None:
    assert set(of_claim(table, 2)["confidence"]) == {intervals.best_coverage(4)}  # one container's trial failed
    assert set(of_claim(table, 1)["confidence"]) == {intervals.best_coverage(5)}


def test_an_emulated_machine_says_nothing_of_hardware_but_its_figure_is_there(table: pd.DataFrame) -> None:
    machine = of_claim(table, 4)
    assert set(machine["verdict"]) == {"not testable here"}
    assert machine["emulated"].all()
    assert machine["figure"].between(0.05, 0.07).all()
    assert "vm is emulated on this machine" in machine["claim_reason"].iloc[0]


def test_a_baseline_may_have_other_parameters(table: pd.DataFrame) -> None:
    layered = of_claim(table, 5)
    assert layered["figure"].between(0.95, 1.05).all()
    assert set(layered["verdict"]) == {"refuted"}


def test_without_a_baseline_the_value_itself_is_judged_in_its_unit(table: pd.DataFrame) -> None:
    ready = of_claim(table, 6)
    assert (set(ready["unit"]), set(ready["verdict"])) == ({"s"}, {"refuted"})
    assert ready["figure"].between(0.55, 0.6).all()


def test_what_was_not_measured_says_why(table: pd.DataFrame) -> None:
    reasons = of_claim(table, 7)["reason"].tolist()
    assert reasons == [f"vm was left out: {NO_HOST_NETWORK}", "no trial of vm ended well (5 of 5 did not return)"]
    assert set(of_claim(table, 7)["claim_verdict"]) == {"undecided"}
    untested = of_claim(table, 8).iloc[0]
    assert (untested["verdict"], untested["reason"]) == (
        "not testable here", "gVisor is not among the isolations yet",
    )  # fmt: skip
    assert pd.isna(untested["parameters"])


def test_a_claim_of_an_old_run_is_words_alone(tmp_path: Path) -> None:
    found = verdicts(write_run(tmp_path / "run", rounds=1))
    assert set(found["verdict"]) == {"not testable here"}
    assert set(found["reason"]) == {UNWRITTEN}


# One scenario, ``s``, without parameters: rates of bare and docker in each round.

RATE = Claim(says="c", source="s", metric="rate", vantage="workload", of="docker", against="bare", at_least=0.97)


def told(claim: Claim, tmp_path: Path, **changes: object) -> Manifest:
    base = load_manifest(write_run(tmp_path / "told", rounds=1, trials=0))
    metric = RunMetric(name="rate", unit="1/s", better="higher")
    scenario = replace(base.scenarios["startup"], claims=(claim,), metrics=(metric,), **changes)  # type: ignore[arg-type]
    return replace(base, scenarios={"s": scenario})


def rates(bare: list[float], docker: list[float], outcomes: dict[int, str] | None = None) -> pd.DataFrame:
    """Return trials of as many rounds as there are values; NaN leaves a round out."""
    rows: list[Row] = []
    rounds = {}
    for isolation, values in (("bare", bare), ("docker", docker)):
        for number, value in enumerate(values, start=1):
            if not math.isnan(value):
                rounds[len(rows)] = number
                rows.append((len(rows), isolation, "rate", "workload", value, "1/s"))
    made = frame_of(rows, better="higher", outcomes=outcomes)
    return made.assign(round=made["trial"].map(rounds).astype("int64"))


def one(claim: Claim, frame: pd.DataFrame, tmp_path: Path) -> JudgedClaim:
    (found,) = judged(frame, told(claim, tmp_path))
    return found


def test_a_drift_that_troubles_both_sides_of_a_round_does_not_widen_a_ratio(tmp_path: Path) -> None:
    drift = np.linspace(1, 3, 9)
    frame = rates(list(drift), list(0.99 * drift))
    found = one(RATE, frame, tmp_path)
    assert found.verdict is Verdict.SUPPORTED
    (row,) = found.rows
    assert (row.low, row.high) == pytest.approx((0.99, 0.99))
    alone = intervals.ratio(list(0.99 * drift), list(drift))
    assert alone.low < 0.8


@pytest.mark.parametrize("rounds", [1, 2])
def test_too_few_rounds_decide_nothing_but_the_figure_is_there(rounds: int, tmp_path: Path) -> None:
    (row,) = one(RATE, rates([1.0] * rounds, [0.5] * rounds), tmp_path).rows
    assert (row.verdict, row.figure, row.n) == (Verdict.UNDECIDED, 0.5, rounds)
    assert "too few" in row.reason


def test_more_than_half_of_the_trials_lost_decide_nothing(tmp_path: Path) -> None:
    bad = dict.fromkeys(range(7, 11), "failed")
    (row,) = one(RATE, rates([1.0] * 7, [0.5] * 7, outcomes=bad), tmp_path).rows
    assert row.n == 3
    assert row.verdict is Verdict.UNDECIDED
    assert row.reason.startswith("of docker's trials 4 of 7 failed: ")
    few = dict.fromkeys(range(7, 10), "failed")
    (row,) = one(RATE, rates([1.0] * 7, [0.5] * 7, outcomes=few), tmp_path).rows
    assert row.verdict is Verdict.REFUTED


def test_rounds_that_only_one_side_has_count_too(tmp_path: Path) -> None:
    (row,) = one(RATE, rates([1.0, math.nan, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, math.nan, 1.0]), tmp_path).rows
    assert (row.n, row.verdict) == (4, Verdict.SUPPORTED)


def test_undecided_says_how_many_rounds_would_tell(tmp_path: Path) -> None:
    (row,) = one(RATE, rates([1.0] * 6, [0.95, 0.97, 0.98, 0.99, 1.0, 1.02]), tmp_path).rows
    assert row.verdict is Verdict.UNDECIDED
    assert row.rounds_needed is not None
    assert row.rounds_needed > 6
    assert f"about {row.rounds_needed} rounds would tell" in row.reason
    (row,) = one(RATE, rates([1.0] * 5, [0.95, 0.96, 0.97, 0.98, 0.99]), tmp_path).rows
    assert row.rounds_needed is None
    assert "no number of rounds of this size" in row.reason


def test_an_isolation_that_did_not_take_part_or_did_not_run_is_said(tmp_path: Path) -> None:
    frame = rates([1.0] * 5, [1.0] * 5)
    (row,) = one(replace(RATE, of="docker:runsc"), frame, tmp_path).rows
    assert row.reason == "docker:runsc did not run here: the engine knows no runtime runsc"
    (row,) = one(replace(RATE, of="jail"), frame, tmp_path).rows
    assert row.reason == "jail was not part of this run"


def test_a_setting_that_a_quick_run_does_not_have_is_undecided(run: Path) -> None:
    manifest = load_manifest(run)
    scenario = manifest.scenarios["mysql"]
    claim = replace(scenario.claims[1], where={"arm": ("published, layer",), "threads": (64, 512), "work": ("read",)})
    changed = replace(manifest, scenarios={"mysql": replace(scenario, claims=(claim,))})
    (found,) = judged(load(run), changed)
    assert [row.verdict for row in found.rows] == [Verdict.REFUTED, Verdict.UNDECIDED]
    assert found.rows[1].reason.startswith("not measured in this run: docker at ")
    assert "threads = 512" in found.rows[1].reason
    assert found.verdict is Verdict.REFUTED


def test_a_setting_at_which_nothing_was_measured_is_not_forgotten(run: Path) -> None:
    frame = load(run)
    lost = frame[~frame["parameters"].str.contains('"threads": 256') | (frame["outcome"] != "ok")]
    (found,) = [one for one in judged(lost, load_manifest(run)) if one.number == 1]
    assert len(found.rows) == 2
    assert found.rows[1].reason.startswith("not measured in this run: docker at ")


def test_a_hardware_claim_of_an_isolation_that_did_not_run_but_would_be_emulated(tmp_path: Path) -> None:
    manifest = told(replace(RATE, of="vm", hardware_virtualization=True), tmp_path)
    silent = replace(manifest, isolations={**manifest.isolations, "vm": RunIsolation(ready=False, reason="no QEMU")})
    (found,) = judged(rates([1.0] * 5, [1.0] * 5), silent)
    assert found.verdict is Verdict.UNDECIDED
    assert found.reason == "vm did not run here: no QEMU"


def test_judging_is_repeatable(run: Path, table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(verdicts(run), table)


def test_among_many_verdicts_what_may_be_chance_is_undecided(tmp_path: Path) -> None:
    """By itself the interval lies above the bound for sure; as one of 40 such verdicts it may be chance."""
    apart = np.array([-1.4, 0.5, -0.2, 0.8, 0.2, 1.4, -0.8, -0.5])
    samples = rates([1.0] * 8, list(np.exp(0.02 * apart - 0.006)))
    alone = told(RATE, tmp_path / "alone")
    many = replace(alone, scenarios={"s": replace(alone.scenarios["s"], claims=(RATE,) * 40)})
    (one,), others = judged(samples, alone), judged(samples, many)
    assert one.verdict is Verdict.SUPPORTED
    assert {other.verdict for other in others} == {Verdict.UNDECIDED}
    assert others[0].reason.startswith("supported if it were the only one, but among 40 verdicts")


def test_a_run_that_stopped_by_itself_is_judged_by_wider_intervals(tmp_path: Path) -> None:
    samples = rates([1.0, 1.02, 0.99, 1.01, 1.0, 0.98], [0.97, 1.01, 0.99, 0.96, 1.0, 0.98])
    fixed = told(RATE, tmp_path)
    stopped = replace(fixed, stopping=Stopping(precision=0.05, confidence=0.97))
    (one,), (other,) = judged(samples, fixed), judged(samples, stopped)
    assert other.rows[0].low < one.rows[0].low
    assert other.rows[0].confidence == one.rows[0].confidence == 0.95


@pytest.mark.parametrize(
    ("virtualization", "verdict"), [("hardware", Verdict.SUPPORTED), ("software", Verdict.NOT_TESTABLE)]
)
def test_a_claim_of_hardware_virtualization_is_judged_on_that_alone(
    tmp_path: Path, virtualization: Virtualization, verdict: Verdict
) -> None:
    claim = replace(RATE, hardware_virtualization=True)
    manifest = told(claim, tmp_path)
    docker = replace(manifest.isolations["docker"], virtualization=virtualization)
    manifest = replace(manifest, isolations={**manifest.isolations, "docker": docker})
    (found,) = judged(rates([1.0] * 6, [1.0] * 6), manifest)
    assert found.verdict is verdict
    if verdict is Verdict.NOT_TESTABLE:
        assert found.rows[0].reason.startswith("docker is virtualized in software on this machine, which says nothing")
