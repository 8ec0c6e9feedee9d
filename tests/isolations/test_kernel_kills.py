"""Kills for want of memory, as the kernel's log tells of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.isolations.kernel_kills import killed_for_memory

KILL = (
    "6,1456,663986060,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=box,mems_allowed=0,"
    "oom_memcg={0},task_memcg={0},task=dd,pid=18842,uid=0\n"
)
"""A record of Linux 6.18."""


@pytest.mark.parametrize(
    ("group", "killed"),
    [
        ("/isobench/fir/0005", True),
        ("/isobench/fir/0005/lxc.payload.box", True),
        ("/isobench/fir/0006/box", False),
        ("/isobench/fir/00051", False),
        ("/isobench/fir/0005-client", False),
        ("/other/isobench/fir/0005", True),
    ],
)
def test_a_kill_in_the_group_or_below_it_is_found(group: str, killed: bool, tmp_path: Path) -> None:
    log = tmp_path / "kmsg"
    log.write_text(KILL.format(group))
    assert killed_for_memory("isobench/fir/0005", log) is killed


@pytest.mark.parametrize("group", ["/docker/4f0e", "/system.slice/docker-4f0e.scope", "/libpod_parent/libpod-4f0e"])
def test_a_container_is_found_by_its_identifier(group: str, tmp_path: Path) -> None:
    log = tmp_path / "kmsg"
    log.write_text(KILL.format(group))
    assert killed_for_memory("4f0e", log)
    assert not killed_for_memory("4f0", log)


def test_a_process_that_speaks_of_a_kill_is_not_believed_and_a_log_that_is_not_there_tells_nothing(
    tmp_path: Path,
) -> None:
    log = tmp_path / "kmsg"
    log.write_text("12,1,2,-;I say; oom-kill: oom_memcg=/isobench/fir/0005,\n")
    assert not killed_for_memory("isobench/fir/0005", log)
    assert not killed_for_memory("isobench/fir/0005", tmp_path / "none")
