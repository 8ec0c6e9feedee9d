"""User-Mode Linux keeps the contract."""

from __future__ import annotations

import pytest

from bench.isolations.base import Isolation
from bench.isolations.launched.gate import Gated
from bench.isolations.registry import open_isolation
from tests.isolations.launched.gated import GatedContract


class TestUml(GatedContract):
    name = "uml"
    roles = frozenset({"vmm"})

    def test_how_system_calls_are_intercepted_stands_in_its_versions(self, isolation: Isolation) -> None:
        assert isolation.describe().versions["intercepts"] == "ptrace"


@pytest.mark.parametrize(
    ("version", "processor", "refused"),
    [
        ("6.1.176", {"amx_tile", "avx512f"}, True),
        ("6.12.113", {"amx_tile"}, True),
        ("6.12.113", {"avx512f", "pku"}, False),
        ("7.2.7", {"amx_tile"}, False),
        ("unknown", {"amx_tile"}, False),
    ],
)
def test_a_release_that_cannot_hold_the_processors_registers_is_refused_before_it_is_started(
    version: str, processor: set[str], refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gated, "missing", lambda _self: None)
    monkeypatch.setattr("bench.isolations.launched.uml.version_of", lambda _program: version)
    monkeypatch.setattr("bench.isolations.launched.uml.flags", lambda: processor)
    fault = open_isolation("uml", "fir").missing()
    assert (fault is not None) is refused
    if fault is not None:
        assert fault.reason == f"this CPU has AMX, and linux.uml {version} cannot hold its registers"
        assert "newer than 6.12" in fault.remedy
        assert fault.of_host


@pytest.mark.parametrize(("known", "refused"), [("mem=<size>", True), ("seccomp=<on/auto/off>", False)])
def test_seccomp_is_refused_where_the_kernel_knows_ptrace_alone(
    known: str, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gated, "missing", lambda _self: None)
    monkeypatch.setattr("bench.isolations.launched.uml.flags", set)
    monkeypatch.setattr("bench.isolations.launched.uml.told_by", lambda *_words: known)
    fault = open_isolation("uml:seccomp", "fir").missing()
    assert (fault is not None) is refused
    assert fault is None or ("ptrace alone" in fault.reason and "6.16" in fault.remedy)
