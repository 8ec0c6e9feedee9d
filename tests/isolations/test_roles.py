"""Who plays which role is told by the program."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from bench.host.processes import PsutilProcess
from bench.isolations.roles import by_role
from bench.model import Role


def test_a_program_plays_its_role_whatever_folder_it_lies_in_and_the_rest_is_the_workload(tmp_path: Path) -> None:
    sleep = shutil.which("sleep")
    assert sleep is not None
    programs = {"runsc-gofer": "gofer", "conmon": "conmon", "mysqld": "workload"}
    started = {}
    try:
        for program in programs:
            (tmp_path / program).symlink_to(sleep)
            started[program] = subprocess.Popen([tmp_path / program, "60"])
        roles = by_role([PsutilProcess(process.pid) for process in started.values()])
        assert {role: [one.pid for one in found] for role, found in roles.items()} == {
            role: [started[program].pid] for program, role in programs.items()
        }
    finally:
        for process in started.values():
            process.kill()
            process.wait()


def test_a_row_in_another_package_brings_its_own_programs_and_roles(tmp_path: Path) -> None:
    sleep = shutil.which("sleep")
    assert sleep is not None
    (tmp_path / "warden").symlink_to(sleep)
    with subprocess.Popen([tmp_path / "warden", "60"]) as started:
        found = PsutilProcess(started.pid)
        try:
            assert list(by_role([found])) == ["workload"]
            assert list(by_role([found], {"warden": Role(name="keeper")})) == ["keeper"]
        finally:
            started.kill()


def test_what_has_ended_plays_no_role() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        found = PsutilProcess(process.pid)
        process.kill()
    assert by_role([found]) == {}
