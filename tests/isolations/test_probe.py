"""The probe: a real start, or the reason why not; a fault is an answer, never an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import BenchError, ImageError, IsolationError, LeftoverError
from bench.host import cgroup, patience, run_names, run_state
from bench.isolations.base import Exit, Fault, Instance, Launch
from bench.isolations.fake import Fake, FakeInstance
from bench.isolations.probe import check, probe
from bench.model import Image, Say
from tests.records import image


@pytest.fixture(autouse=True)
def _fast_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "slowness", lambda: 1.0)
    monkeypatch.delenv(patience.VARIABLE, raising=False)


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


def test_on_an_emulated_host_every_isolation_is_emulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.isolations.probe.is_emulated", lambda: True)
    assert check(Fake("fir"), image(tmp_path), quiet).emulated


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


@pytest.mark.parametrize("remedy", [None, "python -m bench doctor", "python -m bench doctor says how to start it"])
def test_no_remedy_names_the_command_that_was_just_run(tmp_path: Path, remedy: str | None) -> None:
    unpreparable = Unpreparable("fir")
    unpreparable.error = IsolationError("it refused", remedy=remedy)
    availability = check(unpreparable, image(tmp_path), quiet)
    assert availability.fault is not None
    assert availability.fault.remedy == "Go by those words; another release of it may do"


def test_a_remedy_that_does_more_than_try_again_is_kept(tmp_path: Path) -> None:
    unpreparable = Unpreparable("fir")
    unpreparable.error = IsolationError("it refused", remedy="python -m bench doctor --fix --yes")
    fault = check(unpreparable, image(tmp_path), quiet).fault
    assert fault is not None
    assert fault.remedy == "python -m bench doctor --fix --yes"


@pytest.mark.parametrize(
    ("layout", "words", "boots"),
    [
        ("hybrid", "Container does not support legacy cgroup hierarchy", True),
        ("v1", "box: No space left on device - Failed to enter", True),
        ("v2", "Failed to set up cgroup", False),
        ("hybrid", "no such machine", False),
    ],
)
def test_what_speaks_of_control_groups_is_told_how_to_have_those_that_newer_releases_want(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str, words: str, boots: bool
) -> None:
    monkeypatch.setattr(cgroup, "version", lambda: layout)
    unpreparable = Unpreparable("fir")
    unpreparable.error = IsolationError(words)
    fault = check(unpreparable, image(tmp_path), quiet).fault
    assert fault is not None
    assert ("systemd.unified_cgroup_hierarchy=1" in fault.remedy) is boots


def test_a_start_that_takes_too_long_carries_what_was_said(tmp_path: Path) -> None:
    with pytest.raises(IsolationError, match=r"did not start and end within 0 s; it said: nothing"):
        probe(Fake("fir"), image(tmp_path), timeout_s=0.001)


def test_an_isolation_that_loses_the_workloads_status_is_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeInstance, "wait_exit", lambda _self, _timeout_s: Exit(status=1))
    availability = check(Fake("fir"), image(tmp_path), quiet)
    assert availability.fault is not None
    said = "in fake: the entry said that its workload ended with status 0, and the host saw status 1"
    assert availability.fault.reason.startswith(said)


@pytest.mark.parametrize(
    ("slowness", "asked", "shown_s", "within"),
    [(1.0, "1", 0.0, "60 s"), (4.0, "1", 0.0, "240 s"), (4.0, "0.5", 0.0, "120 s"), (1.0, "1", 50.0, "250 s")],
)
def test_a_slow_host_is_given_more_time_and_how_to_give_more_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slowness: float, asked: str, shown_s: float, within: str
) -> None:
    monkeypatch.setattr(patience, "slowness", lambda: slowness)
    monkeypatch.setenv(patience.VARIABLE, asked)
    isolation = HangsAtRandom(9)
    isolation.boots, isolation.shown_s = 1, shown_s
    fault = check(isolation, image(tmp_path), quiet).fault
    assert fault is not None
    assert f"did not start and end within {within}" in fault.reason
    assert fault.remedy.endswith(f"ISOBENCH_PATIENCE={2 * float(asked):g} doubles every limit on a start")


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


class Sticky(Fake):
    """An instance that cannot be removed."""

    @contextmanager
    def launch(self, launch: Launch) -> Iterator[Instance]:
        with super().launch(launch) as instance:
            yield instance
        raise LeftoverError("container 5f0c is still there")


def test_what_a_probe_leaves_behind_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "state"))
    run = run_names.of_process("sticky")
    with run_state.alive(run):
        fault = check(Sticky(run), image(tmp_path), quiet).fault
    assert fault is not None
    assert fault.reason == "container 5f0c is still there"
    assert run_state.is_dead(run)
    run_state.forget(run)
