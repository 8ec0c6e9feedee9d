"""What is built for another architecture names it everywhere, and only as long as it is asked for."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from bench.images.debian import architecture, mmdebstrap


def test_another_architecture_is_built_for_as_long_as_the_block_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QEMU_CPU", raising=False)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    with architecture.building_for("arm64"):
        assert architecture.current().kernel_package == "linux-image-cloud-arm64"
        assert "--architectures=arm64" in mmdebstrap._foreign()
        assert mmdebstrap._environment(tmp_path)["QEMU_CPU"] == "neoverse-n1"
    assert "QEMU_CPU" not in mmdebstrap._environment(tmp_path)
    assert architecture.current().debian == "amd64"
    assert mmdebstrap._foreign() == ()


def test_ones_own_is_nothing_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with architecture.building_for("arm64"):
        assert mmdebstrap._foreign() == ()
