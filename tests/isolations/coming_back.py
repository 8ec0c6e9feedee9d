"""What every isolation keeps that pauses instances, or writes them down and brings them back."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from bench.isolations.base import Instance, Isolation, Launch
from bench.isolations.revival.offers import Checkpointing, Pausing
from bench.model import Image, Kind
from bench.testing.launching import LEAVE_S, START_S, launch_of

STILL_S = 0.3


def holds_still(isolation: Isolation, image: Image) -> None:
    """Pause an instance, and let it go on: it obeys what it was told meanwhile; one that is left paused is ended."""
    with isolation.launch(_staying(isolation, image)) as instance:
        _pauses(isolation, instance)
        _leaves(instance)
    with isolation.launch(_staying(isolation, image)) as instance:
        assert isinstance(isolation, Pausing)
        assert instance.wait("start", "closed", timeout_s=START_S) == "start"
        isolation.pause(instance)


def comes_back(isolation: Isolation, image: Image, folder: Path, *, mapped: bool = False) -> None:
    """Pause an instance, write it down, and bring it back twice: each knows what was known, and of no other."""
    assert isinstance(isolation, Checkpointing)
    launch = _staying(isolation, image)
    with isolation.launch(isolation.mappable(launch, folder) if mapped else launch) as instance:
        _pauses(isolation, instance)
        assert _told(instance, "10", "echo kept >>/root/word; cat /root/word") == ["kept"]
        checkpoint = isolation.checkpoint(instance, folder)
    assert sum(file.stat().st_size for file in checkpoint.files()) > 0
    for _ in range(2):
        with isolation.restore(checkpoint, _staying(isolation, image)) as again:
            assert again.timeline.marks_ns["requested"]
            assert _told(again, "1", "echo again >>/root/word; cat /root/word") == ["kept", "again"]
            assert sum(map(len, again.processes().values())) > 0
            _leaves(again)


def _staying(isolation: Isolation, image: Image) -> Launch:
    return replace(launch_of(isolation, image, ()), stays=True)


def _pauses(isolation: Isolation, instance: Instance) -> None:
    assert isinstance(isolation, Pausing)
    assert instance.wait("start", "closed", timeout_s=START_S) == "start"
    assert _told(instance, "1", "echo first") == ["first"]
    isolation.pause(instance)
    instance.send("run 2 /bin/true")
    assert instance.wait("doing.2", timeout_s=STILL_S) is None
    isolation.thaw(instance)
    assert instance.wait("did.2", "closed", timeout_s=START_S) == "did.2"


def _told(instance: Instance, number: str, script: str) -> list[str]:
    instance.send(f"run {number} {shlex.join(('/bin/sh', '-c', script))}")
    assert instance.wait(f"did.{number}", "end", "closed", timeout_s=START_S) == f"did.{number}", (
        instance.console.tail()
    )
    return [line.text for line in instance.console.lines(number)]


def _leaves(instance: Instance) -> None:
    instance.dismiss()
    assert instance.wait("end", "closed", timeout_s=LEAVE_S) == "end"
    instance.dismiss()
    assert instance.see_off(LEAVE_S).kind is Kind.OK
