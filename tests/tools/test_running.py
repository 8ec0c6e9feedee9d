"""A host that is lost is told with its console's end, and leaves nothing; really booted, without a system."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.host import patience
from bench.images import cache
from bench.images.boot.kit import kit
from tools.hosts import running, system
from tools.hosts.errors import LabError
from tools.hosts.table import host

pytestmark = pytest.mark.vm


@pytest.fixture
def built(tmp_path: Path) -> system.Built:
    """A kernel and an initrd that finds no root on its disk."""
    boot = kit("bookworm", say=lambda _line: None)
    folder = tmp_path / "built"
    folder.mkdir()
    (folder / "kernel").symlink_to(boot.kernel)
    (folder / "initrd").symlink_to(boot.initrd)
    return system.Built(folder=folder)


@pytest.fixture
def disks(tmp_path: Path) -> dict[str, Path]:
    disk = tmp_path / "system"
    disk.write_bytes(b"\0" * (1 << 20))
    return {"system": disk}


def boot(built: system.Built, disks: dict[str, Path]) -> None:
    memory = disks["system"].with_name("memory")
    with running.running(host("debian13"), built, disks, memory, saved=False, out=lambda _said: None) as it:
        it.logged_in("awake")


def machines_of(disk: Path) -> list[int]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"file={disk}," in file.read_bytes().decode(errors="replace"):
                found.append(int(file.parent.name))
        except OSError:  # it has ended
            continue
    return found


def test_a_panic_is_told_with_the_consoles_last_lines(built: system.Built, disks: dict[str, Path]) -> None:
    with pytest.raises(LabError, match="ended before the command") as raised:
        boot(built, disks)
    assert "Kernel panic" in "\n".join(raised.value.__notes__)
    assert machines_of(disks["system"]) == []


def test_a_host_to_which_nobody_can_log_in_is_ended(
    built: system.Built, disks: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "limit_s", lambda _base_s: 0.5)
    with pytest.raises(LabError, match="nobody could log in within") as raised:
        boot(built, disks)
    assert "ISOBENCH_PATIENCE" in str(raised.value)
    assert machines_of(disks["system"]) == []


def test_a_full_disk_ends_a_host_that_would_wait_for_room(
    built: system.Built, disks: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "free_bytes", lambda _place: 1 << 20)
    with pytest.raises(LabError, match="is full"):
        boot(built, disks)
    assert machines_of(disks["system"]) == []


def test_a_host_ends_with_a_lab_that_is_killed(built: system.Built, disks: dict[str, Path]) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.tools.test_running import boot; "
        "from tools.hosts import running, system; running.LOGIN_S = 1e6; "
        "boot(system.Built(folder=Path(sys.argv[1])), {'system': Path(sys.argv[2])})"
    )
    disk = disks["system"]
    lab = subprocess.Popen([sys.executable, "-c", script, str(built.folder), str(disk)], cwd=system.ROOT)
    try:
        assert seen(lambda: len(machines_of(disk)) > 0)
    finally:
        os.kill(lab.pid, signal.SIGKILL)
        lab.wait()
    assert seen(lambda: machines_of(disk) == [])


def seen(ask: Callable[[], bool], within_s: float = 30.0) -> bool:
    """Whether a question is answered with yes in time."""
    deadline = time.monotonic() + within_s
    while not ask():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
