"""The course of one trial, on a scripted isolation; and the door."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import BenchError, ImageError, UnknownNameError
from bench.host.run_state import run_folder
from bench.host.signals import Interruptions
from bench.isolations.base import Launch
from bench.isolations.fake import Fake
from bench.measuring import provision
from bench.measuring.observation import Ended, Observation
from bench.measuring.provision import ways
from bench.measuring.provision.drift import Drift
from bench.measuring.provision.order import Made, Order, OverdueError, timed, within
from bench.measuring.provision.reference import DriftReport
from bench.model import Cell, Kind, Recipe, Scenario, Trial
from bench.scenario import load_recipe, load_scenario, stock_folder
from tests.records import NONCE, by_metric, envelope, image, scenario

RECIPE = Recipe(name="base", suite="bookworm", packages=("dash",))


class Scripted:
    """A way whose making is a word of the test's."""

    def __init__(self, *, fails: BenchError | None = None, drift: Drift | None = None) -> None:
        self.fails = fails
        self.drift = drift or Drift()
        self.stands = False

    @contextmanager
    def making(self, order: Order, folder: Path, nonce: str) -> Iterator[Made]:
        assert nonce == NONCE
        self.stands = folder.is_dir()
        try:
            if self.fails:
                raise self.fails
            yield Made(image=order.image, took_s=2.0, shared_bytes={"raw": 7}, compare=self.compare)
        finally:
            self.stands = False

    def compare(self) -> DriftReport:
        assert self.stands
        return DriftReport(reference="the first one", drift=self.drift, moved=("a 1 -> 2",))


def asked(of: Scenario, way: str, isolation: str) -> Cell:
    return Cell(scenario=of, parameters={"way": way}, isolation=isolation)


def noting(prepared: list[str], name: str) -> Callable[[Order], None]:
    return lambda _order: prepared.append(name)


def trial_of(way: Scripted, monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> Observation:
    """Make with a scripted way and a scripted server; what was seen survives in ``seen``."""
    monkeypatch.setenv("ISOBENCH_STATE", str(folder / "state"))
    entry = ways.Way(isolation="fake", prepare=lambda _order: None, making=way.making)
    monkeypatch.setitem(ways.WAYS, "load", entry)
    of = scenario(*words, ready="^ready$", start_timeout_s=5)
    launch = Launch(
        trial=Trial(number=1, round=1, cell=asked(of, "load", "fake"), nonce=NONCE),
        image=image(folder),
        envelope=envelope(cpu_set=(1,)),
        command=of.command,
    )
    observation = Observation()
    try:
        provision.make(Fake("test-provision"), launch, RECIPE, observation, Interruptions())
    finally:
        assert not way.stands
        assert not list(run_folder("test-provision").glob("*"))
    return observation


def test_a_making_is_timed_started_and_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    way = Scripted(drift=Drift(content=("/etc/machine-id",)))
    seen = trial_of(way, monkeypatch, tmp_path, "sleep", "1", "say", "ready", "hang")
    figures = by_metric(seen.samples)
    assert figures["provision.time", "host"] == 2.0
    assert 3.0 < figures["provision.ready", "host"] < 3.1
    assert figures["provision.bytes", "raw"] == 7
    assert figures["provision.drift", "total"] == figures["provision.drift.content", "identity"] == 1
    assert figures["provision.drift.packages", "host"] == 1
    assert seen.notes == {"compared with": "the first one", "archive": "has moved since: a 1 -> 2"}
    said = seen.raw_console().decode()
    assert "drift content (identity): /etc/machine-id" in said
    assert "package a 1 -> 2" in said
    assert all(sample.better == "lower" for sample in seen.samples)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("hang",), Kind.TIMED_OUT),
        (("say", "no", "exit", "1"), Kind.FAILED),
        (("die",), Kind.FAILED),
    ],
)
def test_a_server_that_does_not_get_ready_is_an_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], kind: Kind
) -> None:
    with pytest.raises(Ended) as caught:
        trial_of(Scripted(), monkeypatch, tmp_path, *words)
    assert caught.value.outcome.kind is kind
    assert caught.value.outcome.reason.startswith("made and started, but")


def test_a_server_whose_end_the_host_has_not_seen_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Ended, match="ended with status 143, and the host saw status 137"):
        trial_of(Scripted(), monkeypatch, tmp_path, "seen", "137", "say", "ready", "hang")


def test_a_making_that_fails_or_takes_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImageError, match="no room"):
        trial_of(Scripted(fails=ImageError("no room")), monkeypatch, tmp_path, "say", "ready")
    with pytest.raises(Ended, match="took longer") as caught:
        trial_of(Scripted(fails=OverdueError("it took longer")), monkeypatch, tmp_path, "say", "ready")
    assert caught.value.outcome.kind is Kind.TIMED_OUT


def test_a_block_is_timed_and_ended_when_it_is_overdue(tmp_path: Path) -> None:
    order = Order(image=image(tmp_path), recipe=RECIPE, files=(), run="test", limit_s=0.2, say=lambda _line: None)
    with timed(order, "the making") as watch:
        time.sleep(0.05)
    assert 0.05 <= watch.took_s < 0.2
    handler = signal.getsignal(signal.SIGALRM)
    with pytest.raises(OverdueError, match=r"the making took longer than 0\.2 s"), timed(order, "the making"):
        time.sleep(10)
    assert signal.getsignal(signal.SIGALRM) == handler
    with within(0.05, "nothing"):
        pass
    time.sleep(0.1)


def test_each_way_belongs_to_one_isolation() -> None:
    of = scenario()
    offered = {
        (way, name) for way in ways.WAYS for name in ("bare", "docker", "vm") if provision.offered(asked(of, way, name))
    }
    assert offered == {("install", "bare"), ("build", "docker"), ("load", "docker"), ("copy", "vm")}
    with pytest.raises(UnknownNameError, match="did you mean 'install'"):
        provision.offered(asked(of, "instal", "bare"))


def test_only_the_ways_of_ready_isolations_are_prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[str] = []
    for name, way in ways.WAYS.items():
        monkeypatch.setitem(ways.WAYS, name, replace(way, prepare=noting(prepared, name)))
    of = scenario(parameters={"way": ("install", "load", "copy")})
    provision.prepare(of, RECIPE, image(tmp_path), run="test", ready={"docker", "vm"}, say=lambda _line: None)
    assert prepared == ["load", "copy"]


@pytest.mark.parametrize("quick", [True, False])
def test_the_stock_scenario_asks_for_all_ways(quick: bool) -> None:
    of = load_scenario(stock_folder() / "provision.toml", quick=quick)
    assert of.provision
    assert of.parameters["way"] == tuple(ways.WAYS)
    assert load_recipe(stock_folder() / "images" / f"{of.image}.toml").packages == ("mariadb-server",)
    judged = [claim for claim in of.claims if claim.metric]
    assert {claim.provenance for claim in judged} == {"T"}
    assert all(claim.where for claim in judged)
