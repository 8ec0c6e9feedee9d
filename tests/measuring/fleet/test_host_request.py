"""A request as plain data, and as the words of a run."""

from __future__ import annotations

import pytest

from bench.errors import InputError
from bench.measuring.fleet.host_request import HostRequest, host_seed

REQUEST = HostRequest(
    fleet="fleet-x", ticket="t", scenarios=("startup", "footprint"), isolation="bare", quick=True, seed=5
)


def test_it_is_read_as_it_was_written() -> None:
    assert HostRequest.of(REQUEST.document()) == REQUEST


def test_it_becomes_the_words_of_a_run_that_no_name_can_turn_into_an_option() -> None:
    assert REQUEST.words("/r") == [
        "run", "--no-report", "--isolation=bare", "--seed=5", "--results=/r", "--quick", "--", "startup", "footprint",
    ]  # fmt: skip


def test_who_takes_a_run_up_has_another_ticket_and_says_what_has_arrived() -> None:
    again = REQUEST.taken_up(120, "ab")
    assert (again.arrived, again.digest, again.seed) == (120, "ab", REQUEST.seed)
    assert again.ticket != REQUEST.ticket
    assert HostRequest.of(again.document()) == again


def test_another_version_is_refused_and_both_are_named() -> None:
    with pytest.raises(InputError, match=r"asked by Isobench 0\.0\.9, and this host has 0\.1\.0"):
        HostRequest.of({**REQUEST.document(), "version": "0.0.9"})


@pytest.mark.parametrize("changed", [{"seed": "many"}, {"rounds": []}, {"scenarios": [5]}])
def test_what_is_no_request_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(InputError, match="no request"):
        HostRequest.of({**REQUEST.document(), **changed})


def test_every_host_has_a_seed_of_its_own_and_keeps_it() -> None:
    seeds = {host_seed(7, number) for number in range(1, 1001)}
    assert len(seeds) == 1000
    assert max(seeds) < 1 << 63
    assert host_seed(7, 1) == 3825955368494240696
    assert host_seed(8, 1) not in seeds
