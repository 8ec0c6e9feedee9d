"""Tools that are told to be quiet: why one of them refuses is learnt, in its own words, and it is quiet again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.errors import IsolationError
from bench.isolations.base import Instance, Launch
from bench.isolations.fake import Fake
from bench.isolations.probe import check
from bench.isolations.registry import open_isolation
from bench.model import Image
from tests import records

NAMES = {"nspawn": "systemd-nspawn", "lxc": "lxc-start", "uml": "linux.uml"}
REFUSES = """#!/bin/sh
for word; do case $word in --quiet | quiet) exit 1 ;; esac; done
echo "{tool}: legacy cgroup layouts are not supported" >&2
exit 1
"""


@pytest.fixture
def refusing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for the tools, first on the path: they refuse, and say why unless they must be quiet."""
    for tool in NAMES.values():
        (tmp_path / tool).write_text(REFUSES.format(tool=tool))
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin")
    monkeypatch.setattr("bench.isolations.launched.uml.version_of", lambda _program: "unknown")
    return tmp_path


@pytest.mark.root
@pytest.mark.usefixtures("refusing")
@pytest.mark.parametrize("name", NAMES)
def test_why_a_quiet_tool_refuses_is_said_in_its_own_words(name: str, image: Image, run_id: str) -> None:
    isolation = open_isolation(name, run_id)
    availability = check(isolation, image, lambda _line: None)
    assert availability.fault is not None
    assert f"it said: {NAMES[name]}: legacy cgroup layouts are not supported" in availability.fault.reason
    assert isolation.hushed


class RefusesQuietly(Fake):
    """Fails as long as it must be quiet."""

    hushed = True

    @contextmanager
    def launch(self, launch: Launch) -> Iterator[Instance]:
        if self.hushed:
            raise IsolationError("it ended; it said: nothing")
        with super().launch(launch) as instance:
            yield instance


def test_a_refusal_that_does_not_come_again_is_said_to_be_one(tmp_path: Path) -> None:
    availability = check(RefusesQuietly("fir"), records.image(tmp_path), lambda _line: None)
    assert availability.fault is not None
    assert availability.fault.reason == (
        "it ended; it said: nothing; a second start, in which its tool might speak, went well"
    )
