"""The probe: a real start, or the reason why not; a fault is an answer, never an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import BenchError, ImageError, IsolationError
from bench.isolations.base import Fault, Instance, Launch, Say
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


class HangsAtRandom(Fake):
    """Hangs in its first so many boots."""

    boots = 3

    def __init__(self, hangs: int) -> None:
        super().__init__("fir")
        self.left = hangs
        self.took: list[float] = []

    @contextmanager
    def launch(self, launch: Launch) -> Iterator[Instance]:
        self.left -= 1
        with super().launch(replace(launch, command=("hang",)) if self.left >= 0 else launch) as instance:
            yield instance

    def started(self, start_s: float) -> None:
        self.took.append(start_s)


@pytest.mark.parametrize(("hangs", "said"), [(0, ""), (1, ", 1 of 2 boots hung"), (2, ", 2 of 3 boots hung")])
def test_what_may_hang_at_boot_is_tried_again_and_that_is_said(tmp_path: Path, hangs: int, said: str) -> None:
    isolation = HangsAtRandom(hangs)
    availability = check(isolation, image(tmp_path), quiet)
    assert availability.ready
    assert availability.detail == isolation.describe().detail + said
    assert isolation.took == [pytest.approx(0.01, rel=0.02)]


def test_what_hangs_at_every_boot_is_not_ready_and_takes_no_longer_than_it_may(tmp_path: Path) -> None:
    isolation = HangsAtRandom(9)
    before_ns = isolation.clock.now_ns()
    availability = check(isolation, image(tmp_path), quiet)
    assert availability.fault is not None
    assert "within 60 s" in availability.fault.reason
    assert availability.fault.reason.endswith("all of 3 boots hung")
    assert (isolation.clock.now_ns() - before_ns) / 1e9 < 20 + 40 + 60 + 5
    assert isolation.left == 9 - 3
