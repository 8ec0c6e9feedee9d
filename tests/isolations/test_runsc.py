"""gVisor on a bundle keeps the contract; a sandbox that ignores its limits, and one that cannot start, are told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bench.isolations.base import Isolation
from bench.isolations.gated import Seat
from bench.isolations.probe import check
from bench.isolations.runsc import Runsc
from bench.model import Image
from tests.isolations.contract import FLOODS_AGAIN
from tests.isolations.gated import GatedContract


class TestRunsc(GatedContract):
    name = "runsc"
    roles = frozenset({"monitor", "sentry", "gofer"})
    floods = FLOODS_AGAIN

    def test_a_sandbox_that_ignores_its_control_group_is_caught(self, isolation: Isolation, image: Image) -> None:
        found = check(Heedless(isolation.run, ("ptrace",)), image, lambda _line: None)
        assert found.fault is not None
        assert "the envelope does not arrive in runsc:ptrace" in found.fault.reason
        assert "pids limit" in found.fault.reason

    def test_no_platform_that_starts_says_what_each_said(
        self, isolation: Isolation, image: Image, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bench.isolations.runsc._PLATFORMS", ("ptrace",))
        monkeypatch.setattr("bench.isolations.runsc.version_of", lambda _tool: "a version that was never asked")
        monkeypatch.setattr(Runsc, "options", lambda _self, _seat: ("--platform=moonshine",))
        found = check(Runsc(isolation.run), image, lambda _line: None)
        assert found.fault is not None
        assert "unknown platform: moonshine" in found.fault.reason
        assert "no platform of gVisor starts a sandbox here (ptrace: " in found.fault.reason


class Heedless(Runsc):
    """gVisor as it must never be configured."""

    def options(self, seat: Seat) -> Sequence[str]:
        return (*super().options(seat), "--ignore-cgroups")
