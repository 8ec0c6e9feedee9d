"""Processes that bear the id of a container its engine no longer knows, played by shells."""

from __future__ import annotations

import subprocess
import time
import uuid

from bench.isolations.engines.docker_leaks import bearing, reap

_TIDIED = 'bash -c "exec -a $bears sleep 1000" & wait; sleep 0.1; exec bash -c "exec -a $bears sleep 0.2"'
"""As containerd does: once the process it watches is gone, it starts one that tidies, and bears the same id."""


def test_what_tidies_after_the_one_that_was_ended_is_waited_for() -> None:
    container = uuid.uuid4().hex
    with subprocess.Popen(["bash", "-c", _TIDIED], env={"PATH": "/usr/bin:/bin", "bears": container}) as watching:
        while not bearing(container):
            time.sleep(0.01)
        [ended] = reap(container)
        assert ended != watching.pid
        assert bearing(container) == []
        assert watching.wait(timeout=5) == 0


def test_a_container_that_left_nothing_costs_no_wait() -> None:
    asked = time.monotonic()
    assert reap(uuid.uuid4().hex) == []
    assert time.monotonic() - asked < 0.5
