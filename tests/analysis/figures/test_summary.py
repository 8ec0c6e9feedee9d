import math

import pandas as pd
import pytest

from bench.analysis.data.derive import cpu_used, phases
from bench.analysis.figures.comparison import comparisons
from bench.analysis.figures.summary import DTYPES, measured, summarize
from bench.analysis.figures.sweep import sweeps
from bench.analysis.quality.caveats import caveats
from bench.errors import ResultsError
from tests.analysis.rows import Row, frame, of

MARKS = {"created": 0.1, "start": 0.4, "ready": 0.4, "bye": 1.0, "exited": 1.1, "gone": 1.5}


def timeline(isolation: str, trials: range, scale: float = 1.0, **changes: float) -> list[Row]:
    marks = MARKS | changes
    return [(t, isolation, f"timeline.{mark}", "host", at * scale, "s") for t in trials for mark, at in marks.items()]


def memory(isolation: str, trials: range, **roles: float) -> list[Row]:
    return [
        (t, isolation, "memory.idle.pss", f"processes:{role.replace('__', ':')}", value, "B")
        for t in trials
        for role, value in roles.items()
    ]


def test_medians_and_ratios_by_hand() -> None:
    rows = [
        *((t, "bare", "timeline.ready", "host", value, "s") for t, value in enumerate([1.0, 2.0, 3.0])),
        *((t, "docker", "timeline.ready", "host", value, "s") for t, value in enumerate([8.0, 10.0, 30.0], start=10)),
    ]
    table = summarize(frame(rows))
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == dict(DTYPES)
    docker, bare = of(table, "docker", "timeline.ready"), of(table, "bare", "timeline.ready")
    assert (docker["n"], docker["median"], docker["low"], docker["high"]) == (3, 10, 8, 30)
    assert docker["ratio"] == pytest.approx((8 * 10 * 30 / (1 * 2 * 3)) ** (1 / 3))
    assert docker["ratio_low"] <= 8 / 3 + 0.5 < docker["ratio_high"]
    assert bare["ratio"] == 1
    assert math.isnan(bare["ratio_low"])
    assert of(table, "docker", "overhead.timeline.ready")["median"] == 8


def test_phases_are_the_steps_between_marks_in_the_order_of_their_medians() -> None:
    table = summarize(frame(timeline("docker", range(3))))
    steps = {mark: of(table, "docker", f"phase.{mark}")["median"] for mark in MARKS}
    expected = {"created": 0.1, "start": 0.3, "ready": 0.0, "bye": 0.6, "exited": 0.1, "gone": 0.4}
    assert steps == pytest.approx(expected)


def test_a_trial_without_a_mark_has_neither_its_phase_nor_the_next() -> None:
    rows = [row for row in timeline("docker", range(4)) if (row[0], row[2]) != (0, "timeline.start")]
    found = phases(frame(rows))
    counts = found.groupby("metric")["trial"].nunique().to_dict()
    assert counts == {f"phase.{mark}": 3 if mark in ("start", "ready") else 4 for mark in MARKS}


def test_phases_add_up_to_the_last_mark() -> None:
    samples = frame(timeline("docker", range(4), created=0.25))
    assert phases(samples).groupby("trial")["value"].sum().tolist() == pytest.approx([1.5] * 4)


def test_teardown_counts_from_bye_or_else_from_the_last_mark() -> None:
    with_bye = summarize(frame(timeline("docker", range(3))))
    assert of(with_bye, "docker", "teardown")["median"] == pytest.approx(0.5)
    rows = [row for row in timeline("docker", range(3)) if row[2] != "timeline.bye"]
    assert of(summarize(frame(rows)), "docker", "teardown")["median"] == pytest.approx(0.4)


def test_own_roles_are_summed_and_shared_daemons_never() -> None:
    rows = [
        *memory("bare", range(3), workload=10.0),
        *memory("docker", range(10, 13), workload=10.0, shim=40.0, shared__engine=1000.0),
        *((t, "docker", "memory.idle.available_change", "host", 70.0, "B") for t in range(10, 13)),
    ]
    table = summarize(frame(rows))
    assert of(table, "docker", "memory.idle.pss", "processes")["median"] == 50
    assert of(table, "docker", "memory.idle.pss", "processes:shared:engine")["median"] == 1000
    assert of(table, "docker", "overhead.memory.idle.pss", "processes")["median"] == 40
    assert of(table, "docker", "memory.idle.residual")["median"] == 20


def test_memory_at_load_is_summed_and_explained_like_idle_memory() -> None:
    rows: list[Row] = []
    for trials, isolation, shim in ((range(3), "bare", 0.0), (range(10, 13), "docker", 40.0)):
        for when, held in (("idle", 10.0), ("load", 30.0)):
            for t in trials:
                rows.append((t, isolation, f"memory.{when}.pss", "processes:workload", held, "B"))
                rows.append((t, isolation, f"memory.{when}.pss", "processes:shim", shim, "B"))
                rows.append((t, isolation, f"memory.{when}.available_change", "host", held + 50, "B"))
    table = summarize(frame(rows))
    assert of(table, "docker", "memory.load.pss", "processes")["median"] == 70
    assert of(table, "docker", "overhead.memory.load.pss", "processes")["median"] == 40
    assert of(table, "docker", "memory.load.residual")["median"] == 10
    assert of(table, "docker", "memory.idle.residual")["median"] == 10


