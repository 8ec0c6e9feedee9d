"""A CPU quota on an instance that has no control group to itself: real processes, real groups, all put back."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bench.host.accounting import AccountReading
from bench.host.cgroup import mounts
from bench.host.processes import PsutilProcess
from bench.measuring.calibration.quota import PARAMETER, imposed
from bench.measuring.observation import Ended
from bench.model import Kind, Trial
from tests.measuring.meters.instances import Scripted
from tests.records import trial

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes control groups"),
]


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[bytes]]:
    """A process that computes until it is killed."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        yield process
        process.kill()


def limited_to(percent: int) -> Trial:
    plain = trial()
    return replace(plain, cell=replace(plain.cell, parameters={PARAMETER: percent}))


def groups(pid: int) -> Mapping[str, str]:
    rows = [line.split(":", 2) for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()]
    return {names: path for _number, names, path in rows}


def cpu_share(process: PsutilProcess, seconds: float) -> float:
    used_s, began = process.cpu_s(), time.monotonic()
    time.sleep(seconds)
    return (process.cpu_s() - used_s) / (time.monotonic() - began)


def test_who_shares_the_harness_s_group_is_moved_limited_and_put_back(busy: subprocess.Popen[bytes]) -> None:
    run = f"test-{secrets.token_hex(4)}"
    process = PsutilProcess(busy.pid)
    before = groups(busy.pid)
    with imposed(Scripted({"vmm": [process], "shared:engine": [PsutilProcess(os.getpid())]}), limited_to(20), run):
        assert [path for path in groups(busy.pid).values() if f"isobench/{run}/quota-0001" in path]
        assert cpu_share(process, 0.5) < 0.3
    assert groups(busy.pid) == before
    assert groups(os.getpid()) == before
    assert not [root for root in mounts().values() if (root / "isobench" / run).exists()]
    assert busy.poll() is None


def test_a_fault_of_the_trial_puts_everything_back_too(busy: subprocess.Popen[bytes]) -> None:
    run = f"test-{secrets.token_hex(4)}"
    before = groups(busy.pid)
    with (
        pytest.raises(OSError, match="of the trial"),
        imposed(Scripted({"vmm": [PsutilProcess(busy.pid)]}), limited_to(20), run),
    ):
        raise OSError("of the trial")
    assert groups(busy.pid) == before
    assert not [root for root in mounts().values() if (root / "isobench" / run).exists()]


def test_no_quota_is_asked_for_and_nothing_moves(busy: subprocess.Popen[bytes]) -> None:
    before = groups(busy.pid)
    with imposed(Scripted({"vmm": [PsutilProcess(busy.pid)]}), limited_to(100), "fir"):
        assert groups(busy.pid) == before


@pytest.mark.parametrize("reading", [None, AccountReading()])
def test_an_instance_of_which_no_process_is_seen_takes_none(reading: AccountReading | None) -> None:
    with (
        pytest.raises(Ended, match="no process of it can be seen") as ended,
        imposed(Scripted({}, reading), limited_to(20), "fir"),
    ):
        pass
    assert ended.value.outcome.kind is Kind.UNSUPPORTED
