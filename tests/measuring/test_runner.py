"""The runner: every way a workload can end becomes its trial's outcome, with a reason. On the fake; nothing sleeps."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from bench.isolations.base import Exit
from bench.isolations.console import LIMIT_BYTES
from bench.isolations.envelope import boot_id
from bench.isolations.fake import Fake, FakeInstance
from bench.model import Kind, Outcome, Window
from tests.measuring.measured import measure, outcome
from tests.records import by_metric, metric, scenario

pytestmark = pytest.mark.usefixtures("quiet_host")


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


def test_an_illegal_instruction_is_called_so(fake: Fake, tmp_path: Path) -> None:
    found = outcome(fake, scenario("exit", "132"), tmp_path)
    assert found.reason.startswith("the workload ended with status 132, an illegal instruction: ")


@pytest.mark.parametrize(("seen", "words"), [("137", "status 137"), ("-9", "signal 9"), ("1", "status 1")])
def test_an_end_that_the_host_has_not_seen_has_failed(fake: Fake, tmp_path: Path, seen: str, words: str) -> None:
    found = outcome(fake, scenario("say", "hello", "seen", seen, "exit", "0"), tmp_path)
    said = "the entry said that its workload ended with status 0, and the host saw"
    assert found == Outcome(kind=Kind.FAILED, reason=f"{said} {words}")


def test_an_end_of_which_nobody_saw_a_status_has_failed(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeInstance, "wait_exit", lambda _self, _timeout_s: Exit(status=None))
    found = outcome(fake, scenario("say", "hello"), tmp_path)
    assert found.kind is Kind.FAILED
    assert found.reason.endswith("the host saw no status")


def test_what_is_said_twice_in_the_entrys_name_has_failed(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "5ec4e75ec4e75ec4"
    monkeypatch.setattr(secrets, "token_hex", lambda _size: secret)
    found = outcome(fake, scenario("say", f"@isobench {secret} saw cpus 64"), tmp_path)
    assert found.kind is Kind.FAILED
    assert found.reason.startswith("somebody else has spoken in the entry's name")


def test_a_status_that_the_isolation_cannot_carry_is_the_entrys_own(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeInstance, "carried", lambda _self, status: 1 if status == 133 else status)
    found = outcome(fake, scenario("exit", "133", "seen", "1"), tmp_path)
    assert found.reason.startswith("the entry said that its workload ended with status 133, and the host saw"), found
    found = outcome(fake, scenario("seen", "1", "exit", "133"), tmp_path)
    assert found.reason == "the workload ended with status 133"


def test_a_metric_that_is_not_in_the_output_has_failed(fake: Fake, tmp_path: Path) -> None:
    found = outcome(fake, scenario("say", "hello", metrics=[metric(pattern=r"rate (\d+)")]), tmp_path)
    assert found.kind is Kind.FAILED
    assert "metric rate: the pattern" in found.reason


def test_a_window_whose_lines_hold_letters_beyond_ascii_is_seen_while_it_lasts(fake: Fake, tmp_path: Path) -> None:
    window = Window(begin="^[äö]ffnet$", finish="^(?:größer|schließt) ", seconds=r" (\d+)$")
    of = scenario("say", "öffnet", "sleep", "4", "say", "schließt 4", window=window)
    found = by_metric(measure(fake, of, tmp_path)[0].samples)
    assert found["cpu.window", "host"] == pytest.approx(4.0, rel=0.05)


def test_a_window_that_ends_before_it_begins_has_failed(fake: Fake, tmp_path: Path) -> None:
    window = Window(begin="^begin$", finish="^end", seconds=r"^end (\d+)")
    found = outcome(fake, scenario("say", "end 1", "say", "begin", window=window), tmp_path)
    assert found.kind is Kind.FAILED
    assert found.reason.startswith("window.finish")


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


def test_what_was_read_before_a_failure_is_kept(fake: Fake, tmp_path: Path) -> None:
    measurement, _console = measure(fake, scenario("sleep", "9", "exit", "3", settle_s=1.0), tmp_path)
    found = {sample.metric for sample in measurement.samples}
    assert {"timeline.ready", "memory.idle.pss", "cpu.used", "timeline.gone"} <= found
