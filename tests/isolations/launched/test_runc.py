"""runc on a bundle keeps the contract; CRIU brings its containers back, or says why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.host import cgroup
from bench.host.accounting import AccountReading
from bench.host.subprocesses import Child
from bench.isolations.base import Exit, Isolation
from bench.isolations.console import Console
from bench.isolations.launched import gate
from bench.isolations.launched.oci_runtime import config, in_short
from bench.isolations.launched.seat import Seat
from bench.isolations.revival.criu import criu_fault, errors_in
from bench.isolations.revival.offers import no_checkpoint
from bench.isolations.timeline import Timeline
from bench.model import Image, Network
from tests.isolations.coming_back import comes_back
from tests.isolations.launched.gated import GatedContract
from tests.records import launch


class TestRunc(GatedContract):
    name = "runc"
    roles = frozenset({"workload", "monitor"})

    def test_a_container_is_paused_written_down_and_brought_back(
        self, isolation: Isolation, image: Image, tmp_path: Path
    ) -> None:
        if fault := no_checkpoint(isolation):
            pytest.skip(fault.reason)
        comes_back(isolation, image, tmp_path)


@pytest.mark.parametrize(("user", "network", "kind"), [(0, "host", "sysfs"), (7, "none", "sysfs"), (7, "host", "bind")])
def test_a_user_beside_the_hosts_network_sees_the_hosts_sysfs(
    user: int, network: Network, kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked, group = launch("true", folder=tmp_path), cgroup.Cgroup({})
    asked = replace(asked, envelope=replace(asked.envelope, network=network))
    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setattr(cgroup, "offers", lambda _controller: True)
    monkeypatch.setattr(cgroup, "limits_swap", lambda: True)
    mounts: Any = config(Seat(launch=asked, folder=tmp_path, group=group, account=group), "box")["mounts"]
    (sysfs,) = (one for one in mounts if one["destination"] == "/sys")
    assert sysfs["type"] == kind
    assert "ro" in sysfs["options"]


def test_a_reason_is_told_without_values_and_calls() -> None:
    panic = "checkpoint failed: at tcp.endpoint{a:{b:1}}: endpoint still has waiters\ngoroutine 326 [running]:\nx()"
    assert in_short(panic) == "checkpoint failed: at tcp.endpoint: endpoint still has waiters"
    assert in_short("one\ntwo\nthree\n") == "two / three"
    assert in_short("") == "nothing"


def test_what_criu_could_not_write_down_is_told_by_its_log(tmp_path: Path) -> None:
    (tmp_path / "dump.log").write_text(
        "(00.242078) sockets: Searching for socket 0x69732 family 2\n"
        "(00.242090) Error (criu/sockets.c:628): sockets: Can't get 1:16 opt: Operation not supported\n"
        "(00.310483) Error (criu/cr-dump.c:2111): Dumping FAILED.\n"
    )
    assert errors_in(tmp_path) == "sockets: Can't get 1:16 opt: Operation not supported"
    assert errors_in(tmp_path / "nowhere") == "it has kept no log"


@pytest.mark.parametrize("said", ["", "Error: rt vDSO area bounds"])
def test_what_criu_says_of_itself_is_the_reason(said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "criu"
    tool.write_text(f"#!/bin/sh\n[ \"$1\" = check ] || exit 0\necho '{said}' >&2\nexit {int(bool(said))}\n")
    tool.chmod(0o755)
    monkeypatch.setattr("bench.isolations.revival.criu.programs.found", lambda _name: str(tool))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    fault = criu_fault()
    assert (fault is None) == (not said)
    assert fault is None or said in fault.reason


@pytest.mark.parametrize("kills", [None, 0, 2])
def test_a_container_that_was_killed_whole_is_told_by_the_group_around(
    kills: int | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As for a user, who may not read the kernel's log, where the runtime has taken the container's own group away."""
    around, inside = cgroup.Cgroup({}), cgroup.Cgroup({})
    monkeypatch.setattr(around, "read", lambda: AccountReading(oom_kills=kills))
    monkeypatch.setattr(inside, "read", AccountReading)
    monkeypatch.setattr(gate, "killed_for_memory", lambda _place: False)
    asked = launch("true", folder=tmp_path)
    console = Console(asked.trial.nonce, patterns={})
    console.close(0)
    with Child("it", ["sh", "-c", "exit 137"], terminate_s=1, kill_s=1) as child:
        seat = Seat(launch=asked, folder=tmp_path / "run" / "box", group=around, account=inside)
        left = gate.GatedInstance(Timeline(), console, child, seat).wait_exit(5)
    assert left == Exit(status=137, out_of_memory=bool(kills))
