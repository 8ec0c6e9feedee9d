"""The run's own group stays while groups in it come and go, and leaves nothing."""

from __future__ import annotations

import os
import secrets

import pytest

from bench.errors import IsolationError
from bench.host import cgroup
from bench.isolations import run_cgroup
from tests.records import envelope


@pytest.mark.root
def test_the_runs_group_outlives_those_of_its_trials_and_goes_with_the_run() -> None:
    run = f"test-{secrets.token_hex(4)}"
    with run_cgroup.standing(run):
        for number in ("one", "two"):
            cgroup.Cgroup.make(f"isobench/{run}/{number}", envelope()).remove()
            assert run in cgroup.below("isobench")
    assert run not in cgroup.below("isobench")


def test_where_groups_cannot_be_made_a_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_given: object) -> None:
        raise IsolationError("cannot make a control group")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(cgroup.Cgroup, "make", refused)
    with run_cgroup.standing("test-refused"):
        assert "test-refused" not in cgroup.below("isobench")
