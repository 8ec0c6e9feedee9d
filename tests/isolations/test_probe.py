"""The probe: a real start, or the reason why not; a fault is an answer, never an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import BenchError, ImageError, IsolationError
from bench.isolations.base import Fault, Say
from bench.isolations.fake import Fake
from bench.isolations.probe import check, probe
from bench.model import Image
from tests.records import image


def quiet(_line: str) -> None:
    pass


class Lacking(Fake):
    def missing(self) -> Fault | None:
        return Fault(reason="the command unshare is missing", remedy="apt-get install util-linux")


class Unpreparable(Fake):
    error: BenchError = ImageError("the disk is full", remedy="Free some")

    def prepare(self, image: Image, say: Say) -> None:
        raise self.error


def test_what_starts_is_ready(tmp_path: Path) -> None:
    assert check(Fake("fir"), image(tmp_path), quiet).ready


def test_the_seconds_are_those_to_the_start_mark(tmp_path: Path) -> None:
    assert probe(Fake("fir"), image(tmp_path)).start_s == pytest.approx(0.01, rel=0.02)


def test_something_missing_is_the_fault_and_nothing_is_started(tmp_path: Path) -> None:
    lacking = Lacking("fir")
    before_ns = lacking.clock.now_ns()
    availability = check(lacking, image(tmp_path), quiet)
    assert availability.fault is not None
    assert availability.fault.remedy == "apt-get install util-linux"
    assert availability.detail == "the command unshare is missing"
    assert lacking.clock.now_ns() == before_ns


def test_a_failed_preparation_is_the_fault(tmp_path: Path) -> None:
    availability = check(Unpreparable("fir"), image(tmp_path), quiet)
    assert availability.fault == Fault(reason="the disk is full", remedy="Free some")


def test_a_fault_without_a_remedy_points_to_the_doctor(tmp_path: Path) -> None:
    unpreparable = Unpreparable("fir")
    unpreparable.error = IsolationError("it refused")
    availability = check(unpreparable, image(tmp_path), quiet)
    assert availability.fault is not None
    assert availability.fault.remedy == "python -m bench doctor"


def test_a_start_that_takes_too_long_carries_what_was_said(tmp_path: Path) -> None:
    with pytest.raises(IsolationError, match=r"did not start and end within 0 s; it said: nothing"):
        probe(Fake("fir"), image(tmp_path), timeout_s=0.001)
