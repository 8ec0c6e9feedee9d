"""User-Mode Linux keeps the contract."""

from __future__ import annotations

import pytest

from bench.isolations.base import Isolation
from bench.isolations.registry import open_isolation
from tests.isolations.launched.gated import GatedContract


class TestUml(GatedContract):
    name = "uml"
    roles = frozenset({"vmm"})

    def test_how_system_calls_are_intercepted_stands_in_its_versions(self, isolation: Isolation) -> None:
        assert isolation.describe().versions["intercepts"] == "ptrace"

    @pytest.mark.parametrize(("known", "refused"), [("mem=<size>", True), ("seccomp=<on/auto/off>", False)])
    def test_seccomp_is_refused_where_the_kernel_knows_ptrace_alone(
        self, known: str, refused: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bench.isolations.launched.uml.told_by", lambda *_words: known)
        fault = open_isolation("uml:seccomp", "fir").missing()
        assert (fault is not None) is refused
        assert fault is None or ("ptrace alone" in fault.reason and "6.16" in fault.remedy)
