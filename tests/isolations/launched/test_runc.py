"""runc on a bundle keeps the contract; CRIU brings its containers back, or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.isolations.base import Isolation
from bench.isolations.launched.oci_runtime import in_short
from bench.isolations.revival.criu import criu_fault, errors_in
from bench.isolations.revival.offers import no_checkpoint
from bench.model import Image
from tests.isolations.coming_back import comes_back
from tests.isolations.launched.gated import GatedContract


class TestRunc(GatedContract):
    name = "runc"
    roles = frozenset({"workload", "monitor"})

    def test_a_container_is_paused_written_down_and_brought_back(
        self, isolation: Isolation, image: Image, tmp_path: Path
    ) -> None:
        if fault := no_checkpoint(isolation):
            pytest.skip(fault.reason)
        comes_back(isolation, image, tmp_path)


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
