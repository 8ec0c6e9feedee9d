"""A host boots once; each job has a copy of it, in its own time, with random numbers of its own."""

from __future__ import annotations

import subprocess
import time

import pytest

from tools.hosts import system

pytestmark = pytest.mark.vm


def test_two_jobs_share_nothing_but_what_had_booted() -> None:
    script = "test ! -e /var/seen || exit 7; touch /var/seen; date +%s; cat /proc/sys/kernel/random/{boot_id,uuid}"
    said = []
    for _job in range(2):
        words = ["tools/lab", "run", "debian13", "--", "bash", "-c", script]
        done = subprocess.run(words, cwd=system.ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        now, *drawn = done.stdout.split()
        assert abs(int(now) - time.time()) < 60
        said.append(drawn)
    (boot_id, uuid), (same_boot_id, other_uuid) = said
    assert boot_id == same_boot_id
    assert uuid != other_uuid
