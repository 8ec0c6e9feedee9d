"""The way to libvirt: a connection that fails says the same every time, and leaves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import IsolationError
from bench.host import run_state
from bench.isolations.registry import open_isolation

libvirt = pytest.importorskip("libvirt")


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("ISOBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(run_state, "_LOCKS", tmp_path)


def test_a_failed_connection_fails_alike_the_second_time_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.isolations.machines import libvirt_connection  # noqa: PLC0415 - libvirt may be missing

    def refuse(_uri: str) -> None:
        raise libvirt.libvirtError("no such driver")

    monkeypatch.setattr(libvirt_connection, "_SYSTEM_SOCKETS", ())
    monkeypatch.setattr(libvirt_connection, "_start_event_loop", lambda: None)
    monkeypatch.setattr(libvirt, "open", refuse)
    told = []
    for _ in range(2):
        with pytest.raises(IsolationError, match="cannot connect to libvirt") as raised:
            libvirt_connection.connect.__wrapped__()
        told.append(str(raised.value))
    assert told[0] == told[1]
    assert not list((tmp_path / "state" / "runs").iterdir())
    assert run_state.registered_runs() == []


@pytest.mark.parametrize(("name", "letters"), [("vm", 30), ("vm:direct", 60), ("podman", 80)])
def test_a_state_folder_too_deep_for_sockets_is_said_before_anything_starts(
    name: str, letters: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda tool, path=None: f"/usr/bin/{tool}")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("pwd.getpwnam", lambda _name: None)
    for length, beyond in ((letters, True), (17, False)):
        monkeypatch.setenv("ISOBENCH_STATE", "/" + "x" * (length - 1))
        fault = open_isolation(name, "fir").missing()
        assert (fault is not None and "too long for the sockets below it" in fault.reason) == beyond
        assert not beyond or (fault is not None and "ISOBENCH_STATE" in fault.remedy)
