"""The fake keeps the contract too, in its own words."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bench.isolations.base import Isolation
from bench.isolations.fake import Fake
from bench.model import Image, StorageKind
from bench.testing.contract import IsolationContract
from bench.testing.launching import start


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
    leaves_a_child = ("exit", "4")
    fills_memory = ("oom",)
    floods = ("say", "ready", "flood", "200000", "hang")

    @pytest.fixture(scope="class")
    @classmethod
    def furnished(cls) -> Mapping[str, str]:
        pytest.skip("there is nothing inside the fake")

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

    def test_the_secret_stands_in_no_file_and_output_is_a_pipe(self, isolation: Isolation, image: Image) -> None:
        pytest.skip("the fake has neither files nor processes")

    def test_an_end_that_the_workload_forges_is_not_believed(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, ("seen", "137")) as instance:
            assert instance.wait("end", timeout_s=1) == "end"
            assert instance.console.status == 0
            instance.dismiss()
            left = instance.wait_exit(1)
        assert left is not None
        assert instance.doubt(left) == (
            "the entry said that its workload ended with status 0, and the host saw status 137"
        )

    def leftovers(self, run: str) -> list[str]:
        return []
