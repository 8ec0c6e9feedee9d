"""Exit codes: what each ending comes to, and what is said before leaving."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli.commands.run import exit_code
from bench.cli.exits import ExitCode, leave_with, of_signal
from bench.errors import BenchError, ImageError, InputError, Interrupted, ResultsError, StoreError
from bench.measuring.request import Finished
from bench.model import Kind


def finished(*kinds: Kind, interrupted: str | None = None, refused: StoreError | None = None) -> Finished:
    outcomes = {kind.value: 1 for kind in kinds}
    return Finished(folder=Path(), outcomes=outcomes, interrupted=interrupted, refused=refused)


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (finished(Kind.OK), ExitCode.OK),
        (finished(Kind.OK, Kind.SPOILED), ExitCode.OK),
        (finished(Kind.OK, Kind.UNSUPPORTED), ExitCode.OK),
        *((finished(Kind.OK, kind), ExitCode.SOME_FAILED) for kind in
          (Kind.FAILED, Kind.TIMED_OUT, Kind.OUT_OF_MEMORY, Kind.DID_NOT_RETURN)),
        (finished(Kind.FAILED), ExitCode.SOME_FAILED),
        (finished(Kind.UNSUPPORTED), ExitCode.NOTHING_MEASURED),
        (finished(), ExitCode.NOTHING_MEASURED),
        (finished(Kind.OK, refused=StoreError("full")), ExitCode.DISK_FULL),
        (finished(refused=StoreError("full")), ExitCode.DISK_FULL),
        (finished(Kind.OK, interrupted="SIGINT"), 130),
        (finished(Kind.FAILED, interrupted="SIGTERM"), 143),
    ],
)  # fmt: skip
def test_what_a_run_comes_to(run: Finished, code: int) -> None:
    assert exit_code(run) == code


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signals_code_is_the_shells(name: str, code: int) -> None:
    assert of_signal(name) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("x"), 2),
        (ResultsError("x"), 2),
        (ImageError("x"), 3),
        (BenchError("x"), 3),
        (Interrupted("SIGINT"), 130),
        (Interrupted("SIGTERM"), 143),
    ],
)
def test_what_an_error_comes_to(error: BenchError | Interrupted, code: int) -> None:
    with pytest.raises(SystemExit) as left:
        leave_with(error)
    assert left.value.code == code


def test_an_error_is_said_with_its_notes_and_its_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    error = ImageError("the image does not build", remedy="Look at the log")
    error.add_note("dpkg: error")
    with pytest.raises(SystemExit):
        leave_with(error)
    said = capsys.readouterr()
    assert said.err == "bench: the image does not build\n       dpkg: error\n       Look at the log\n"
    assert said.out == ""


def test_an_interruption_says_that_nothing_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        leave_with(Interrupted("SIGINT"))
    assert capsys.readouterr().err == "Ended by SIGINT. What was measured before is kept.\n"
