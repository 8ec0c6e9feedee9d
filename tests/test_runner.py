"""The runner: every way a trial can end becomes its outcome, with a reason. On the fake; nothing sleeps."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from bench import runner as runners
from bench.envelope import boot_id
from bench.errors import Interrupted, IsolationError, LeftoverError
from bench.isolations.base import AccountReading, Availability, Fault, Instance, Launch
from bench.isolations.console import LIMIT_BYTES
from bench.isolations.fake import Fake, FakeAccount, FakeInstance
from bench.model import Kind, Measurement, Outcome, Scenario, Trial, Window
from bench.runner import Runner
from bench.sentinels.readings import Change
from bench.signals import Interruptions
from tests.records import by_metric, image, metric, scenario, trial


@pytest.fixture
def fake() -> Fake:
    return Fake("fir")


@pytest.fixture(autouse=True)
def _quiet_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else this machine does, no test here is spoiled by it."""
    monkeypatch.setattr(runners, "Guard", quiet)


class _Scripted:
    """A guard that has seen what it is told."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def end(self) -> Change:
        return self._change


def quiet(cpus: tuple[int, ...]) -> _Scripted:
    return _Scripted(Change(span_s=2.0, cpus=len(cpus), swapped_bytes=0, stolen_s=0.0, busy_s=1.0))


def measure(
    fake: Fake,
    of: Scenario,
    folder: Path,
    *,
    interruptions: Interruptions | None = None,
    fault: Fault | None = None,
) -> tuple[Measurement, bytes]:
    availability = Availability(isolation="fake", fault=fault, detail="")
    made = Runner({"fake": fake}, {"fake": availability}, {of.name: image(folder)}, interruptions or Interruptions())
    return made.measure(trial(of))


def outcome(fake: Fake, of: Scenario, folder: Path) -> Outcome:
    return measure(fake, of, folder)[0].outcome


def test_a_trial_that_ends_well_is_ok_and_has_all_its_samples(fake: Fake, tmp_path: Path) -> None:
    of = scenario("say", "rate 5", "sleep", "2", settle_s=1.0, metrics=[metric(pattern=r"rate (\d+)")])
    measurement, console = measure(fake, of, tmp_path)
    assert measurement.outcome == Outcome(kind=Kind.OK)
    found = by_metric(measurement.samples)
    assert found["rate", "workload"] == 5.0
    assert found["timeline.start", "host"] == pytest.approx(0.01, rel=0.03)
    assert found["cpu.window", "host"] == pytest.approx(1.0, rel=0.03)
    assert found["cpu.used", "cgroup"] == pytest.approx(0.5, rel=0.03)
    assert {"memory.idle.pss", "memory.peak.cgroup", "timeline.gone"} <= {metric for metric, _vantage in found}
    assert measurement.seen["network"] == "none"
    assert measurement.tail == ()
    assert b"rate 5\n" in console


def test_idle_memory_is_read_that_long_after_ready(fake: Fake, tmp_path: Path) -> None:
    measurement, _console = measure(fake, scenario("sleep", "9", settle_s=3.0), tmp_path)
    at_s = {sample.metric: sample.at_s for sample in measurement.samples}
    assert at_s["memory.idle.pss"] - at_s["timeline.ready"] == pytest.approx(3.0)


def test_idle_memory_is_not_read_where_nobody_asks(fake: Fake, tmp_path: Path) -> None:
    measurement, _console = measure(fake, scenario("sleep", "9"), tmp_path)
    assert not [sample for sample in measurement.samples if sample.metric.startswith("memory.idle")]


def test_ready_is_the_scenarios_own_line(fake: Fake, tmp_path: Path) -> None:
    measurement, _console = measure(fake, scenario("sleep", "2", "say", "up", ready="^up$"), tmp_path)
    found = by_metric(measurement.samples)
    assert found["timeline.ready", "host"] - found["timeline.start", "host"] == pytest.approx(2.0, rel=0.03)


def test_the_workloads_clock_is_held_against_the_hosts(fake: Fake, tmp_path: Path) -> None:
    window = Window(begin="^begin$", finish="^end", seconds=r"^end (\d+)")
    of = scenario("say", "begin", "sleep", "4", "say", "end 4", window=window)
    found = by_metric(measure(fake, of, tmp_path)[0].samples)
    assert found["clock.workload", "workload"] == 4.0
    assert found["clock.host", "host"] == pytest.approx(4.0, rel=0.03)


def test_a_status_other_than_zero_has_failed(fake: Fake, tmp_path: Path) -> None:
    measurement, _console = measure(fake, scenario("say", "no such file", "exit", "3"), tmp_path)
    assert measurement.outcome == Outcome(kind=Kind.FAILED, reason="the workload ended with status 3")
    assert "no such file" in measurement.tail


def test_a_metric_that_is_not_in_the_output_has_failed(fake: Fake, tmp_path: Path) -> None:
    found = outcome(fake, scenario("say", "hello", metrics=[metric(pattern=r"rate (\d+)")]), tmp_path)
    assert found.kind is Kind.FAILED
    assert "metric rate: the pattern" in found.reason


def test_a_window_that_is_not_in_the_output_has_failed(fake: Fake, tmp_path: Path) -> None:
    window = Window(begin="^begin$", finish="^end", seconds=r"^end (\d+)")
    found = outcome(fake, scenario("say", "hello", window=window), tmp_path)
    assert found.kind is Kind.FAILED
    assert found.reason.startswith("window.begin")


def test_an_envelope_that_did_not_arrive_has_failed(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeInstance, "_seen", lambda _self: {"boot_id": boot_id(), "cpus": "8"})
    found = outcome(fake, scenario(), tmp_path)
    assert found.kind is Kind.FAILED
    assert found.reason.startswith("the envelope did not arrive: 8 CPUs instead of 1; CPU set")


def test_a_flood_on_the_console_has_failed_and_is_cut(fake: Fake, tmp_path: Path) -> None:
    flood = ["flood", str(LIMIT_BYTES), "flood", str(LIMIT_BYTES), "hang"]
    measurement, console = measure(fake, scenario(*flood), tmp_path)
    assert measurement.outcome.kind is Kind.FAILED
    assert measurement.outcome.reason == "the workload wrote more than 16 MiB to the console"
    assert len(console) < 2 * LIMIT_BYTES


def test_a_workload_that_ends_while_it_settles_has_failed(fake: Fake, tmp_path: Path) -> None:
    found = outcome(fake, scenario("sleep", "1", settle_s=2.0), tmp_path)
    assert found.kind is Kind.FAILED
    assert found.reason.startswith("the workload ended before it had settled for 2 s")


def test_an_end_before_ready_has_failed_with_its_status(fake: Fake, tmp_path: Path) -> None:
    found = outcome(fake, scenario("exit", "4", ready="^up$"), tmp_path)
    assert found == Outcome(kind=Kind.FAILED, reason="ended before it was ready, with status 4")


@pytest.mark.parametrize(("ready", "when"), [("^up$", "before it was ready"), (None, "before its workload had ended")])
def test_an_instance_that_vanishes_has_failed(fake: Fake, tmp_path: Path, ready: str | None, when: str) -> None:
    found = outcome(fake, scenario("die", ready=ready), tmp_path)
    assert found == Outcome(kind=Kind.FAILED, reason=f"ended {when}, with status 137")


def test_no_start_mark_in_time_has_timed_out(fake: Fake, tmp_path: Path) -> None:
    found = outcome(fake, scenario(start_timeout_s=0.005), tmp_path)
    assert found == Outcome(kind=Kind.TIMED_OUT, reason="no start mark within 0.005 s")


def test_never_ready_has_timed_out(fake: Fake, tmp_path: Path) -> None:
    found = outcome(fake, scenario("hang", ready="^up$", start_timeout_s=20), tmp_path)
    assert found == Outcome(kind=Kind.TIMED_OUT, reason="started, but not ready within 20 s")


def test_ready_but_never_ended_has_timed_out(fake: Fake, tmp_path: Path) -> None:
    measurement, _console = measure(fake, scenario("hang", timeout_s=30), tmp_path)
    reason = "ready, but the workload had not ended after 30 s"
    assert measurement.outcome == Outcome(kind=Kind.TIMED_OUT, reason=reason)
    found = by_metric(measurement.samples)
    assert found["timeline.gone", "host"] == pytest.approx(30.0, rel=0.01)


@pytest.mark.parametrize(("ready", "when"), [("^up$", "before it was ready"), (None, "before its workload had ended")])
def test_a_kill_for_memory_is_told_apart(fake: Fake, tmp_path: Path, ready: str | None, when: str) -> None:
    found = outcome(fake, scenario("oom", ready=ready), tmp_path)
    assert found == Outcome(kind=Kind.OUT_OF_MEMORY, reason=f"killed for memory {when}")


def test_a_kill_inside_a_workload_that_goes_on_is_out_of_memory_too(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_exit = FakeInstance.wait_exit

    def killed_inside(self: FakeInstance, timeout_s: float) -> object:
        left = wait_exit(self, timeout_s)
        assert left is not None
        return type(left)(status=left.status, out_of_memory=True)

    monkeypatch.setattr(FakeInstance, "wait_exit", killed_inside)
    found = outcome(fake, scenario("exit", "1"), tmp_path)
    reason = "a process was killed for memory; the workload ended with 1"
    assert found == Outcome(kind=Kind.OUT_OF_MEMORY, reason=reason)


def test_an_instance_that_does_not_leave_did_not_return(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeInstance, "dismiss", lambda _self: None)
    found = outcome(fake, scenario(), tmp_path)
    reason = "still there 30 s after its workload had ended"
    assert found == Outcome(kind=Kind.DID_NOT_RETURN, reason=reason)


def test_an_isolation_that_cannot_run_here_is_unsupported_and_never_started(fake: Fake, tmp_path: Path) -> None:
    fault = Fault(reason="no Docker engine answers", remedy="Start one")
    before_ns = fake.clock.now_ns()
    measurement, console = measure(fake, scenario(), tmp_path, fault=fault)
    assert measurement.outcome == Outcome(kind=Kind.UNSUPPORTED, reason="no Docker engine answers. Start one")
    assert (measurement.samples, console, fake.clock.now_ns()) == ((), b"", before_ns)


def test_an_isolation_that_could_not_even_be_loaded_is_unsupported(tmp_path: Path) -> None:
    fault = Fault(reason="a library is missing", remedy="Install it")
    availability = Availability(isolation="fake", fault=fault, detail="")
    made = Runner({}, {"fake": availability}, {"speak": image(tmp_path)}, Interruptions())
    assert made.measure(trial())[0].outcome.kind is Kind.UNSUPPORTED


def test_a_disturbed_trial_is_spoiled_and_keeps_its_samples(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swapped = Change(span_s=2.0, cpus=1, swapped_bytes=4096)
    monkeypatch.setattr(runners, "Guard", lambda _cpus: _Scripted(swapped))
    of = scenario("say", "rate 5", metrics=[metric(pattern=r"rate (\d+)")])
    measurement, _console = measure(fake, of, tmp_path)
    assert measurement.outcome == Outcome(kind=Kind.SPOILED, reason="the host swapped 4096 bytes")
    found = by_metric(measurement.samples)
    assert found["rate", "workload"] == 5.0
    assert found["sentinel.swapped", "host"] == 4096
    assert measurement.tail == ()


def test_a_throttled_trial_is_spoiled(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeAccount, "read", lambda _self: AccountReading(throttled=2))
    assert outcome(fake, scenario(), tmp_path).reason == "the CPU quota throttled it 2 times"


def test_a_quota_that_is_injected_spoils_nothing(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeAccount, "read", lambda _self: AccountReading(throttled=2))
    injected: list[int] = []

    @contextmanager
    def inject(_instance: Instance, of: Trial, _run: str) -> Iterator[None]:
        injected.append(of.number)
        yield

    availability = Availability(isolation="fake", fault=None, detail="")
    made = Runner({"fake": fake}, {"fake": availability}, {"speak": image(tmp_path)}, Interruptions(), inject=inject)
    assert made.measure(trial())[0].outcome == Outcome(kind=Kind.OK)
    assert injected == [trial().number]


def test_a_failure_is_not_covered_up_by_a_disturbance(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeAccount, "read", lambda _self: AccountReading(throttled=2))
    assert outcome(fake, scenario("exit", "3"), tmp_path).kind is Kind.FAILED


def test_what_was_read_before_a_failure_is_kept(fake: Fake, tmp_path: Path) -> None:
    measurement, _console = measure(fake, scenario("sleep", "9", "exit", "3", settle_s=1.0), tmp_path)
    found = {sample.metric for sample in measurement.samples}
    assert {"timeline.ready", "memory.idle.pss", "cpu.used", "timeline.gone"} <= found


class Refusing(Fake):
    """An engine that refuses to start anything."""

    def launch(self, launch: Launch) -> NoReturn:
        raise IsolationError("the engine refused", remedy="Ask it why")


class Sticky(Fake):
    """An instance that cannot be removed."""

    @contextmanager
    def launch(self, launch: Launch) -> Iterator[Instance]:
        with super().launch(launch) as instance:
            yield instance
        raise LeftoverError("container 5f0c is still there")


def test_a_launch_that_fails_is_a_failed_trial_with_the_remedy(tmp_path: Path) -> None:
    measurement, console = measure(Refusing("fir"), scenario(), tmp_path)
    assert measurement.outcome == Outcome(kind=Kind.FAILED, reason="the engine refused. Ask it why")
    assert {sample.metric.split(".")[0] for sample in measurement.samples} == {"sentinel"}
    assert console == b""


def test_a_fault_in_an_isolations_own_code_is_a_failed_trial_that_says_where(tmp_path: Path) -> None:
    class Faulty(Fake):
        def launch(self, launch: Launch) -> NoReturn:
            raise ZeroDivisionError("no instances to divide by")

    found = outcome(Faulty("fir"), scenario(), tmp_path)
    assert found.kind is Kind.FAILED
    assert found.reason.startswith("a fault in Isobench: ZeroDivisionError: no instances to divide by (test_runner.py:")


def test_a_teardown_that_fails_is_a_failed_trial(tmp_path: Path) -> None:
    assert outcome(Sticky("fir"), scenario(), tmp_path).reason == "container 5f0c is still there"


@pytest.fixture
def interruptions() -> Iterator[Interruptions]:
    made = Interruptions()
    with made.handled():
        yield made


def send() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("after_s", [0.001, 0.5, 5.0])
def test_a_signal_while_it_is_watched_interrupts_and_closes_the_instance(
    fake: Fake, tmp_path: Path, interruptions: Interruptions, after_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    began_ns = fake.clock.now_ns()
    closed: list[str] = []
    forget = fake.clock.forget

    def forget_and_say() -> None:
        forget()
        closed.append("the instance")

    monkeypatch.setattr(fake.clock, "forget", forget_and_say)
    fake.clock.after(after_s, send)
    with pytest.raises(Interrupted, match="SIGTERM"):
        measure(fake, scenario("hang"), tmp_path, interruptions=interruptions)
    assert closed
    assert (fake.clock.now_ns() - began_ns) / 1e9 == pytest.approx(after_s, abs=0.01)


def test_a_signal_during_a_launch_that_fails_interrupts(tmp_path: Path, interruptions: Interruptions) -> None:
    class Slow(Fake):
        def launch(self, launch: Launch) -> NoReturn:
            send()
            raise IsolationError("the engine refused")

    with pytest.raises(Interrupted):
        measure(Slow("fir"), scenario(), tmp_path, interruptions=interruptions)
