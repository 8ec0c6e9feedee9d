"""microsandbox keeps the contract where there is KVM by hardware; elsewhere it is refused before it is started."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bench.host.processors.virtualization import Kvm
from bench.isolations.launched import microsandbox
from bench.isolations.launched.gate import Gated
from bench.isolations.registry import open_isolation
from tests.isolations.launched.gated import GatedContract

MSB = """#!/bin/sh
case $1 in
    create) read -r line || echo "create got no input"; logs=$MSB_HOME/sandboxes/box/logs
        mkdir -p $logs && echo killed > $logs/kernel.log; exit {created} ;;
    exec) read -r line; echo "exec got $line"; exit 7 ;;
    stop) echo stopped; exit 3 ;;
esac
"""


class TestMicrosandbox(GatedContract):
    name = "microsandbox"
    roles = frozenset({"vmm", "client"})


@pytest.mark.parametrize(
    ("closed", "module", "program", "reason", "remedy"),
    [
        ("no /dev/kvm on this host", "", "/msb", "no /dev/kvm on this host", "hardware virtualization"),
        ("", "kvm_pvm", "/msb", "kvm-pvm", "hardware virtualization"),
        ("", "kvm_amd", None, "the command msb is missing", "pip install 'isobench[microsandbox]'"),
    ],
)
def test_what_it_lacks_is_said_before_it_is_started(
    closed: str, module: str, program: str | None, reason: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gated, "missing", lambda _self: None)
    monkeypatch.setattr(microsandbox, "closed", lambda: closed)
    monkeypatch.setattr(microsandbox, "kvm", lambda: Kvm(kind="hardware", module=module))
    monkeypatch.setattr(microsandbox, "_program", lambda: program)
    fault = open_isolation("microsandbox", "fir").missing()
    assert fault is not None
    assert reason in fault.reason
    assert remedy in fault.remedy
    assert fault.of_host is (program is not None)


def started(tmp_path: Path, *, created: int) -> subprocess.CompletedProcess[str]:
    msb = tmp_path / "msb"
    msb.write_text(MSB.format(created=created))
    msb.chmod(0o755)
    script = Path(microsandbox.__file__).with_name("microsandbox.sh").read_text()
    script = script.replace("/dev/shm/microsandbox", str(tmp_path / "home"))
    words = ["/bin/sh", "-c", script, "sh", str(msb), str(tmp_path / "kernel.log"), "/root"]
    return subprocess.run(words, input="secret\n", capture_output=True, text=True, check=False, timeout=10)


def test_the_entry_gets_the_input_and_its_status_comes_back_with_the_kernels_log(tmp_path: Path) -> None:
    done = started(tmp_path, created=0)
    assert done.returncode == 7
    assert done.stdout.splitlines() == ["create got no input", "exec got secret", "stopped"]
    assert (tmp_path / "kernel.log").read_text() == "killed\n"


def test_a_machine_that_is_refused_ends_it_with_the_tools_status(tmp_path: Path) -> None:
    assert started(tmp_path, created=5).returncode == 5
