"""Bursts: who is ready, who is not and why, and that nothing is left. On the fake; then once on real isolations."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bench.errors import Interrupted, IsolationError, LeftoverError
from bench.host.signals import Interruptions
from bench.isolations.base import Instance, Launch
from bench.isolations.fake import Fake, FakeInstance
from bench.isolations.registry import open_isolation
from bench.measuring.many.burst import Bursts, bursts
from bench.measuring.many.floor import Room
from bench.model import Burst, Image, Sample, Scenario
from bench.testing.launching import checked
from tests.faults.test_interruption import on_host
from tests.measuring.many.test_density import launches
from tests.records import MIB, launch, scenario

IDLE = ("say", "ready", "hang")


class Counted(Fake):
    """A fake that knows who was made, who stands, and whom it refuses."""

    def __init__(self, run: str) -> None:
        super().__init__(run)
        self.made: list[Instance] = []
        self.standing: set[int] = set()
        self.together = 0
        self.refuses: dict[int, Exception] = {}
        self.leaves = 0
        self._books = threading.Lock()

    @contextmanager
    def launch(self, launch: Launch) -> Iterator[Instance]:
        number = launch.trial.number - 1000
        if number in self.refuses:
            raise self.refuses[number]
        with super().launch(launch) as instance:
            with self._books:
                self.made.append(instance)
                self.standing.add(number)
                self.together = max(self.together, len(self.standing))
            try:
                yield instance
            finally:
                with self._books:
                    self.standing.remove(number)
        if number == self.leaves:
            raise LeftoverError(f"container {number} is still there")


@dataclass
class Bursting:
    """A fake host, and what bursts on it have left behind."""

    folder: Path
    isolation: Counted = field(default_factory=lambda: Counted("fir"))
    interruptions: Interruptions = field(default_factory=Interruptions)
    of: Scenario = field(default_factory=lambda: asking(1, 2, 4))
    commands: dict[int, Sequence[str]] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    room: Callable[[], Room] = lambda: Room(available_bytes=1000 * MIB, tasks=10_000)

    def go(self) -> Bursts:
        return bursts(self.isolation, self.launch_of, self.of, self.samples.extend, self.interruptions)

    def launch_of(self, number: int) -> Launch:
        command = self.commands.get(number, IDLE)
        return replace(launch(*command, folder=self.folder, ready="^ready$", number=1000 + number), stays=True)

    def found(self, metric: str) -> dict[int, list[float]]:
        found: dict[int, list[float]] = {}
        for one in self.samples:
            if one.metric == metric:
                found.setdefault(int(one.step["at_once"]), []).append(one.value)
        return found


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bursting]:
    host = Bursting(tmp_path)
    monkeypatch.setattr(Room, "now", lambda: host.room())  # noqa: PLW0108 - tests give it another room
    threads = threading.active_count()
    yield host
    assert not host.isolation.standing
    assert all("gone" in instance.timeline.marks_ns for instance in host.isolation.made)
    assert threading.active_count() == threads


def asking(*at_once: int, start_timeout_s: float = 20.0, floor_mib: int = 64) -> Scenario:
    wanted = Burst(at_once=at_once, floor_bytes=floor_mib * MIB, floor_tasks=64)
    return replace(scenario(*IDLE, start_timeout_s=start_timeout_s), burst=wanted)


def test_every_burst_stands_together_and_each_of_it_is_timed(host: Bursting) -> None:
    done = host.go()
    assert (done.most, host.isolation.together, len(host.isolation.made)) == (4, 4, 7)
    assert done.stopped == "all 4 at once that the scenario asks for were ready: its bound, not this host's"
    assert done.seen["pids_limit"] == "64"
    ready = host.found("burst.each.ready")
    assert {count: len(values) for count, values in ready.items()} == {1: 1, 2: 2, 4: 4}
    assert [value for values in ready.values() for value in values] == pytest.approx([0.011] * 7, rel=0.03)
    assert host.found("burst.each.requested") == {1: [0], 2: [0, 0], 4: [0] * 4}
    assert host.found("burst.success") == {1: [1], 2: [1], 4: [1]}
    assert list(host.found("harness.cpu")) == [1, 2, 4]
    assert [one.at_s for one in host.samples] == sorted(one.at_s for one in host.samples)


def test_those_that_are_not_ready_are_said_and_the_rest_is_measured(host: Bursting) -> None:
    host.isolation.refuses = {3: IsolationError("the engine refused", remedy="Ask it why"), 4: OSError(11, "no more")}
    host.commands = {5: ("say", "no memory", "die")}
    host.of = asking(2, 4, 8)
    done = host.go()
    assert done.most == 1
    assert done.stopped.startswith("of 4 at once 3 were not ready: did not start: the engine refused. Ask it why; ")
    assert "did not start: [Errno 11] no more; ended before it was ready; it last said: " in done.stopped
    assert host.found("burst.success") == {2: [1], 4: [0.25]}
    assert {count: len(values) for count, values in host.found("burst.each.ready").items()} == {2: 2, 4: 1}


def test_the_same_reason_is_counted_and_time_is_up_for_all_at_once(host: Bursting) -> None:
    host.commands = dict.fromkeys((2, 3), ("say", "waiting", "hang"))
    began_ns = host.isolation.clock.now_ns()
    stopped = host.go().stopped
    assert stopped.startswith("of 2 at once 2 were not ready: was not ready within 20 s; it last said: ")
    assert stopped.endswith("waiting (2 times)")
    assert (host.isolation.clock.now_ns() - began_ns) / 1e9 < 20 + 1


def test_none_of_the_first_is_an_error(host: Bursting) -> None:
    host.isolation.refuses = {1: IsolationError("the engine refused")}
    with pytest.raises(
        IsolationError, match=r"not even one .* of 1 at once 1 were not ready: did not start: the engine"
    ):
        host.go()


def test_a_burst_is_not_tried_below_a_floor(host: Bursting) -> None:
    host.of = asking(1, 2, 4, floor_mib=965)
    host.room = lambda: Room(available_bytes=(1000 - 10 * len(host.isolation.standing)) * MIB, tasks=10_000)
    done = host.go()
    assert (done.most, len(host.isolation.made)) == (2, 3)
    assert done.stopped == "4 at once would take about 40 MiB of 1000, and the host's floor is 965 MiB"
    host.room = lambda: Room(available_bytes=1000 * MIB, tasks=80 - 10 * len(host.isolation.standing))
    assert host.go().stopped == "2 at once would take about 20 processes and threads of 80, and the host's floor is 64"


def test_something_left_of_one_is_an_error_and_the_others_are_ended(host: Bursting) -> None:
    host.isolation.leaves = 2
    with pytest.raises(LeftoverError, match="container 2 is still there"):
        host.go()


def test_a_fault_of_an_isolation_s_own_code_is_not_kept_quiet(host: Bursting) -> None:
    host.isolation.refuses = {3: KeyError("State")}
    with pytest.raises(KeyError, match="State"):
        host.go()


def test_an_envelope_that_did_not_arrive_is_an_error(host: Bursting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeInstance, "_seen", lambda _self: {"cpus": "8"})
    with pytest.raises(IsolationError, match="the envelope did not arrive: 8 CPUs instead of 1"):
        host.go()


def test_a_host_without_a_further_thread_is_a_reason(host: Bursting, monkeypatch: pytest.MonkeyPatch) -> None:
    start, begun = threading.Thread.start, list[str]()

    def scarce(thread: threading.Thread) -> None:
        begun.append(thread.name)
        if len(begun) > 2:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", scarce)
    assert host.go().stopped.startswith("of 2 at once 1 were not ready: did not start: Isobench itself: can't start")


@pytest.mark.parametrize("after_s", [0.005, 0.0115])
def test_a_signal_is_obeyed_and_all_are_ended(host: Bursting, after_s: float) -> None:
    host.isolation.clock.after(after_s, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with host.interruptions.handled(), pytest.raises(Interrupted, match="SIGTERM"):
        host.go()


def test_a_signal_while_all_are_prepared_calls_the_start_off(host: Bursting) -> None:
    of_number = host.launch_of

    def launch_of(number: int) -> Launch:
        if number == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return of_number(number)

    host.launch_of = launch_of  # type: ignore[method-assign]  # of this one host
    with host.interruptions.handled(), pytest.raises(Interrupted, match="SIGINT"):
        host.go()
    assert len(host.isolation.made) == 1


@pytest.mark.parametrize(
    "name", [pytest.param("bare", marks=pytest.mark.root), pytest.param("docker", marks=pytest.mark.docker)]
)
def test_a_burst_for_real(image: Image, run_id: str, name: str) -> None:
    isolation = checked(open_isolation(name, run_id), image)
    of = replace(asking(1, 3), command=("/bin/sh", "-c", "sleep 0.3; echo ready; exec sleep 600"))
    samples: list[Sample] = []
    done = bursts(isolation, launches(isolation, of, image), of, samples.extend, Interruptions())
    assert done.most == 3, done.stopped
    ready = [one.value for one in samples if one.metric == "burst.each.ready"]
    assert len(ready) == 4
    assert min(ready) >= 0.3
    assert max(ready[1:]) < 3 * 0.3 + 3 * ready[0], "one waited for the other"
    late = [one.value for one in samples if one.metric == "burst.each.requested" and one.step == {"at_once": 3}]
    assert min(late) == 0 < max(late) < ready[0]
    assert on_host(run_id) == []
