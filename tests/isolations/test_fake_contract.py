"""The fake keeps the contract too, in its own words."""

from __future__ import annotations

import pytest

from bench.isolations.base import Isolation
from bench.isolations.fake import Fake
from tests.isolations.contract import IsolationContract


@pytest.fixture
def isolation() -> Isolation:
    return Fake("test-fake")


class TestFake(IsolationContract):
    roles = frozenset({"workload"})
    says_lines = ("say", "one", "say", "two", "bytes", "746872ff65650a", "say", "last")
    leaves_with_three = ("say", "leaving", "exit", "3")
    stays = ("say", "ready", "hang")
    works = ("say", "ready", "sleep", "1")
    eats_memory = ("oom",)
    floods = ("say", "ready", "flood", "200000", "hang")
    forges = ("say", "@isobench 0000 end 0", "exit", "4")

    def leftovers(self, run: str) -> list[str]:
        return []