def test_work_per_cpu_second() -> None:
    values = [
        ("events_per_s", "workload", 300.0, "1/s"), ("cpu.window", "host", 4.0, "s"),
        ("cpu.used", "cgroup", 5.0, "s"),
        ("cpu.used", "processes:shim", 1.0, "s"), ("cpu.used", "processes:shared:engine", 50.0, "s"),
    ]  # fmt: skip
    samples = frame(((t, "docker", *value) for t in range(3) for value in values), better="higher")
    assert cpu_used(samples).tolist() == [6.0] * 3
    found = of(summarize(samples), "docker", "events_per_s.per_cpu_s", "workload")
    assert (found["median"], found["unit"]) == (200.0, "1/CPU-s")
    cost = of(summarize(samples), "docker", "events_per_s.cpu_s_per_1000", "workload")
    assert (cost["median"], cost["unit"], cost["better"]) == (5.0, "CPU-s per 1000 events", "lower")


@pytest.mark.parametrize("unit", ["B/s", "MB/s"])
def test_what_cannot_be_counted_has_no_cost_of_a_thousand(unit: str) -> None:
    values = [("rate", "workload", 300.0, unit), ("cpu.window", "host", 4.0, "s"), ("cpu.used", "cgroup", 6.0, "s")]
    metrics = set(
        summarize(frame(((t, "docker", *one) for t in range(3) for one in values), better="higher"))["metric"]
    )
    assert "rate.per_cpu_s" in metrics
    assert not [name for name in metrics if "1000" in name]


@pytest.mark.parametrize(("inside", "said"), [(1.02, True), (0.98, True), (1.009, False), (1.0, False)])
def test_a_clock_over_one_percent_off_is_a_caveat(inside: float, said: bool) -> None:
    rows: list[Row] = [(t, "vm", "clock.workload", "workload", inside, "s") for t in range(6)]
    rows += [(t, "vm", "clock.host", "host", 1.0, "s") for t in range(6)]
    (sweep,) = sweeps(frame(rows))
    texts = [text for text in caveats(sweep) if "clock" in text]
    assert bool(texts) is said
    assert all("vm (emulated)" in text for text in texts)


def test_troubled_trials_are_counted_and_in_no_figure() -> None:
    rows: list[Row] = [(t, "bare", "timeline.ready", "host", 1.0, "s") for t in range(3)]
    rows += [
        (3, "bare", "timeline.ready", "host", 99.0, "s"),
        (4, "bare", "timeline.ready", "host", 99.0, "s"),
    ]
    table = summarize(frame(rows, outcomes={3: "spoiled", 4: "timed out"}))
    found = of(table, "bare", "timeline.ready")
    assert (found["n"], found["median"], found["high"]) == (3, 1.0, 1.0)
    assert (found["spoiled"], found["failed"], found["did_not_return"]) == (1, 0, 1)


def test_a_cell_in_which_all_failed_is_still_a_row() -> None:
    table = summarize(frame([(0, "vm", "timeline.ready", "host", 1.0, "s")], outcomes={0: "failed"}))
    assert table[["n", "failed"]].to_numpy().tolist() == [[0, 1]]
    assert table["metric"].isna().all()
    (sweep,) = sweeps(frame([(0, "vm", "x", "host", 1.0, "s")], outcomes={0: "failed"}))
    assert "No trial of vm (emulated) ended well" in " ".join(caveats(sweep))


def test_an_isolation_that_is_not_ready_here_has_not_failed() -> None:
    rows: list[Row] = [(t, "bare", "x", "host", 1.0, "s") for t in range(6)]
    told = frame([*rows, (6, "vm", "x", "host", 1.0, "s")], outcomes={6: "unsupported"})
    found = summarize(told).set_index("isolation").loc["vm"]
    assert (found["n"], found["failed"], found["spoiled"], found["unsupported"]) == (0, 0, 0, 1)
    (sweep,) = sweeps(told)
    assert caveats(sweep) == ()


def test_without_bare_there_is_no_ratio() -> None:
    table = summarize(frame(timeline("docker", range(3))))
    assert table["ratio"].isna().all()


def test_runs_are_never_pooled() -> None:
    one = frame(timeline("bare", range(3)))
    with pytest.raises(ResultsError, match="2 runs"):
        summarize(pd.concat([one, one.assign(run="other")]))


def test_isolations_stand_in_reading_order() -> None:
    rows = [row for name in ("vm", "zone", "docker:runsc", "docker", "bare") for row in timeline(name, range(1))]
    numbered = [(place, *row[1:]) for place, row in enumerate(rows)]
    (comparison,) = comparisons(frame(numbered))
    assert comparison.isolations == ("bare", "docker", "docker:runsc", "vm", "zone")


def test_an_empty_frame_gives_an_empty_summary() -> None:
    assert summarize(frame([])).empty
    assert measured(frame([])).empty
    assert comparisons(frame([])) == ()
