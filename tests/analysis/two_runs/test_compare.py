"""Two runs against each other: what is refused, what is called a change, how often chance is."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import bench
from bench.analysis.data.frame import load
from bench.analysis.figures import summary
from bench.analysis.figures.by_round import CellKey, FigureKey, sides
from bench.analysis.statistics import permutation
from bench.analysis.statistics.significance import contrast, holm
from bench.analysis.two_runs.compare import Change, compare_runs
from bench.errors import InputError, ResultsError
from bench.store.manifest import REDACTED_HOST
from tests.synthetic import write_run

Edit = Callable[[Any], None]


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return write_run(tmp_path / "before", trouble=False)


@pytest.fixture
def after(tmp_path: Path) -> Path:
    return write_run(tmp_path / "after", trouble=False)


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """What came before, in as few rounds as show it: for what is said around the figures."""
    return write_run(tmp_path / "before", rounds=3, trouble=False)


@pytest.fixture
def later(tmp_path: Path) -> Path:
    return write_run(tmp_path / "after", rounds=3, trouble=False)


def edit_manifest(run: Path, edit: Edit) -> Path:
    document = json.loads((run / "manifest.json").read_text())
    edit(document)
    (run / "manifest.json").write_text(json.dumps(document))
    return run


def edit_trials(run: Path, edit: Edit) -> Path:
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    for trial in trials:
        edit(trial)
    (run / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    return run


def scale(metric: str, isolation: str, by: float) -> Edit:
    def edit(trial: dict[str, Any]) -> None:
        for sample in trial["samples"] if trial["isolation"] == isolation else ():
            if sample["metric"] == metric:
                sample["value"] *= by

    return edit


def lose(isolation: str, outcome: str, rounds: int = 99) -> Edit:
    def edit(trial: dict[str, Any]) -> None:
        if trial["isolation"] == isolation and trial["round"] <= rounds:
            trial.update(outcome=outcome, reason="it hung", samples=[])

    return edit


def test_nothing_changed_is_said_where_the_data_show_it(before: Path, after: Path) -> None:
    found = compare_runs(before, after, min_change=0.25)
    assert {pair.change for pair in found.pairs} == {Change.NONE}
    assert not found.is_worse
    assert found.differences == ()


@pytest.mark.parametrize(
    ("metric", "by", "expected"),
    [
        ("timeline.ready", 1.3, Change.WORSE),
        ("timeline.ready", 0.7, Change.BETTER),
        ("events_per_s", 1.3, Change.BETTER),
        ("events_per_s", 0.7, Change.WORSE),
    ],
)
def test_a_change_is_worse_or_better_by_the_metrics_direction(
    before: Path, after: Path, metric: str, by: float, expected: Change
) -> None:
    found = compare_runs(before, edit_trials(after, scale(metric, "docker", by)))
    moved = {(pair.isolation, pair.metric, pair.change) for pair in found.pairs if pair.ratio != pytest.approx(1)}
    assert ("docker", metric, expected) in moved
    assert {isolation for isolation, _, _ in moved} == {"docker"}
    assert found.is_worse is (expected is Change.WORSE)
    assert all(
        pair.ratio == pytest.approx(by) for pair in found.pairs if pair.metric == metric and "docker" in pair.isolation
    )


def test_a_change_that_is_sure_and_small_is_none(before: Path, after: Path) -> None:
    """Both gates: what is significant at one minimum does not matter at another."""
    edit_trials(after, scale("timeline.ready", "vm", 1.2))
    strict = [pair for pair in compare_runs(before, after).pairs if pair.isolation == "vm" and pair.p < 0.05]
    assert {pair.metric for pair in strict} == {"timeline.ready"}
    assert {pair.change for pair in strict} == {Change.WORSE}
    assert not compare_runs(before, after, min_change=0.5).is_worse


def test_the_frame_is_the_same_and_has_declared_types(before: Path, after: Path) -> None:
    frame = bench.compare(before, after)
    assert len(frame) == len(compare_runs(before, after).pairs) == 33
    assert str(frame["ratio"].dtype) == "float64"
    assert str(frame["change"].dtype).startswith("str")
    assert len(bench.compare(before, after, every=True)) > 100


def test_equivalence_is_corrected_for_how_many_figures_there_are(before: Path, after: Path) -> None:
    """Holm by hand for the pairs of one-sided tests, and the same figure is less sure among more of them."""
    few = bench.compare(before, after, min_change=0.1)
    for _, row in few.iterrows():
        assert (row["change"] == "no relevant change") == (row["p_alike"] < 0.05)
    alone = compare_runs(before, after, min_change=0.1)
    raw = sorted(one.p_alike for one in alone.pairs)
    assert raw == sorted(few["p_alike"])
    many = bench.compare(before, after, min_change=0.1, every=True)
    key = ["scenario", "parameters", "isolation", "metric", "vantage"]
    both = few.merge(many, on=key, suffixes=("", "_many"))
    assert len(both) == len(few)
    assert (both["p_alike_many"] >= both["p_alike"]).all()
    assert (both["p_alike_many"] > both["p_alike"]).any()


def test_p_values_of_equivalence_are_holms_of_the_pairs_of_tests(before: Path, after: Path) -> None:
    indexes = [sides(summary.measured(load(run))) for run in (before, after)]
    pairs = compare_runs(before, after, min_change=0.25).pairs
    raw = []
    for pair in pairs:
        cell, figure = (
            CellKey(pair.scenario, pair.parameters, pair.isolation),
            FigureKey(pair.metric, pair.vantage, pair.unit, pair.better),
        )
        one, other = (found[cell][figure] for found in reversed(indexes))
        tested = contrast(replace(one, rounds=one.rounds + 1000), other)
        assert tested is not None
        raw.append(tested.equivalence(0.25))
    assert [pair.p_alike for pair in pairs] == pytest.approx(holm(raw).tolist())


def test_what_could_have_been_seen_shrinks_with_rounds(tmp_path: Path) -> None:
    seen = []
    for rounds in (4, 16):
        runs = [write_run(tmp_path / f"{name}{rounds}", rounds=rounds, trouble=False) for name in "ab"]
        frame = bench.compare(*runs)
        assert str(frame["detectable"].dtype) == "float64"
        seen.append(frame["detectable"].median())
    assert seen[1] < seen[0] / 1.5


def test_too_few_rounds_decide_nothing_and_say_so(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / name, rounds=2, trouble=False) for name in "ab"]
    frame = bench.compare(*runs)
    assert set(frame["change"]) == {"undecided"}
    assert set(frame["note"]) == {"fewer than 3 rounds"}
    assert frame["p"].isna().all()


def test_a_figure_that_is_not_above_zero_is_undecided_not_missing(before: Path, after: Path) -> None:
    frame = bench.compare(before, edit_trials(after, scale("events_per_s", "vm", 0)), every=True)
    rows = frame[(frame["metric"] == "events_per_s") & (frame["isolation"] == "vm")]
    assert set(rows["change"]) == {"undecided"}
    assert all("not above zero" in note for note in rows["note"])


@pytest.mark.parametrize("outcome", ["did not return", "timed out", "failed"])
def test_failures_that_are_new_are_shown_and_worse(earlier: Path, later: Path, outcome: str) -> None:
    found = compare_runs(earlier, edit_trials(later, lose("docker", outcome, rounds=1)))
    assert {(one.isolation, one.reason, one.is_new) for one in found.endings} == {("docker", "it hung", True)}
    assert all(one.after[outcome] == 1 for one in found.endings)
    assert found.is_worse


def test_failures_of_both_and_failures_that_are_gone_are_not_new(earlier: Path, later: Path) -> None:
    edit_trials(earlier, lose("docker", "failed", rounds=2))
    gone = compare_runs(earlier, later)
    assert gone.endings
    assert not gone.is_worse
    both = compare_runs(earlier, edit_trials(later, lose("docker", "failed", rounds=1)))
    assert not any(one.is_new for one in both.endings)


def test_all_failures_are_worse_though_no_figure_is_left(earlier: Path, later: Path) -> None:
    for isolation in ("bare", "docker", "vm"):
        edit_trials(later, lose(isolation, "failed"))
    found = compare_runs(earlier, later)
    assert found.pairs == ()
    assert found.is_worse


def test_an_isolation_that_is_no_longer_ready_is_worse_and_one_that_was_not_asked_for_is_not(
    earlier: Path, later: Path
) -> None:
    lines = (later / "trials.jsonl").read_text().splitlines(keepends=True)
    (later / "trials.jsonl").write_text("".join(line for line in lines if json.loads(line)["isolation"] != "vm"))
    unready = {"ready": False, "reason": "no QEMU"}
    edit_manifest(later, lambda document: document["isolations"]["vm"].update(unready))
    found = compare_runs(earlier, later)
    assert {one.isolation for one in found.endings if one.is_new} == {"vm"}
    assert "no QEMU" in found.endings[0].reason
    edit_manifest(later, lambda document: document["isolations"].pop("vm"))
    assert not compare_runs(earlier, later).is_worse
    assert any("on vm is only in before" in text for text in compare_runs(earlier, later).left_out)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (
            lambda d: d["scenarios"]["cpu"].update(version="ffff"),
            "cpu, version: 0123456789ab in the first, ffff in",
        ),
        (lambda d: d["images"]["base"].update(digest="sha256:77"), "startup, image: sha256:5f0c"),
        (lambda d: d["images"].clear(), ", not recorded in the second"),
        (lambda d: d["host"].update(name="elm"), "different machines, as far as they tell: host fir and elm"),
        (lambda d: d["host"].update(cpu_model="Other"), "CPU 2 x Scripted CPU 9000 and 2 x Other"),
        (lambda d: d["host"].update(memory_bytes=1 << 30), "memory"),
        (lambda d: d["scenarios"].clear(), "share no scenario"),
    ],
)
def test_what_cannot_be_compared_is_refused_and_named(earlier: Path, later: Path, edit: Edit, said: str) -> None:
    with pytest.raises(ResultsError, match=said):
        compare_runs(earlier, edit_manifest(later, edit))


def test_two_runs_without_the_names_of_their_hosts_are_not_taken_for_one_machines(earlier: Path, later: Path) -> None:
    for run in (earlier, later):
        edit_manifest(run, lambda document: document["host"].update(name=REDACTED_HOST))
    with pytest.raises(ResultsError, match="different machines, as far as they tell: host redacted and redacted"):
        compare_runs(earlier, later)
    assert compare_runs(earlier, later, across_hosts=True).across


def test_a_run_that_looked_at_its_data_is_compared_with_its_own_confidence(before: Path, after: Path) -> None:
    plain = compare_runs(before, after).pairs
    edit_manifest(before, lambda document: document.update(stopping={"confidence": 0.97}))
    wider = compare_runs(before, after).pairs
    assert all(one.low > other.low and one.high < other.high for one, other in zip(plain, wider, strict=True))


def test_other_machines_are_compared_when_the_reader_says_so(earlier: Path, later: Path) -> None:
    edit_manifest(later, lambda document: document["host"].update(name="elm"))
    found = compare_runs(earlier, later, across_hosts=True)
    assert found.across
    assert found.differences[0].what == "host"


def test_a_little_more_memory_is_the_same_machine(earlier: Path, later: Path) -> None:
    edit_manifest(later, lambda document: document["host"].update(memory_bytes=(23 << 30) + (64 << 20)))
    assert not compare_runs(earlier, later).across


def test_a_scenario_that_only_one_run_has_is_left_out_and_named(earlier: Path, later: Path) -> None:
    edit_manifest(later, lambda document: document["scenarios"].pop("cpu"))
    found = compare_runs(earlier, later)
    assert "scenario cpu is only in before" in found.left_out
    assert {pair.scenario for pair in found.pairs} == {"startup", "memory"}


def test_what_is_emulated_in_one_run_only_is_left_out(earlier: Path, later: Path) -> None:
    edit_trials(later, lambda trial: trial.update(emulated=False))
    found = compare_runs(earlier, later)
    assert "vm" not in {pair.isolation for pair in found.pairs}
    assert any("emulated in one of the runs only" in text for text in found.left_out)


def test_settings_of_an_engine_that_differ_are_listed_and_its_identity_is_not(earlier: Path, later: Path) -> None:
    edit_manifest(earlier, lambda one: one["isolations"]["docker"].update(engine={"id": "A:B", "version": "20"}))
    edit_manifest(later, lambda one: one["isolations"]["docker"].update(engine={"id": "ID", "init": "true"}))
    told = [one for one in compare_runs(earlier, later).differences if "engine's" in one.what]
    assert {(one.what, one.before, one.after) for one in told} == {
        ("docker, engine's version", "20", "none"),
        ("docker, engine's init", "none", "true"),
    }


def test_circumstances_that_differ_are_listed(earlier: Path, later: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        document.update(seed=7, quick=True, bench_version="9")
        document.update(resumed=[{"at": "2026-11-23T21:10:00+00:00", "after": 5, "gap_s": 1.0}])
        document["host"].update(kernel="6.9", cgroup="v2")
        document["isolations"]["docker"]["versions"] = {"kernel": "5.10", "runc": "1.2"}
        document["scenarios"]["cpu"]["envelope"]["cpus"] = 2

    found = compare_runs(earlier, edit_manifest(later, edit)).differences
    assert {(one.what, one.before, one.after) for one in found} >= {
        ("seed", "42", "7"), ("quick", "no", "yes"), ("stretches", "1", "2"), ("Isobench", "0.1.0", "9"),
        ("host, kernel", "6.1.0", "6.9"),
        ("host, cgroup", "v1", "v2"), ("docker, version of runc", "not recorded", "1.2"),
        ("cpu, envelope, cpus", "1", "2"),
    }  # fmt: skip


@pytest.mark.parametrize("share", [0.0, -0.1, 11.0, float("nan")])
def test_a_minimum_change_that_means_nothing_is_refused(earlier: Path, later: Path, share: float) -> None:
    with pytest.raises(InputError, match="minimum change"):
        compare_runs(earlier, later, min_change=share)


@pytest.mark.parametrize(("n", "m", "off"), [(4, 5, 1e-12), (6, 6, 1e-12), (8, 8, 0.02)])
@pytest.mark.parametrize("level", [0, 1e4])
def test_permutations_are_those_that_there_are(n: int, m: int, off: float, level: float) -> None:
    """Held against every arrangement; of 8 and 8 values a part is drawn. Far from zero equal distances stay equal."""
    pooled = level + np.random.default_rng(11).normal(np.repeat([0.6, 0], [n, m]), 1)
    chosen = [list(places) for places in itertools.combinations(range(n + m), n)]
    first, second = pooled[chosen], np.array([np.delete(pooled, places) for places in chosen])
    distances = np.abs(stats.ttest_ind(first, second, equal_var=False, axis=1).statistic)
    expected = np.mean(distances >= distances[0] * (1 - 1e-6))
    assert permutation.p_value(pooled[:n], pooled[n:]) == pytest.approx(expected, abs=off)


def test_values_that_do_not_vary_differ_surely_or_not_at_all() -> None:
    assert permutation.p_value(np.ones(5), np.ones(5)) == 1
    assert permutation.p_value(np.full(5, 1.1), np.full(5, 1.1)) == 1
    assert permutation.p_value(np.ones(5), np.full(5, 2.0)) == pytest.approx(permutation.finest(5, 5))


def test_chance_is_called_a_change_as_often_as_it_should_be() -> None:
    """1500 pairs of samples without any difference, of different spreads: 5 % of them at 5 %, within 4 sigma."""
    rng = np.random.default_rng(3)
    tests = [permutation.p_value(rng.normal(0, 0.02, 5), rng.normal(0, 0.03, 5)) < 0.05 for _ in range(1500)]
    assert 0.03 < np.mean(tests) < 0.0725
