"""A command in an instance that runs already: timed, held to its status, and refused where there is no way in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import IsolationError, UnavailableError
from bench.host.signals import Interruptions
from bench.isolations.fake import Fake, FakeInstance
from bench.isolations.registry import open_isolation
from bench.measuring.entering import enter
from bench.measuring.observation import Ended, Observation
from bench.model import Cell, Entering, Image, Kind, Scenario
from bench.testing.launching import checked
from tests.faults.test_interruption import on_host
from tests.measuring.many.test_density import launches
from tests.records import launch, scenario

IDLE = ("say", "ready", "hang")


def entered(*command: str, folder: Path, times: int = 3) -> Observation:
    """Run a script so often in a fake instance that idles; return what was seen."""
    of = replace(scenario(*IDLE), entering=Entering(command=command, times=times))
    asked = launch(*IDLE, folder=folder, ready="^ready$")
    trial = replace(asked.trial, cell=Cell(scenario=of, parameters={}, isolation="fake"))
    observation = Observation()
    enter(Fake("fir"), replace(asked, trial=trial, stays=True), observation, Interruptions())
    return observation


def test_every_run_is_timed_and_first_and_last_are_figures(tmp_path: Path) -> None:
    seen = entered("sleep", "0.5", folder=tmp_path)
    values = {one.metric: one.value for one in seen.samples}
    assert [one.metric for one in seen.samples].count("exec.each") == 3
    assert values["exec.first"] == values["exec.last"] == pytest.approx(0.501, rel=0.03)
    assert seen.notes["entrance"] == "a line to its entry, which runs it"


def test_a_command_that_fails_is_no_figure(tmp_path: Path) -> None:
    with pytest.raises(Ended, match="run 1 of the command in the instance ended with status 3") as caught:
        entered("exit", "3", folder=tmp_path)
    assert caught.value.outcome.kind is Kind.FAILED
    with pytest.raises(IsolationError, match="hang had not ended 60 s after it was sent inside"):
        entered("hang", folder=tmp_path)


def test_an_isolation_without_a_way_in_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_self: FakeInstance, _words: Sequence[str], _timeout_s: float) -> int:
        raise UnavailableError("its tool has no exec")

    monkeypatch.setattr(FakeInstance, "enter", none)
    with pytest.raises(Ended, match="fake: its tool has no exec") as caught:
        entered("exit", "0", folder=tmp_path)
    assert caught.value.outcome.kind is Kind.UNSUPPORTED
    monkeypatch.setattr(Fake, "entrance", "")
    with pytest.raises(Ended, match="fake has no way to run a command in an instance that runs already"):
        entered("exit", "0", folder=tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("bare", marks=pytest.mark.root),
        pytest.param("runc", marks=pytest.mark.root),
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("docker:cli", marks=pytest.mark.docker),
        pytest.param("podman", marks=pytest.mark.root),
        pytest.param("podman:cli", marks=pytest.mark.root),
        pytest.param("unshare", marks=pytest.mark.root),  # by nsenter
        pytest.param("vm", marks=pytest.mark.vm),
    ],
)
def test_what_is_run_is_in_the_instance(image: Image, run_id: str, name: str) -> None:
    """The host has no such file: the instance's own workload has made it."""
    isolation = checked(open_isolation(name, run_id), image)
    of: Scenario = replace(
        scenario("/bin/sh", "-c", "echo here > /tmp/made; echo ready; exec sleep 600", start_timeout_s=90),
        entering=Entering(command=("/bin/grep", "-q", "here", "/tmp/made"), times=2),
    )
    observation = Observation()
    enter(isolation, launches(isolation, of, image)(1), observation, Interruptions())
    assert all(0 < one.value < 30 for one in observation.samples)
    assert len(observation.samples) == 4
    wrong = replace(of, entering=Entering(command=("/bin/grep", "-q", "there", "/tmp/made"), times=1))
    with pytest.raises(Ended, match="ended with status 1"):
        enter(isolation, launches(isolation, wrong, image)(2), Observation(), Interruptions())
    assert on_host(run_id) == []
