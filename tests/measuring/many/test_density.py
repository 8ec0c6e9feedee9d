"""A climb: every way it can stop is a reason, and nothing is left. On the fake; then once on each real isolation."""

from __future__ import annotations

import errno
import os
import secrets
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bench.errors import Interrupted, IsolationError, LeftoverError
from bench.host.accounting import HostProcess
from bench.host.cpus import instance_cpus
from bench.host.signals import Interruptions
from bench.isolations.base import Exit, Instance, Isolation, Launch
from bench.isolations.fake import Fake, FakeInstance, FakeProcess
from bench.isolations.registry import open_isolation
from bench.measuring.many import density
from bench.measuring.many.density import Climb, climb
from bench.measuring.observation import Ended
from bench.model import Cell, Density, Image, Kind, Sample, Scenario, Trial
from bench.testing.launching import checked
from tests.faults.test_interruption import on_host
from tests.records import MIB, launch, scenario

IDLE = ("say", "ready", "hang")
HOST_MIB = 1000
EACH_MIB = 10


@dataclass
class Climbing:
    """A fake host of 1000 MiB on which each instance takes 10, and what a climb on it has left behind."""

    folder: Path
    isolation: Watched
    interruptions: Interruptions = field(default_factory=Interruptions)
    of: Scenario = field(default_factory=lambda: scaled(most=4))
    commands: dict[int, Sequence[str]] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    made: list[Instance] = field(default_factory=list)
    standing: int = 0

    def go(self) -> Climb:
        return climb(self.isolation, self.launch_of, self.of, self.samples.extend, self.interruptions)

    def launch_of(self, number: int) -> Launch:
        command = self.commands.get(number, IDLE)
        return replace(launch(*command, folder=self.folder, ready="^ready$", number=1000 + number), stays=True)

    def available_bytes(self) -> int:
        return (HOST_MIB - EACH_MIB * self.standing) * MIB

    def series(self, metric: str, vantage: str = "host") -> dict[object, float]:
        found = [one for one in self.samples if (one.metric, one.vantage) == (metric, vantage)]
        return {one.step.get("running"): one.value for one in found}


class Watched(Fake):
    """A fake that keeps the books of a Climbing."""

    books: Climbing
    leaves: int = 0

    def __init__(self, run: str) -> None:
        super().__init__(run)
        self.refuses: dict[int, Exception] = {}

    @contextmanager
    def launch(self, launch: Launch) -> Iterator[Instance]:
        number = launch.trial.number - 1000
        if number in self.refuses:
            raise self.refuses[number]
        with super().launch(launch) as instance:
            self.books.made.append(instance)
            self.books.standing += 1
            try:
                yield instance
            finally:
                self.books.standing -= 1
        if number == self.leaves:
            raise LeftoverError(f"container {number} is still there")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Climbing]:
    isolation = Watched("fir")
    books = isolation.books = Climbing(folder=tmp_path, isolation=isolation)
    monkeypatch.setattr(density, "available_bytes", books.available_bytes)
    yield books
    assert books.standing == 0
    assert all("gone" in instance.timeline.marks_ns for instance in books.made)


def scaled(*, most: int, floor_mib: int = 64, settle_s: float | None = 1.0, start_timeout_s: float = 20.0) -> Scenario:
    room = Density(most=most, floor_bytes=floor_mib * MIB)
    return replace(scenario(*IDLE, settle_s=settle_s, start_timeout_s=start_timeout_s), density=room)


def test_a_climb_ends_at_its_bound(host: Climbing) -> None:
    done = host.go()
    assert (done.ran, done.stopped) == (4, "all 4 that the scenario asks for ran: its bound, not this host's")
    assert done.seen["pids_limit"] == "64"
    assert len(host.made) == 4


def test_starts_count_those_before_them_and_memory_those_it_is_of(host: Climbing) -> None:
    host.go()
    starts = host.series("density.start")
    assert list(starts) == [0, 1, 2, 3]
    assert list(starts.values()) == pytest.approx([0.011] * 4, rel=0.03)
    assert host.series("density.available_change") == {1: 10 * MIB, 2: 20 * MIB, 3: 30 * MIB, 4: 40 * MIB}
    pss = host.series("density.pss", "processes:workload")
    assert list(pss) == [1, 2, 3, 4]
    assert list(pss.values()) == pytest.approx([2 * MIB, 4 * MIB, 6 * MIB, 8 * MIB], rel=0.03)
    assert host.series("density.count") == {None: 4}


def test_each_starts_when_the_one_before_has_settled(host: Climbing) -> None:
    host.go()
    requested = [instance.timeline.marks_ns["requested"] for instance in host.made]
    ready = [instance.timeline.marks_ns["ready"] for instance in host.made]
    assert [(later - earlier) / 1e9 for earlier, later in zip(ready, requested[1:], strict=False)] == [1.0] * 3
    assert [one.at_s for one in host.samples] == sorted(one.at_s for one in host.samples)


