"""gVisor on a bundle keeps the contract; a sandbox that ignores its limits, and one that cannot start, are told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.errors import StartTimeoutError
from bench.host import patience
from bench.isolations.base import Isolation
from bench.isolations.launched.gvisor import Runsc
from bench.isolations.launched.seat import Seat
from bench.isolations.probe import check
from bench.isolations.registry import open_isolation
from bench.model import Image
from bench.testing.contract import FLOODS_AGAIN
from bench.testing.launching import envelope
from tests import records
from tests.isolations.coming_back import comes_back
from tests.isolations.launched.gated import GatedContract


class TestRunsc(GatedContract):
    name = "runsc"
    roles = frozenset({"monitor", "sentry", "gofer"})
    floods = FLOODS_AGAIN

    def test_a_sandbox_that_ignores_its_control_group_is_caught(self, isolation: Isolation, image: Image) -> None:
        found = check(Heedless(isolation.run, ("ptrace",)), image, lambda _line: None)
        assert found.fault is not None
        assert "the envelope does not arrive in runsc:ptrace" in found.fault.reason
        assert "pids limit" in found.fault.reason

    def test_the_hosts_network_stack_is_passed_through_where_the_variant_says_so(
        self, isolation: Isolation, image: Image
    ) -> None:
        variant = open_isolation("runsc:host-network", isolation.run)
        assert variant.altered(envelope()).network == "host"
        found = check(variant, image, lambda _line: None)  # the envelope that it has asked for is what is seen inside
        assert found.ready, found.detail

    def test_a_sandbox_is_paused_written_down_and_brought_back(
        self, isolation: Isolation, image: Image, tmp_path: Path
    ) -> None:
        comes_back(isolation, image, tmp_path)

    @pytest.mark.parametrize("word", ["directfs", "no-directfs"])
    def test_who_opens_files_is_refused_where_the_release_has_no_choice(
        self, word: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bench.isolations.launched.gvisor.told_by", lambda *_words: "  -directfs\n")
        assert open_isolation(f"runsc:{word}", "fir").missing() is None
        monkeypatch.setattr("bench.isolations.launched.gvisor.told_by", lambda *_words: "  -debug\n")
        fault = open_isolation(f"runsc:{word}", "fir").missing()
        assert fault is not None
        assert "no flag directfs" in fault.reason
        assert "2023 or later" in fault.remedy

    def test_no_platform_that_starts_says_what_each_said(
        self, isolation: Isolation, image: Image, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bench.isolations.launched.gvisor._PLATFORMS", ("ptrace",))
        monkeypatch.setattr(
            "bench.isolations.launched.gvisor.version_of", lambda _tool: "a version that was never asked"
        )
        monkeypatch.setattr(Runsc, "options", lambda _self, _seat: ("--platform=moonshine",))
        found = check(Runsc(isolation.run), image, lambda _line: None)
        assert found.fault is not None
        assert "unknown platform: moonshine" in found.fault.reason
        assert "no platform of gVisor starts a sandbox here (ptrace: " in found.fault.reason


def test_a_platform_that_was_too_slow_today_is_tried_again_tomorrow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(patience, "slowness", lambda: 4.0)
    monkeypatch.setenv(patience.VARIABLE, "1")
    monkeypatch.setattr("bench.isolations.launched.gvisor.version_of", lambda _tool: "a version")
    monkeypatch.setattr("bench.isolations.launched.gvisor.cache.root", lambda: tmp_path)
    monkeypatch.setattr("bench.isolations.launched.gate.images.tree", lambda _image, _say: None)
    late = {"systrap"}
    given: list[float] = []

    def probe(tried: Isolation, _image: Image, *, timeout_s: float) -> None:
        given.append(timeout_s)
        if any(platform in tried.name for platform in late):
            raise StartTimeoutError("not within that", remedy=patience.longer())

    monkeypatch.setattr("bench.isolations.launched.gvisor.probe", probe)
    for expected in ("kvm", "systrap", "systrap"):
        isolation = Runsc("fir")
        isolation.prepare(records.image(tmp_path), lambda _line: None)
        assert isolation.describe().versions["platform"] == expected
        late.clear()
    assert given == [12.0, 12.0, 12.0]  # systrap and kvm, then systrap, which is remembered


class Heedless(Runsc):
    """gVisor as it must never be configured."""

    def options(self, seat: Seat) -> Sequence[str]:
        return (*super().options(seat), "--ignore-cgroups")
