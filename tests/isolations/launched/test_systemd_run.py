"""A scope of systemd's keeps the contract; where systemd has not booted the host, it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.isolations.registry import open_isolation
from bench.model import Image
from tests.isolations.launched.gated import GatedContract


class TestSystemdRun(GatedContract):
    name = "systemd-run"
    roles = frozenset({"workload"})


@pytest.mark.root
@pytest.mark.parametrize(
    ("booted", "version", "reason"),
    [
        (False, "v2", "systemd is not process 1 of this host"),
        (True, "v1", "the host's control groups are of version 1"),
    ],
)
def test_a_host_that_systemd_does_not_keep_is_refused(
    booted: bool, version: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path if booted else tmp_path / "nothing"
    monkeypatch.setattr("bench.isolations.launched.systemd_run._BOOTED", place)
    monkeypatch.setattr("bench.isolations.launched.systemd_run.cgroup.version", lambda: version)
    fault = open_isolation("systemd-run", "fir").missing()
    assert fault is not None
    assert fault.reason == reason


@pytest.mark.root
def test_what_systemd_does_to_make_a_scope_is_no_strangers_work(image: Image) -> None:
    isolation = open_isolation("systemd-run", "fir")
    isolation.prepare(image, lambda _line: None)
    assert [daemon.pid for daemon in isolation.daemons] == [1]
