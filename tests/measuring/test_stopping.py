"""When to stop: the rounds a rule gives, what it looks at, and what goes on after a look."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from bench.errors import InputError
from bench.measuring.plan import cells, plan
from bench.measuring.stopping import (
    GROWTH,
    LOOKS_SHARE,
    MOST_BETWEEN,
    MOST_ROUNDS,
    PATIENCE,
    PILOT,
    STRETCH_S,
    KeptTrial,
    Key,
    Look,
    Rule,
    Schedule,
    Width,
    key_of,
)
from bench.model import Cell, Trial
from tests.records import scenario

NAMES = ("bare", "docker", "vm")
CELLS = cells([scenario(name="a"), scenario(name="b", rounds=2)], NAMES)
OWN = {"a": 5, "b": 2}


@dataclass
class Machine:
    """A clock and a journal: trials cost what they are said to, widths shrink with the root of the rounds."""

    cost_s: dict[str, float]
    spread: dict[str, float]
    scatter: float = 1.0
    now_s: float = 0.0
    done: dict[Key, int] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    announced: list[int] = field(default_factory=list)

    def planned(self, trials: Sequence[Trial]) -> None:
        self.announced.append(len(trials))

    def looked(self, look: Look) -> None:
        self.looks.append(look)

    def widths(self) -> list[Width]:
        return [
            Width(key=key, half_width=self.spread[key[2]] / n**0.5, baseline_scatter=self.scatter)
            for key, n in self.done.items()
            if key[2] != "bare"
        ]

    def run(
        self, rule: Rule, given: Sequence[Cell] = tuple(CELLS), kept: Sequence[Trial] = ()
    ) -> tuple[Schedule, list[tuple[Trial, ...]]]:
        behind = [KeptTrial(round=trial.round, key=key_of(trial.cell)) for trial in kept]
        schedule = Schedule(given, OWN, rule, seed=1, widths=self.widths, now_s=lambda: self.now_s, kept=behind)
        turns = []
        for trials in schedule.turns(self):
            turns.append(trials)
            for trial in trials:
                if trial.number <= len(kept):
                    self.done[key_of(trial.cell)] = self.done.get(key_of(trial.cell), 0) + 1
                    continue
                self.now_s += self.cost_s[trial.cell.isolation]
                schedule.took(trial.cell, self.cost_s[trial.cell.isolation])
                self.done[key_of(trial.cell)] = self.done.get(key_of(trial.cell), 0) + 1
        return schedule, turns


def machine(**spread: float) -> Machine:
    return Machine(cost_s={"bare": 1.0, "docker": 2.0, "vm": 10.0}, spread={"docker": 0.1, "vm": 0.1} | spread)


def rounds_of(turns: Sequence[Sequence[Trial]], isolation: str) -> int:
    return sum(any(trial.cell.isolation == isolation for trial in trials) for trials in turns)


def test_without_a_rule_it_is_the_plan_that_the_seed_gives() -> None:
    schedule, turns = machine().run(Rule())
    scenarios = [scenario(name="a"), scenario(name="b", rounds=2)]
    assert tuple(trial for trials in turns for trial in trials) == plan(scenarios, NAMES, seed=1)
    assert schedule.sure == schedule.given == sum(map(len, turns))


def test_a_number_of_rounds_is_exact_and_needs_no_look() -> None:
    one = machine()
    schedule, turns = one.run(Rule(rounds=9))
    assert len(turns) == 9
    assert one.looks == []
    assert schedule.reason == "all 9 rounds were run"
    assert one.announced == [schedule.sure]


def test_rounds_of_milliseconds_go_on_until_the_host_may_have_changed_its_state() -> None:
    one = machine(docker=0.01, vm=0.01)
    one.cost_s = dict.fromkeys(NAMES, 0.02)
    schedule, _ = one.run(Rule(precision=0.05))
    assert STRETCH_S <= one.now_s < STRETCH_S + 1
    assert [look.rounds for look in one.looks] == [schedule.rounds["a"]]


def test_looking_takes_a_small_share_of_a_runs_time_however_short_its_rounds_are() -> None:
    @dataclass
    class Slow(Machine):
        def widths(self) -> list[Width]:
            self.now_s += 0.5
            return super().widths()

    one = Slow(cost_s=dict.fromkeys(NAMES, 0.005), spread={"docker": 0.4, "vm": 0.4})
    one.run(Rule(precision=0.02))
    assert len(one.looks) > 1
    assert 0.5 * len(one.looks) <= 0.5 + LOOKS_SHARE * one.now_s


def test_precision_ends_when_every_ratio_is_within_it() -> None:
    one = machine()
    schedule, turns = one.run(Rule(precision=0.02))
    assert 25 <= rounds_of(turns, "vm") <= 25 * GROWTH + 1
    assert all((width.half_width or 1) <= 0.02 for width in one.widths())
    assert "within 0.02" in schedule.reason
    assert one.looks[0].rounds == PILOT
    assert one.announced[-1] == schedule.given


def test_what_is_sure_rests_and_what_is_not_goes_on_beside_its_baseline() -> None:
    one = machine(vm=0.3)
    _, turns = one.run(Rule(precision=0.05))
    assert rounds_of(turns, "docker") == PILOT
    assert rounds_of(turns, "vm") >= 36
    assert all("bare" in {trial.cell.isolation for trial in trials} for trials in turns)
    assert all(len({key_of(trial.cell) for trial in trials}) == len(trials) for trials in turns)


def test_rounds_bound_a_precision_that_is_not_reached() -> None:
    schedule, turns = machine(vm=9.0).run(Rule(precision=0.01, rounds=12))
    assert rounds_of(turns, "vm") == 12
    assert schedule.reason == "all 12 rounds were run"


def test_rounds_of_a_cheap_baseline_alone_come_between_whole_ones_once_costs_are_known() -> None:
    """A ninth of the cost is worth three times the trials; the cell that costs as much as its baseline, none."""
    one = Machine(cost_s={"bare": 1.0, "docker": 9.0}, spread={"docker": 0.3})
    schedule, turns = one.run(Rule(precision=0.05), [cell for cell in CELLS if cell.isolation != "vm"])
    assert [len(trials) for trials in turns[: PILOT + 6]] == [4] * PILOT + [4, 2, 2] * 2
    assert [trial.round for trials in turns for trial in trials] == sorted(
        number for number, trials in enumerate(turns, start=1) for _ in trials
    )
    assert all({trial.cell.isolation for trial in trials} == {"bare"} for trials in turns if len(trials) == 2)
    assert schedule.rounds == {"a": len(turns), "b": len(turns)}
    alike = Machine(cost_s={"bare": 1.0, "docker": 1.0}, spread={"docker": 0.3})
    _, whole = alike.run(Rule(precision=0.05), [cell for cell in CELLS if cell.isolation != "vm"])
    assert {len(trials) for trials in whole} == {4}


@pytest.mark.parametrize(("scatter", "between"), [(0.2, 0), (1.0, 2), (2.0, 5), (math.inf, MOST_BETWEEN), (0.0, 0)])
def test_a_baseline_that_scatters_more_gets_more_rounds_of_its_own_from_the_first_look_on(
    scatter: float, between: int
) -> None:
    """Three times the trials for a ninth of the cost, times what it scatters of what the other side does."""
    one = Machine(cost_s={"bare": 1.0, "docker": 9.0}, spread={"docker": 0.3}, scatter=scatter)
    _, turns = one.run(Rule(precision=0.05), [cell for cell in CELLS if cell.isolation != "vm"])
    assert [len(trials) for trials in turns[PILOT : PILOT + 2 * (1 + between)]] == [4, *[2] * between] * 2


@pytest.mark.parametrize("scatter", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("cost_s", [3.0, 9.0, 30.0])
def test_no_other_share_of_trials_makes_a_ratio_as_sure_in_less_time(cost_s: float, scatter: float) -> None:
    """Two means whose ratio is to have a variance V take (s1 c1^1/2 + s2 c2^1/2)^2 / V at the least (Cochran 1977)."""

    @dataclass
    class Two(Machine):
        def widths(self) -> list[Width]:
            (bares, others) = (self.done[key_of(cell)] for cell in given)
            return [replace(one, half_width=math.hypot(scatter / bares**0.5, 1 / others**0.5)) for one in only(self)]

    def only(one: Machine) -> list[Width]:
        return [width for width in Machine.widths(one) if width.key == key_of(given[1])]

    given = cells([scenario(name="a")], ("bare", "docker"))
    one = Two(cost_s={"bare": 1.0, "docker": cost_s}, spread={"docker": 1.0}, scatter=scatter)
    one.run(Rule(precision=0.1), given)
    best_s = (scatter + cost_s**0.5) ** 2 / 0.1**2
    assert best_s <= one.now_s <= 1.12 * best_s  # looks that grow by a tenth, whole numbers, and a pilot of pairs


def test_of_many_that_share_a_baseline_the_widest_says_how_often_it_is_started() -> None:
    @dataclass
    class Apart(Machine):
        def widths(self) -> list[Width]:
            scatters = {"docker": 0.1, "vm": 2.0}
            return [replace(one, baseline_scatter=scatters[one.key[2]]) for one in super().widths()]

    one = Apart(cost_s={"bare": 1.0, "docker": 2.0, "vm": 2.0}, spread={"docker": 0.2, "vm": 0.3})
    _, turns = one.run(Rule(precision=0.05))
    assert [len(trials) for trials in turns[PILOT : PILOT + 4]] == [6, 2, 2, 2]  # 2 x the root of (2 + 2) / 1


def test_a_number_of_rounds_adds_no_rounds_of_the_baseline_alone() -> None:
    one = Machine(cost_s={"bare": 1.0, "docker": 9.0}, spread={"docker": 0.3})
    _, turns = one.run(Rule(rounds=9), [cell for cell in CELLS if cell.isolation != "vm"])
    assert [len(trials) for trials in turns] == [4] * 9


def test_a_baseline_that_costs_next_to_nothing_does_not_fill_a_run() -> None:
    one = Machine(cost_s={"bare": 0.001, "docker": 9.0}, spread={"docker": 0.3})
    _, turns = one.run(Rule(precision=0.05), [cell for cell in CELLS if cell.isolation != "vm"])
    assert len(turns) == PILOT + (rounds_of(turns, "docker") - PILOT) * (1 + MOST_BETWEEN)


def test_a_budget_is_kept_and_spent_on_what_is_widest() -> None:
    one = machine(docker=1.0, vm=0.05)
    schedule, turns = one.run(Rule(budget_s=400.0))
    assert 300 < one.now_s <= 400
    assert "time is spent" in schedule.reason
    assert rounds_of(turns, "vm") == PILOT
    assert rounds_of(turns, "docker") > 4 * PILOT


def test_a_budget_that_is_too_small_for_the_pilot_ends_after_whole_rounds() -> None:
    one = machine()
    _, turns = one.run(Rule(budget_s=60.0))
    assert [len(trials) for trials in turns] == [6, 6]
    assert one.now_s <= 60


def test_precision_within_a_budget_ends_at_whichever_comes_first() -> None:
    early, late = machine(), machine()
    early.run(Rule(precision=0.09, budget_s=1e6))
    late.run(Rule(precision=0.001, budget_s=500.0))
    assert sum(early.done.values()) == PILOT * len(CELLS)
    assert late.now_s <= 500


@pytest.mark.parametrize("rule", [Rule(precision=0.05), Rule(budget_s=1e6)])
def test_cells_without_any_ratio_do_not_keep_a_run_going(rule: Rule) -> None:
    schedule, turns = machine().run(rule, [cell for cell in CELLS if cell.isolation == "bare"])
    assert len(turns) == PILOT < MOST_ROUNDS
    assert schedule.reason == f"there is no headline ratio, after {PILOT} rounds"


@pytest.mark.parametrize("rule", [Rule(precision=0.05), Rule(budget_s=1e6)])
def test_a_run_of_which_nothing_ends_well_stops_and_says_so(rule: Rule) -> None:
    schedule, _ = machine(docker=math.inf, vm=math.inf).run(rule)
    assert re.fullmatch(r"too few trials have ended well for any headline ratio, after \d+ rounds", schedule.reason)


def test_a_run_that_gives_cells_up_does_not_say_that_they_are_sure() -> None:
    schedule, _ = machine(docker=0.1, vm=math.inf).run(Rule(precision=0.05))
    assert schedule.reason.startswith("every headline ratio is within 0.05 of itself, after")
    assert schedule.reason.endswith("too few trials have ended well in 2 further cells")


def test_a_budget_is_not_spent_on_figures_that_never_vary() -> None:
    schedule, _ = machine(docker=0.0, vm=0.0).run(Rule(budget_s=1e6))
    assert schedule.reason == f"every headline ratio is as sure as can be, after {PILOT} rounds"


@pytest.mark.parametrize("rule", [Rule(precision=0.02), Rule(budget_s=300.0)])
def test_the_same_seed_and_the_same_figures_give_the_same_rounds(rule: Rule) -> None:
    assert machine().run(rule)[1] == machine().run(rule)[1]


def test_a_look_says_what_is_widest_and_how_long_it_will_take() -> None:
    one = machine(vm=0.2)
    one.run(Rule(precision=0.05))
    first = one.looks[0]
    assert first.widest is not None
    assert first.widest.key[2] == "vm"
    needed_s = 2 * (10 + 3 * 1) * PILOT * ((0.2 / PILOT**0.5 / 0.05) ** 2 - 1)
    assert first.left_s == pytest.approx(needed_s, rel=0.25)


def test_a_cell_whose_trials_end_badly_is_waited_for_and_then_given_up() -> None:
    one = machine(vm=math.inf)
    _, turns = one.run(Rule(precision=0.09))
    assert rounds_of(turns, "docker") == PILOT
    assert PATIENCE <= rounds_of(turns, "vm") <= PATIENCE * GROWTH + 1
    assert one.looks[0].widest is not None
    assert one.looks[0].widest.key[2] == "docker"


def flat(turns: Sequence[Sequence[Trial]]) -> list[Trial]:
    return [trial for trials in turns for trial in trials]


@pytest.mark.parametrize("kept", [0, 1, 6, 13, 20, 21])
def test_a_run_of_known_length_that_is_taken_up_is_the_run_that_went_through(kept: int) -> None:
    _, whole = machine().run(Rule())
    schedule, again = machine().run(Rule(), kept=flat(whole)[:kept])
    assert again == whole
    assert schedule.given == len(flat(whole)) == 21


@pytest.mark.parametrize("rule", [Rule(), Rule(precision=0.02)])
@pytest.mark.parametrize("at", [0, 7])
def test_a_run_whose_plan_is_another_by_now_is_not_taken_up(rule: Rule, at: int) -> None:
    kept = flat(machine().run(rule)[1])[:12]
    kept[at], kept[at + 1] = kept[at + 1], kept[at]
    with pytest.raises(InputError, match=rf"trial {at + 1} was [ab] {{}} on \w+, in round [12], and the same request"):
        machine().run(rule, kept=kept)


def test_a_cell_that_is_no_more_is_named() -> None:
    kept = flat(machine().run(Rule(precision=0.02))[1])[: 6 * PILOT + 8]
    fewer = [cell for cell in CELLS if cell.isolation != "vm"]
    with pytest.raises(InputError, match="and the same request makes it"):
        machine().run(Rule(precision=0.02), fewer, kept=kept)


@pytest.mark.parametrize("kept", [5, 6 * PILOT - 1, 6 * PILOT, 6 * PILOT + 1, 6 * PILOT + 6, 100])
def test_a_run_that_stops_by_itself_goes_on_from_what_was_kept(kept: int) -> None:
    _, whole = machine().run(Rule(precision=0.02))
    one = machine()
    schedule, again = one.run(Rule(precision=0.02), kept=flat(whole)[:kept])
    told = [(trial.number, trial.round, key_of(trial.cell)) for trial in flat(again)]
    assert [number for number, _, _ in told] == [*range(1, len(told) + 1)]
    assert {key for _, _, key in told[:kept]} == {key_of(trial.cell) for trial in flat(whole)[:kept]}
    assert [number for _, number, _ in told[:kept]] == [trial.round for trial in flat(whole)[:kept]]
    assert flat(again)[: 6 * PILOT] == flat(whole)[: 6 * PILOT], "the rest of the pilot is as it was planned"
    assert all((width.half_width or 1) <= 0.02 for width in one.widths())
    assert "within 0.02" in schedule.reason


def test_looks_come_at_the_rounds_at_which_they_would_have_come() -> None:
    undisturbed = machine()
    _, whole = undisturbed.run(Rule(precision=0.02))
    looks = [look.rounds for look in undisturbed.looks]
    for kept in (6 * PILOT + 6, 6 * PILOT + 9, 6 * 11):
        one = machine()
        one.run(Rule(precision=0.02), kept=flat(whole)[:kept])
        assert one.looks
        assert {look.rounds for look in one.looks} <= set(looks)


def test_a_run_whose_time_is_spent_is_over_but_for_nothing_that_was_kept() -> None:
    _, whole = machine().run(Rule(budget_s=500.0))
    kept = flat(whole)[:50]
    schedule, again = machine().run(Rule(budget_s=-1.0), kept=kept)
    assert len(flat(again)) == schedule.given == 50
    assert "the time is spent" in schedule.reason


def test_a_run_on_the_baseline_between_whole_rounds_goes_on_with_a_whole_one() -> None:
    given = [cell for cell in CELLS if cell.isolation != "vm"]
    costs, spread = {"bare": 1.0, "docker": 9.0}, {"docker": 0.3}
    _, whole = Machine(cost_s=costs, spread=spread).run(Rule(precision=0.05), given)
    kept = 4 * PILOT + 4 + 2
    _, again = Machine(cost_s=costs, spread=spread).run(Rule(precision=0.05), given, kept=flat(whole)[:kept])
    assert [len(trials) for trials in again[: PILOT + 6]] == [4] * PILOT + [4, 2, 4, 4, 2, 2]
