"""Whose children the kernel does not list are found by looking at every process: the same ones."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bench.host import processes

CHILD = "/bin/sh -c 'echo up; read line; exit 0' <&3"
NESTED = f"exec 3<&0; {CHILD} & ({CHILD}; exit 0) & wait"
"""A child, and a child of a child: three processes, none of which starts another once both have said so."""


def test_both_ways_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(["/bin/sh", "-c", NESTED], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        assert shell.stdout is not None
        assert [shell.stdout.readline() for _ in range(2)] == [b"up\n", b"up\n"]
        listed = {one.pid for one in processes.descendants(shell.pid)}

        def without_lists(file: str | Path) -> str:
            raise FileNotFoundError(file)

        monkeypatch.setattr(processes, "contents", without_lists)
        looked_for = {one.pid for one in processes.descendants(shell.pid)}
        shell.communicate()
    assert listed == looked_for
    assert len(listed) == 3
