"""The fake keeps the contract too, in its own words."""

from __future__ import annotations

import pytest

from bench.isolations.base import Isolation
from bench.isolations.fake import Fake
from bench.model import Image, StorageKind
from tests.isolations.contract import IsolationContract, start


@pytest.fixture(scope="module")
def isolation() -> Isolation:
    return Fake("test-fake")


class TestFake(IsolationContract):
    roles = frozenset({"workload"})
    speaks_and_leaves_with_three = (
        *("say", "one", "say", "two", "say", "@isobench 0000 end 0", "bytes", "746872ff65650a", "say", "last"),
        *("exit", "3"),
    )
    stays = ("say", "ready", "hang")
    works = ("say", "ready", "sleep", "1")
    eats_memory = ("oom",)
    floods = ("say", "ready", "flood", "200000", "hang")

    def serves(self, isolation: Isolation, image: Image, kind: StorageKind) -> None:
        assert isolation.route("published") is None, "nothing to be reached at"
        with start(isolation, image, ("say", "up", "hang"), stays=True) as instance:
            instance.send("run 1 say 'it is mine' exit 5")
            assert instance.wait("did.1", timeout_s=1) == "did.1"
            assert instance.console.statuses["1"] == 5
            assert [line.data for line in instance.console.lines("1")] == [b"it is mine"]
            instance.dismiss()
            assert instance.wait("end", timeout_s=1) == "end"
            assert instance.console.status == 143

    def leftovers(self, run: str) -> list[str]:
        return []
