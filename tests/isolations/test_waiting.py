"""A child's end is waited for, not looked for."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from bench.isolations.waiting import ended_within


def child(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def refuse(*_given: object) -> None:
    raise OSError(38, "Function not implemented")


def test_a_child_that_ends_is_taken_away_with_its_status() -> None:
    with child("/bin/sh", "-c", "exit 3") as process:
        assert ended_within(process, 10)
        assert process.returncode == 3
        assert ended_within(process, 0)  # once more: it has ended


def test_a_child_that_stays_is_said_to_stay() -> None:
    with child("/bin/cat") as process:
        assert not ended_within(process, 0.01)
        assert process.returncode is None
        process.kill()
        assert ended_within(process, 10)


def test_nothing_is_polled_where_the_kernel_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    def slept(_seconds: float) -> None:
        raise AssertionError("it looked again and again")

    monkeypatch.setattr(time, "sleep", slept)
    with child("/bin/sh", "-c", "read line") as process:
        assert process.stdin is not None
        process.stdin.close()
        assert ended_within(process, 10)


def test_a_kernel_without_descriptors_of_processes_is_polled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pidfd_open", refuse)
    with child("/bin/sh", "-c", "read line; exit 4") as process:
        assert not ended_within(process, 0.01)
        assert process.stdin is not None
        process.stdin.close()
        assert ended_within(process, 10)
        assert process.returncode == 4
