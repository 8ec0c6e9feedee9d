"""What a survey counts of what a tracer has seen, by piece of work and in all; the tracer is scripted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.analysis.data.reached import SIDES
from bench.host.tracing.entered import Entered
from bench.isolations.base import Instance
from bench.measuring.surface import Survey
from bench.measuring.surface.traced import HostTracer
from bench.scenario import find_scenarios, load_scenario, stock_folder
from tests.measuring.meters.instances import Scripted
from tests.records import launch

FILES = Entered(calls=Counter({0: 41, 257: 4}), functions=Counter({"vfs_read": 41, "update_process_times": 3}))
REDIS = Entered(calls=Counter({0: 300, 288: 300}), functions=Counter({"vfs_read": 300, "inet_accept": 300}))
SEEN = {"files": FILES, "redis": REDIS, "known": FILES}
ASKED = b"call 0 read EBADF\ncall 39 getpid ok\ncall 257 openat EFAULT\nfact cpus_given 1\n"


class Tracer(HostTracer):
    """Sees what is scripted; ticks are in the control."""

    def open(self) -> None:
        self.control = Entered(functions=Counter({"update_process_times": 9}))

    @contextmanager
    def watching(self, instance: Instance, work: str) -> Iterator[None]:
        yield
        self.seen[work] = SEEN[work]


class Deaf(Tracer):
    """Traces no functions, and says so."""

    def open(self) -> None:
        self.no_functions = "it is refused"


@pytest.fixture
def surveyed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Survey:
    monkeypatch.setattr("bench.measuring.surface.survey.HostTracer", Tracer)
    return Survey(Scripted({}), launch("true", folder=tmp_path), "test")


def figures(survey: Survey, *works: str) -> dict[str, float]:
    """Return the survey's samples of the host after these pieces of work, without ``surface.``."""
    with survey:
        for number, work in enumerate(works, start=1):
            with survey.beside({"workload": work}, str(number)):
                pass
    return {one.metric.removeprefix("surface."): one.value for one in survey.samples(1.0) if one.vantage == "host"}


def test_each_piece_of_work_is_counted_by_itself_and_all_together(surveyed: Survey) -> None:
    assert figures(surveyed, "files", "redis") == {
        "host_syscalls.files": 2, "host_functions.files": 1,
        "host_syscalls.redis": 2, "host_functions.redis": 2,
        "host_syscalls": 3, "host_functions": 2,
    }  # fmt: skip


def test_where_functions_cannot_be_traced_calls_are_counted_and_no_nought_stands_for_functions(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bench.measuring.surface.survey.HostTracer", Deaf)
    survey = Survey(Scripted({}), launch("true", folder=tmp_path), "test")
    assert figures(survey, "redis") == {"host_syscalls.redis": 2, "host_syscalls": 2}
    assert survey.notes()["surface.no_host_functions"] == "it is refused"


def test_a_calibration_is_told_of_every_call_made_or_not(surveyed: Survey, tmp_path: Path) -> None:
    instance = Scripted({})
    instance.console.feed(b"@isobench 0 start\n@isobench 0 doing 1\n" + ASKED + b"@isobench 0 did 1 0\n", 1)
    survey = Survey(instance, launch("true", folder=tmp_path), "test")
    with survey:
        for number, work in (("1", "calls"), ("2", "known")):
            with survey.beside({"workload": work}, number):
                pass
    assert {one.metric: one.value for one in survey.known(1.0)} == {
        "surface.known.read": 41,
        "surface.known.getpid": 0,
        "surface.known.openat": 4,
        "surface.known.uptime_proc_show": 0,
    }


def test_a_calibration_of_which_nothing_was_asked_has_no_figures(surveyed: Survey) -> None:
    figures(surveyed, "known")
    assert surveyed.known(1.0) == []


def test_the_stock_claims_about_one_piece_of_work_name_a_piece_that_there_is() -> None:
    scenario = load_scenario(find_scenarios([stock_folder()])["surface"])
    works = [
        str(claim.metric).removeprefix(f"surface.{side}.")
        for side in SIDES
        for claim in scenario.claims
        if str(claim.metric).startswith(f"surface.{side}.")
    ]
    assert works
    assert set(works) <= set(scenario.steps["workload"])
