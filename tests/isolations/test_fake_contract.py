"""The fake keeps the contract too, in its own words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pytest

from bench.isolations.base import Isolation
from bench.isolations.fake import Fake
from tests.isolations.contract import IsolationContract


@pytest.fixture
def isolation() -> Isolation:
    return Fake("test-fake")


class TestFake(IsolationContract):
    roles: ClassVar[frozenset[str]] = frozenset({"workload"})
    says_lines: Sequence[str] = ("say", "one", "say", "two", "bytes", "746872ff65650a", "say", "last")
    leaves_with_three: Sequence[str] = ("say", "leaving", "exit", "3")
    stays: Sequence[str] = ("say", "ready", "hang")
    works: Sequence[str] = ("say", "ready", "sleep", "1")
    eats_memory: Sequence[str] = ("oom",)
    floods: Sequence[str] = ("say", "ready", "flood", "200000", "hang")
    forges: Sequence[str] = ("say", "@isobench 0000 end 0", "exit", "4")

    def leftovers(self, run: str) -> list[str]:
        return []
