"""A service is brought to life by every way; what it answers wrongly is a failure. On the fake; then on real ones."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bench.errors import IsolationError, UnknownNameError
from bench.host.signals import Interruptions
from bench.isolations.base import Fault, Instance, Launch
from bench.isolations.fake import Fake, FakeInstance
from bench.isolations.registry import open_isolation
from bench.isolations.revival.offers import Checkpoint, Checkpointing, Pausing, no_checkpoint
from bench.measuring.observation import Ended, Observation
from bench.measuring.request import Request
from bench.measuring.revival import restore
from bench.measuring.session import execute
from bench.model import Cell, Kind, Output, Restore, Scenario
from bench.scenario import find_scenarios, load_recipes, load_scenario, stock_folder
from tests.records import by_metric, launch, scenario
from tests.test_stock_scenarios import Silent, journal

ASK, HOLD = ("ask", "{requests}"), ("hold", "{when}")


class Counting(FakeInstance):
    """Answers with how often it has, one number wrong where it was told so."""

    answered = 0
    digest = "all"
    connected = True

    def send(self, line: str) -> None:
        order, _, rest = line.partition(" ")
        if order == "run":
            number, asked, words = rest.split()
            if asked == "ask":
                self.answered += int(words)
                document = f'{{"answered": {self.answered}, "kernel": "{id(self)}", "own": "1", "clock": 1.5}}'
            else:
                document = f'{{"connection": {str(self.connected).lower()}, "held": "{self.digest}"}}'
            self._mark(f"doing {number}")
            self._play(("sleep", "0.01", "say", document), lambda left: self._mark(f"did {number} {left}"))
        else:
            super().send(line)


@dataclass
class Told:
    """What a fake was told to do, in order."""

    orders: list[str] = field(default_factory=list)
    loses: int = 0
    refuses: str = ""
    holds: str = "all"
    connected: bool = True


class Reviving(Fake, Pausing, Checkpointing):
    """A fake whose instances can be paused and written down."""

    def __init__(self, told: Told) -> None:
        super().__init__("fir")
        self.told = told

    @contextmanager
    def launch(self, launch: Launch) -> Iterator[Instance]:
        with super().launch(launch) as made:
            self.told.orders.append("launch")
            yield Counting(made.timeline, made.console, self.clock, launch)

    def pause(self, instance: Instance) -> None:
        self.told.orders.append("pause")

    def thaw(self, instance: Instance) -> None:
        self.told.orders.append("thaw")
        self.clock.sleep(0.5)

    def no_mapping(self) -> Fault | None:
        return None

    def mappable(self, launch: Launch, folder: Path) -> Launch:
        self.told.orders.append("mappable")
        return launch

    def checkpoint(self, instance: Instance, folder: Path) -> Checkpoint:
        assert isinstance(instance, Counting)
        self.told.orders.append("checkpoint")
        if self.told.refuses:
            raise IsolationError(self.told.refuses)
        (folder / "memory").write_text(str(instance.answered - self.told.loses))
        return Checkpoint(memory=folder / "memory", layer=folder, secret=instance.console.secret)

    @contextmanager
    def restore(self, checkpoint: Checkpoint, launch: Launch) -> Iterator[Instance]:
        self.told.orders.append("restore")
        with super().launch(launch) as made:
            again = Counting(made.timeline, made.console, self.clock, launch)
            again.answered = int(checkpoint.memory.read_text())
            again.digest, again.connected = self.told.holds, self.told.connected
            yield again


def asking(way: str, expect: Sequence[str] = ()) -> Scenario:
    of = scenario("hang", settle_s=1.0, parameters={"way": (way,)})
    return replace(of, restore=Restore(ask=ASK, hold=HOLD), output=Output(expect=tuple(expect)))


def revived(
    way: str, told: Told, folder: Path, *, expect: Sequence[str] = (), into: Observation | None = None
) -> Observation:
    of, observation = asking(way, expect), into or Observation()

    def launch_of(number: int) -> Launch:
        one = launch("hang", folder=folder, number=1000 + number)
        cell = Cell(scenario=of, parameters={"way": way}, isolation="fake")
        return replace(one, trial=replace(one.trial, cell=cell), stays=True)

    restore.revive(Reviving(told), launch_of, observation, Interruptions())
    return observation


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "state"))


@pytest.mark.parametrize(
    ("way", "orders", "answer_s"),
    [
        ("cold", ["launch"], 0.02),
        ("warm", ["launch"], 0.01),
        ("pooled", ["launch"] * restore.POOL, 0.01),
        ("thawed", ["launch", "pause", "thaw"], 0.51),
        ("restored", ["launch", "checkpoint", "restore", "restore"], 0.01),
        ("restored-disk", ["launch", "checkpoint", "restore", "restore"], 0.01),
        ("mapped", ["mappable", "launch", "checkpoint", "restore", "restore"], 0.01),
        ("mapped-disk", ["mappable", "launch", "checkpoint", "restore", "restore"], 0.01),
    ],
)
def test_every_way_is_timed_to_its_first_and_its_hundredth_answer(
    way: str, orders: list[str], answer_s: float, tmp_path: Path
) -> None:
    told = Told()
    found = by_metric([one for one in revived(way, told, tmp_path).samples if one.metric.startswith("restore.")])
    assert told.orders == orders
    assert found["restore.time", "host"] <= found["restore.answer", "host"] == pytest.approx(answer_s, rel=0.2)
    assert found["restore.hundredth", "host"] > found["restore.answer", "host"] + 0.009
    written = {"restore.checkpoint", "restore.checkpoint_time", "restore.same_random"} & {name for name, _ in found}
    comes_back = "checkpoint" in orders
    assert len(written) == (3 if comes_back else 1 if way == "thawed" else 0)
    assert found.get(("restore.lost_connection", "inside")) == (None if way == "cold" else 0)
    assert (("restore.memory", "shared") in found) == (comes_back or way == "pooled")
    if comes_back:  # each fake draws a number of its own, and its program the same
        assert (found["restore.same_random", "kernel"], found["restore.same_random", "own"]) == (0, 1)


def test_what_comes_back_with_an_older_state_has_failed_untimed(tmp_path: Path) -> None:
    observation = Observation()
    with pytest.raises(Ended, match="answered 1 times by its own account, and 2 by ours") as ended:
        revived("restored", Told(loses=1), tmp_path, into=observation)
    assert ended.value.outcome.kind is Kind.FAILED
    assert {one.metric for one in observation.samples} == {"restore.checkpoint", "restore.checkpoint_time"}


def test_what_comes_back_with_other_data_has_failed_untimed(tmp_path: Path) -> None:
    observation = Observation()
    with pytest.raises(Ended, match="its data is not what it was: digest half, before all") as ended:
        revived("restored", Told(holds="half"), tmp_path, into=observation)
    assert ended.value.outcome.kind is Kind.FAILED
    assert {one.metric for one in observation.samples} == {"restore.checkpoint", "restore.checkpoint_time"}


def test_a_service_that_does_not_tell_what_it_holds_has_failed(tmp_path: Path) -> None:
    with pytest.raises(Ended, match="has not told what it holds"):
        revived("restored", Told(holds=""), tmp_path)


def test_a_connection_that_is_lost_is_a_figure(tmp_path: Path) -> None:
    found = by_metric(revived("restored", Told(connected=False), tmp_path).samples)
    assert found["restore.lost_connection", "inside"] == 1


def test_a_checkpoint_that_cannot_be_made_is_unsupported_in_its_tools_words(tmp_path: Path) -> None:
    observation = Observation()
    with pytest.raises(Ended, match="endpoint still has waiters") as ended:
        revived("restored", Told(refuses="endpoint still has waiters upon save"), tmp_path, into=observation)
    assert ended.value.outcome.kind is Kind.UNSUPPORTED
    assert not observation.samples


def test_an_answer_that_is_not_as_expected_has_failed(tmp_path: Path) -> None:
    with pytest.raises(Ended, match="its answer is not right"):
        revived("warm", Told(), tmp_path, expect=['"data": 7'])


def test_an_isolation_without_a_way_says_why() -> None:
    def fault(isolation: str, way: str) -> Fault | None:
        cell = Cell(scenario=asking(way), parameters={"way": way}, isolation=isolation)
        return restore.lacking(open_isolation(isolation, "fir"), cell)

    assert fault("fake", "cold") is None
    assert "no way to pause" in str(fault("fake", "thawed"))
    assert "write an instance to the disk" in str(fault("fake", "restored"))
    assert fault("runsc", "restored") is None
    assert fault("vm:direct", "mapped") is None
    assert "maps none of it" in str(fault("runsc", "mapped"))
    assert "libvirt's" in str(fault("vm", "mapped-disk"))
    assert "write an instance to the disk" in str(fault("bare", "mapped"))
    assert "crun" in str(fault("crun", "restored")) or "CRIU" in str(fault("crun", "restored"))
    assert fault("bubblewrap", "thawed") is None or os.geteuid()
    with pytest.raises(UnknownNameError, match="forked"):
        fault("fake", "forked")


@pytest.mark.parametrize(
    ("name", "said"), [("docker", "experimental feature"), ("podman", "cannot be used with --name")]
)
def test_an_engine_says_why_its_checkpoints_are_not_asked_for(
    name: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolation = open_isolation(name, "fir")
    monkeypatch.setattr("bench.isolations.revival.criu.criu_fault", lambda: Fault(reason="no CRIU", remedy="none"))
    assert "no CRIU" in str(no_checkpoint(isolation))
    monkeypatch.setattr("bench.isolations.revival.criu.criu_fault", lambda: None)
    assert said in str(no_checkpoint(isolation))


@pytest.mark.root
@pytest.mark.docker
@pytest.mark.skipif(shutil.which("runsc") is None, reason="runsc is not installed")
def test_a_real_service_comes_back_in_docker_and_in_gvisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ISOBENCH_STATE")
    of = replace(load_scenario(find_scenarios([stock_folder()])["restore"], quick=True), settle_s=0.1)
    of = replace(of, parameters={"way": ("thawed", "pooled", "restored"), "service": ("function", "redis")})
    asked = Request(
        scenarios=[of], recipes=load_recipes([of], None), isolations=("docker", "runsc"), results=tmp_path,
        seed=1, quick=True, command_line=["bench", "run"],
    )  # fmt: skip
    listener = Silent()
    lines = journal(execute(asked, listener).folder)
    assert not listener.faults
    assert {(one["isolation"], one["parameters"]["way"]) for one in lines} == {
        ("docker", "thawed"), ("docker", "pooled"), ("runsc", "thawed"), ("runsc", "pooled"), ("runsc", "restored"),
    }  # fmt: skip
    for one in lines:
        way, service = one["parameters"]["way"], one["parameters"]["service"]
        if one["outcome"] == "unsupported":  # gVisor of 2022 does not write down who waits for a connection by epoll
            assert (way, service) == ("restored", "redis")
            assert "endpoint still has waiters" in one["reason"]
            continue
        assert one["outcome"] in ("ok", "spoiled"), one["reason"]
        times = {sample["metric"]: sample["value"] for sample in one["samples"]}
        assert 0 < times["restore.time"] <= times["restore.answer"] < times["restore.hundredth"]
        assert times["restore.lost_connection"] == 0
        assert times["memory.idle.pss"] > 0
        assert ("restore.memory" in times) == (way != "thawed")
        if way == "restored" and service == "function":
            assert times["restore.checkpoint"] > 16 << 20  # what it keeps cannot be compressed
            assert times["restore.faults"] >= 0
