"""What differs between trials on purpose, and can be worked out again."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.plan import plan
from bench.variation import name_tail, padding_bytes, placed, varied
from tests.records import scenario


@pytest.mark.parametrize(
    ("nonce", "size"), [("0123456789abcdef", 0xDEF), ("0123456789abc000", 0), ("n0nce", 0), ("f" * 16, 4095)]
)
def test_padding_follows_from_the_nonce(nonce: str, size: int) -> None:
    assert padding_bytes(nonce) == size


def test_it_differs_between_trials_and_is_the_same_for_the_same_seed() -> None:
    sizes = [[padding_bytes(one.nonce) for one in plan([scenario()], ["fake"], seed=7, rounds=40)] for _ in range(2)]
    assert sizes[0] == sizes[1]
    assert len(set(sizes[0])) > 30
    assert min(sizes[0]) < 1000
    assert max(sizes[0]) > 3000


def test_a_name_ends_in_as_many_characters_as_the_nonce_says() -> None:
    assert name_tail("0123456789ab3def") == "012"
    assert name_tail("0123456789ab0def") == ""
    assert name_tail("n0nce") == ""


def test_every_choice_of_cpus_is_taken_as_often_as_any_other() -> None:
    taken = Counter(placed(one.nonce, ("a", "b", "c")) for one in plan([scenario()], ["fake"], seed=7, rounds=3000))
    assert set(taken) == {"a", "b", "c"}
    assert max(taken.values()) < 1.15 * min(taken.values())


def test_what_cannot_be_drawn_is_known_as_such() -> None:
    assert varied(1)["placement"] == ""
    assert varied(3)["placement"] == "one of 3 sets of CPUs"
