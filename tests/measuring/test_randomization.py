"""What differs between trials on purpose, and can be worked out again."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.measuring.plan import plan
from bench.measuring.randomization import Setup, drawn, varied
from tests.records import scenario

PLACEMENTS = ((0,), (1,), (2,))


def setups(rounds: int) -> list[Setup]:
    return [drawn(one.nonce, PLACEMENTS) for one in plan([scenario()], ["fake"], seed=7, rounds=rounds)]


@pytest.mark.parametrize(
    ("nonce", "size"), [("0123456789abcdef", 0xDEF), ("0123456789abc000", 0), ("n0nce", 0), ("f" * 16, 4095)]
)
def test_padding_follows_from_the_nonce(nonce: str, size: int) -> None:
    assert drawn(nonce, PLACEMENTS).padding_bytes == size


def test_it_differs_between_trials_and_is_the_same_for_the_same_seed() -> None:
    sizes = [one.padding_bytes for one in setups(40)]
    assert setups(40) == setups(40)
    assert len(set(sizes)) > 30
    assert min(sizes) < 1000
    assert max(sizes) > 3000


def test_a_name_ends_in_as_many_characters_as_the_nonce_says() -> None:
    tails = [drawn(nonce, PLACEMENTS).name_tail for nonce in ("0123456789ab3def", "0123456789ab0def", "n0nce")]
    assert tails == ["012", "", ""]


def test_every_choice_of_cpus_is_taken_as_often_as_any_other() -> None:
    taken = Counter(one.cpus for one in setups(3000))
    assert set(taken) == set(PLACEMENTS)
    assert max(taken.values()) < 1.15 * min(taken.values())


def test_what_cannot_be_drawn_is_known_as_such() -> None:
    assert varied(1)["placement"] == ""
    assert varied(3)["placement"] == "one of 3 sets of CPUs"
