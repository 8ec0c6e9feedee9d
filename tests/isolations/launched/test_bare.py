"""Bare keeps the contract."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from bench.host import cgroup
from bench.host.run_state import run_folder
from bench.isolations.base import Exit, Isolation
from bench.isolations.launched.bare import Bare
from bench.model import Image
from bench.testing.contract import IsolationContract
from bench.testing.launching import LEAVE_S, checked, holding, start


@pytest.fixture(scope="module")
def isolation(image: Image, run_id: str) -> Isolation:
    return checked(Bare(run_id), image)


@pytest.mark.root
class TestBare(IsolationContract):
    roles = frozenset({"workload"})

    def leftovers(self, run: str) -> list[str]:
        groups = [f"control group {name}" for name in cgroup.below("isobench") if name == run]
        return groups + _mounts_of(run)

    def test_mounts_are_seen_by_nobody_else(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.stays, ready="^ready$") as instance:
            assert instance.wait("ready", timeout_s=10) == "ready"
            assert _mounts_of(isolation.run) == []

    def test_what_an_instance_writes_is_gone_with_it(self, isolation: Isolation, image: Image) -> None:
        command = ("/bin/sh", "-c", "test ! -e /etc/mine && echo mine > /etc/mine && cat /etc/mine")
        for _turn in range(2):
            with start(isolation, image, command) as instance:
                assert instance.wait("end", timeout_s=10) == "end"
            assert [line.data for line in instance.console.lines()] == [b"mine"]

    def test_what_is_looked_for_on_the_host_is_found_where_it_stands(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, ("/bin/sh", "-c", "read _", "5tand5here")) as instance:
            assert instance.wait("end", timeout_s=10) == "end"
            assert any(file.name == "cmdline" for file in holding("5tand5here", isolation.run))
            (run_folder(isolation.run) / "written").write_text("5tand5there")
            assert [file.name for file in holding("5tand5there", isolation.run)] == ["written"]

    def test_a_gate_that_is_killed_while_the_workload_goes_on_is_no_good_end(
        self, isolation: Isolation, image: Image
    ) -> None:
        with start(isolation, image, ("/bin/sh", "-c", "echo ready; sleep 0.3"), ready="^ready$") as instance:
            assert instance.wait("ready", timeout_s=10) == "ready"
            entry = min(one.pid for one in instance.processes()["workload"])
            os.kill(psutil.Process(entry).ppid(), signal.SIGKILL)
            assert instance.wait("end", "closed", timeout_s=10) == "end"
            assert instance.console.status == 0
            instance.dismiss()
            left = instance.wait_exit(LEAVE_S)
        assert left == Exit(status=-signal.SIGKILL)
        assert instance.doubt(left) == (
            "the entry said that its workload ended with status 0, and the host saw signal 9"
        )

    def test_what_a_dead_run_has_left_frozen_is_ended(self, isolation: Isolation, image: Image) -> None:
        assert isinstance(isolation, Bare)
        with start(isolation, image, self.stays, ready="^ready$") as instance:
            assert instance.wait("ready", timeout_s=10) == "ready"
            isolation.pause(instance)
            group = instance.account
            assert isinstance(group, cgroup.Cgroup)
            frozen = group.pids()
            [removed] = [one for one in isolation.clean(lambda run: run == isolation.run) if "control group" in one]
            assert str(frozen) in removed
        assert not any(_runs(pid) for pid in frozen)

    def test_a_daemon_that_the_workload_leaves_behind_is_ended(self, isolation: Isolation, image: Image) -> None:
        command = ("/bin/sh", "-c", "setsid sleep 600 </dev/null >/dev/null 2>&1 &")
        with start(isolation, image, command) as instance:
            assert instance.wait("end", timeout_s=10) == "end"
            left = instance.account
            assert isinstance(left, cgroup.Cgroup)
            before = left.pids()
            instance.dismiss()
            assert instance.wait_exit(LEAVE_S) is not None
            daemons = left.pids()
            assert daemons
            assert set(daemons) < set(before)
        assert not any(_runs(pid) for pid in daemons)


def _runs(pid: int) -> bool:
    """Whether a process lives; one that is dead but not yet reaped by init does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _mounts_of(run: str) -> list[str]:
    return [line for line in Path("/proc/self/mounts").read_text().splitlines() if run in line]