def test_the_better_way_is_more_instances_and_less_of_all_else(host: Climbing) -> None:
    host.go()
    assert {one.metric: one.better for one in host.samples} == {
        "density.start": "lower",
        "density.available_change": "lower",
        "density.pss": "lower",
        "density.count": "higher",
    }


def test_memory_is_not_read_where_nobody_asks(host: Climbing) -> None:
    host.of = scaled(most=2, settle_s=None)
    host.go()
    assert {one.metric for one in host.samples} == {"density.start", "density.count"}


def test_daemons_that_serve_all_are_counted_once(host: Climbing, monkeypatch: pytest.MonkeyPatch) -> None:
    def processes(instance: FakeInstance) -> dict[str, list[HostProcess]]:
        one = FakeProcess(factor=1.0, clock=instance._clock)
        return {"shim": [one, one], "shared:engine": [one]}

    monkeypatch.setattr(FakeInstance, "processes", processes)
    host.of = scaled(most=3)
    host.go()
    assert host.series("density.pss", "processes:shim") == {1: 4 * MIB, 2: 8 * MIB, 3: 12 * MIB}
    assert host.series("density.pss", "processes:shared:engine") == {1: 2 * MIB, 2: 2 * MIB, 3: 2 * MIB}


def test_no_further_one_is_started_below_the_floor(host: Climbing) -> None:
    host.of = scaled(most=4, floor_mib=985)
    done = host.go()
    assert (done.ran, done.stopped) == (2, "the host had 980 MiB available, less than its floor of 985 MiB")
    assert len(host.made) == 2


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (IsolationError("the engine refused", remedy="Ask it why"), "the engine refused. Ask it why"),
        (OSError(errno.EAGAIN, "no more processes"), "[Errno 11] no more processes"),
    ],
)
def test_a_start_that_fails_is_a_reason_to_stop(host: Climbing, error: Exception, reason: str) -> None:
    host.isolation.refuses = {3: error}
    done = host.go()
    assert (done.ran, done.stopped) == (2, f"instance 3 did not start: {reason}")
    assert host.series("density.count") == {None: 2}


def test_a_start_that_takes_too_long_is_a_reason_to_stop(host: Climbing) -> None:
    host.commands = {3: ("say", "waiting", "hang")}
    done = host.go()
    assert done.ran == 2
    assert done.stopped.startswith("instance 3 was not ready within 20 s; it last said: ")
    assert done.stopped.endswith("waiting")
    assert list(host.series("density.start")) == [0, 1]


@pytest.mark.parametrize("command", [("say", "no memory", "die"), ("say", "no memory", "exit", "3")])
def test_an_end_before_ready_is_a_reason_to_stop(host: Climbing, command: Sequence[str]) -> None:
    host.commands = {3: command}
    done = host.go()
    assert done.ran == 2
    assert done.stopped.startswith("instance 3 ended before it was ready; it last said: ")
    assert "no memory" in done.stopped


@pytest.mark.parametrize("last_act", [("oom",), ("exit", "3")])
def test_one_that_ends_while_others_run_is_a_reason_to_stop(host: Climbing, last_act: Sequence[str]) -> None:
    host.commands = {1: ("say", "ready", "sleep", "2.5", *last_act)}
    done = host.go()
    assert done.ran == 2
    assert done.stopped.startswith("instance 1 ended while 3 ran")
    assert list(host.series("density.available_change")) == [1, 2]
    assert done.seen["pids_limit"] == "64"


def test_not_even_one_is_an_error(host: Climbing) -> None:
    host.isolation.refuses = {1: IsolationError("the engine refused")}
    with pytest.raises(IsolationError, match="not even one instance ran: instance 1 did not start: the engine refused"):
        host.go()
    host.of = scaled(most=4, floor_mib=2000)
    with pytest.raises(IsolationError, match="not even one instance ran: the host had 1000 MiB available"):
        host.go()
    assert not host.samples


def test_something_left_of_one_is_an_error_and_the_others_are_ended(host: Climbing) -> None:
    host.isolation.leaves = 2
    with pytest.raises(LeftoverError, match="container 2 is still there"):
        host.go()
    assert host.series("density.count") == {None: 4}


def test_something_left_of_a_start_that_failed_is_an_error(host: Climbing) -> None:
    host.isolation.refuses = {3: LeftoverError("control group 3 cannot be removed")}
    with pytest.raises(LeftoverError, match="control group 3"):
        host.go()


