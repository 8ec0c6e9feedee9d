"""A host boots once; each job has a copy of it, in its own time, with random numbers of its own."""

from __future__ import annotations

import subprocess
import time

import pytest

from tools.hosts import system

pytestmark = pytest.mark.vm


def test_jobs_share_nothing_but_what_had_booted() -> None:
    script = (
        "test ! -e /var/seen || exit 7; touch /var/seen; date +%s; cat /proc/sys/kernel/random/boot_id /run/lab.drawn"
    )
    boot_ids, drawn = set(), set()
    for _job in range(3):  # without a seed, two of three were seen to draw the same
        words = ["tools/lab", "run", "debian13", "--", "bash", "-c", script]
        done = subprocess.run(words, cwd=system.ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        now, boot_id, first = done.stdout.split()
        assert abs(int(now) - time.time()) < 60
        boot_ids.add(boot_id)
        drawn.add(first)
    assert len(boot_ids) == 1
    assert len(drawn) == 3
