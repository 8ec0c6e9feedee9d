"""The plan: every round has every cell once, in an order that only the seed decides."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bench.measuring.plan import cells_of, plan
from bench.model import Cell, Scalar, Scenario, Trial, combinations
from tests.records import scenario

ISOLATIONS = ("bare", "docker", "vm")


def key(cell: Cell) -> tuple[str, str, str]:
    return (cell.scenario.name, cell.parameters_text, cell.isolation)


def orders(trials: tuple[Trial, ...]) -> list[tuple[str, str, str]]:
    return [key(trial.cell) for trial in trials]


@st.composite
def requests(draw: st.DrawFn) -> tuple[list[Scenario], list[str]]:
    names = draw(st.lists(st.sampled_from(["cpu", "footprint", "startup"]), min_size=1, unique=True))
    values: st.SearchStrategy[dict[str, tuple[Scalar, ...]]] = st.dictionaries(
        st.sampled_from(["threads", "size"]),
        st.lists(st.integers(1, 5), min_size=1, max_size=3, unique=True).map(tuple),
    )
    scenarios = [scenario(name=name, rounds=draw(st.integers(1, 6)), parameters=draw(values)) for name in names]
    isolations = draw(st.lists(st.sampled_from(ISOLATIONS), min_size=1, unique=True))
    return scenarios, isolations


@given(requests(), st.integers(0, 2**32))
def test_every_round_has_every_cell_of_its_scenarios_once(
    request_: tuple[list[Scenario], list[str]], seed: int
) -> None:
    scenarios, isolations = request_
    trials = plan(scenarios, isolations, seed=seed)
    for number in range(1, max(one.rounds for one in scenarios) + 1):
        wanted = [key(cell) for one in scenarios if one.rounds >= number for cell in cells_of(one, isolations)]
        assert Counter(orders(tuple(t for t in trials if t.round == number))) == Counter(wanted)


@given(requests(), st.integers(0, 2**32))
def test_trials_are_numbered_from_one_in_the_order_of_rounds(
    request_: tuple[list[Scenario], list[str]], seed: int
) -> None:
    trials = plan(*request_, seed=seed)
    assert [trial.number for trial in trials] == list(range(1, len(trials) + 1))
    rounds = [trial.round for trial in trials]
    assert rounds == sorted(rounds)


@given(requests(), st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_plan_to_the_nonce(request_: tuple[list[Scenario], list[str]], seed: int) -> None:
    assert plan(*request_, seed=seed) == plan(*request_, seed=seed)


def test_another_seed_gives_another_order() -> None:
    wide = [scenario(parameters={"threads": tuple(range(1, 9))}, rounds=2)]
    assert orders(plan(wide, ISOLATIONS, seed=1)) != orders(plan(wide, ISOLATIONS, seed=2))


def test_rounds_are_shuffled_anew() -> None:
    trials = plan([scenario(parameters={"threads": tuple(range(1, 9))}, rounds=2)], ISOLATIONS, seed=1)
    half = len(trials) // 2
    assert orders(trials[:half]) != orders(trials[half:])


def test_a_number_of_rounds_overrides_every_scenarios_own() -> None:
    trials = plan([scenario(name="a", rounds=1), scenario(name="b", rounds=9)], ["bare"], seed=1, rounds=3)
    assert Counter(trial.cell.scenario.name for trial in trials) == {"a": 3, "b": 3}


def test_a_scenario_with_fewer_rounds_stops_taking_part() -> None:
    trials = plan([scenario(name="a", rounds=2), scenario(name="b", rounds=4)], ["bare"], seed=1)
    assert [sorted(t.cell.scenario.name for t in trials if t.round == number) for number in (1, 2, 3, 4)] == [
        ["a", "b"], ["a", "b"], ["b"], ["b"],
    ]  # fmt: skip


def test_no_two_trials_share_a_nonce() -> None:
    trials = plan([scenario(rounds=200)], ISOLATIONS, seed=1)
    assert len({trial.nonce for trial in trials}) == len(trials) == 600


def test_no_scenarios_give_no_trials() -> None:
    assert plan([], ISOLATIONS, seed=1) == ()


def test_combinations_are_the_product_in_the_order_given() -> None:
    assert combinations({"threads": (1, 2), "size": ("s", "l")}) == [
        {"threads": 1, "size": "s"},
        {"threads": 1, "size": "l"},
        {"threads": 2, "size": "s"},
        {"threads": 2, "size": "l"},
    ]
    assert combinations({}) == [{}]