def test_an_envelope_that_did_not_arrive_is_an_error(host: Climbing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeInstance, "_seen", lambda _self: {"cpus": "8"})
    with pytest.raises(IsolationError, match="the envelope did not arrive: 8 CPUs instead of 1"):
        host.go()


def test_one_that_does_not_leave_when_asked_to_is_an_error(host: Climbing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeInstance, "dismiss", lambda _self: None)
    with pytest.raises(Ended, match="had not stopped 60 s after it was asked to; it last said") as caught:
        host.go()
    assert caught.value.outcome.kind is Kind.DID_NOT_RETURN


def test_one_that_is_gone_before_it_is_asked_to_stop_has_failed(
    host: Climbing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeInstance, "dismiss", lambda self: self.console.close(0))
    with pytest.raises(Ended, match="was gone before its workload had ended; it last said: ready") as caught:
        host.go()
    assert caught.value.outcome.kind is Kind.FAILED


def test_one_whose_end_the_host_has_not_seen_is_an_error(host: Climbing) -> None:
    host.commands = {2: ("seen", "137", *IDLE)}
    with pytest.raises(Ended, match="ended with status 143, and the host saw status 137; it last said: ready"):
        host.go()


def test_one_that_does_not_go_is_an_error(host: Climbing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeInstance, "wait_exit", lambda _self, _timeout_s: None)
    with pytest.raises(Ended, match="still there 60 s after its workload had ended; it last said") as caught:
        host.go()
    assert caught.value.outcome.kind is Kind.DID_NOT_RETURN


def test_one_in_which_a_process_is_killed_for_memory_is_said_so(
    host: Climbing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeInstance, "wait_exit", lambda _self, _timeout_s: Exit(status=143, out_of_memory=True))
    with pytest.raises(Ended, match="a process was killed for memory") as caught:
        host.go()
    assert caught.value.outcome.kind is Kind.OUT_OF_MEMORY


@pytest.mark.parametrize("after_s", [0.005, 0.5, 1.013, 3.5])
def test_a_signal_is_obeyed_and_all_are_ended(host: Climbing, after_s: float) -> None:
    began_ns = host.isolation.clock.now_ns()
    host.isolation.clock.after(after_s, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with host.interruptions.handled(), pytest.raises(Interrupted, match="SIGTERM"):
        host.go()
    assert host.made
    assert (host.isolation.clock.now_ns() - began_ns) / 1e9 == pytest.approx(after_s, abs=0.03)


def test_a_signal_during_a_start_waits_for_its_end(host: Climbing, monkeypatch: pytest.MonkeyPatch) -> None:
    of_number = host.launch_of

    def launch_of(number: int) -> Launch:
        if number == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return of_number(number)

    monkeypatch.setattr(host, "launch_of", launch_of)
    with host.interruptions.handled(), pytest.raises(Interrupted, match="SIGINT"):
        host.go()
    assert len(host.made) == 2


COMMAND = ("/bin/sh", "-c", "echo ready; exec sleep 600")


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        pytest.param("bare", {"workload"}, marks=pytest.mark.root),
        pytest.param("docker", {"workload", "shim", "shared:engine"}, marks=pytest.mark.docker),
        pytest.param("vm", {"vmm"}, marks=pytest.mark.vm),
    ],
)
def test_a_climb_for_real(image: Image, run_id: str, name: str, roles: set[str]) -> None:
    isolation = checked(open_isolation(name, run_id), image)
    of = replace(scaled(most=2, settle_s=0.2, start_timeout_s=90), command=COMMAND)
    of = replace(of, envelope=replace(of.envelope, memory_bytes=256 * MIB))
    samples: list[Sample] = []
    done = climb(isolation, launches(isolation, of, image), of, samples.extend, Interruptions())
    assert done.ran == 2, done.stopped
    assert {one.vantage.removeprefix("processes:") for one in samples if one.metric == "density.pss"} == roles
    own = {role: [one.value for one in samples if one.vantage == f"processes:{role}"] for role in roles}
    assert all(second > first > 0 for role, (first, second) in own.items() if not role.startswith("shared:"))
    assert [one.step["running"] for one in samples if one.metric == "density.start"] == [0, 1]
    assert on_host(run_id) == []


def launches(isolation: Isolation, of: Scenario, image: Image) -> Callable[[int], Launch]:
    def launch_of(number: int) -> Launch:
        cell = Cell(scenario=of, parameters={}, isolation=isolation.name)
        return Launch(
            trial=Trial(number=7000 + number, round=1, cell=cell, nonce=secrets.token_hex(8)),
            image=image,
            envelope=replace(of.envelope, cpu_set=instance_cpus(1)),
            command=of.command,
            stays=True,
            patterns={"ready": "^ready$"},
        )

    return launch_of
