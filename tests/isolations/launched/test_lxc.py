"""LXC keeps the contract; on version 2 of control groups it is told the same limits in that version's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.host import cgroup
from bench.isolations.launched.lxc import Lxc
from bench.isolations.launched.seat import Seat
from bench.model import Image
from bench.testing.launching import launch_of
from tests.isolations.launched.gated import GatedContract


class TestLxc(GatedContract):
    name = "lxc"
    roles = frozenset({"workload", "monitor"})


@pytest.mark.parametrize(
    ("version", "joins", "said"),
    [
        ("hybrid", True, ("lxc.cgroup.relative = 1", "lxc.cgroup.memory.limit_in_bytes = 268435456")),
        ("v2", False, ("lxc.cgroup.dir.container = isobench/fir/0001/lxc.payload.box", "lxc.cgroup2.pids.max = 128")),
    ],
)
def test_its_groups_and_limits_are_said_in_the_words_of_the_version(
    version: str, joins: bool, said: tuple[str, ...], image: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroup, "version", lambda: version)
    isolation = Lxc("fir")
    assert isolation.joins is joins
    folder = tmp_path / "fir" / "0001"
    folder.mkdir(parents=True)
    launch = launch_of(isolation, image, ("/bin/true",))
    nowhere = cgroup.Cgroup({})
    isolation.command(Seat(launch=launch, folder=folder, group=nowhere, account=nowhere))
    written = (folder / "lxc.conf").read_text().splitlines()
    assert set(said) <= set(written)
    assert not any("cgroup2" in line for line in written) or version == "v2"
