"""The runner where it is not the workload: an isolation refuses, the host disturbs, a signal comes. On the fake."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from bench.errors import Interrupted, IsolationError, LeftoverError
from bench.host import run_names, run_state
from bench.host.accounting import AccountReading
from bench.host.disturbance.readings import HostActivity
from bench.host.signals import Interruptions
from bench.isolations.base import Availability, Fault, Instance, Launch
from bench.isolations.fake import Fake, FakeAccount
from bench.measuring import runner as runners
from bench.measuring.runner import Runner
from bench.model import Cell, Density, Kind, Outcome, Trial
from tests.measuring.measured import Scripted, measure, outcome
from tests.records import by_metric, image, metric, scenario, trial

pytestmark = pytest.mark.usefixtures("quiet_host")


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
    swapped = HostActivity(span_s=2.0, cpus=1, swapped_bytes=4096)
    monkeypatch.setattr(runners, "SentinelWatch", lambda _cpus, engine_s: Scripted(swapped))
    of = scenario("say", "rate 5", metrics=[metric(pattern=r"rate (\d+)")])
    measurement, _console = measure(fake, of, tmp_path)
    assert measurement.outcome == Outcome(kind=Kind.SPOILED, reason="the host swapped 4096 bytes")
    found = by_metric(measurement.samples)
    assert found["rate", "workload"] == 5.0
    assert found["sentinel.swapped", "host"] == 4096
    assert measurement.tail == ()


@pytest.mark.parametrize(("resource", "kind"), [("files", Kind.OK), ("cpu", Kind.SPOILED)])
def test_where_nothing_is_timed_company_spoils_nothing(
    resource: str, kind: Kind, fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swapped = HostActivity(span_s=2.0, cpus=1, swapped_bytes=4096)
    monkeypatch.setattr(runners, "SentinelWatch", lambda _cpus, engine_s: Scripted(swapped))
    of = replace(scenario(), parameters={"resource": ("files", "cpu")}, untimed={"resource": ("files",)})
    cell = Cell(scenario=of, parameters={"resource": resource}, isolation="fake")
    measurement, _console = measure(fake, replace(trial(of), cell=cell), tmp_path)
    assert measurement.outcome.kind is kind
    timed = any(sample.metric.startswith("timeline.") for sample in measurement.samples)
    assert timed == (kind is Kind.SPOILED)


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
    assert found.reason.startswith(
        "a fault in Isobench: ZeroDivisionError: no instances to divide by (test_runner_disturbed.py:"
    )


def test_a_teardown_that_fails_is_a_failed_trial_and_its_run_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "state"))
    run = run_names.of_process("sticky")
    with run_state.alive(run):
        assert outcome(Sticky(run), scenario(), tmp_path).reason == "container 5f0c is still there"
    assert run_state.is_dead(run)
    run_state.forget(run)


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


def test_all_instances_of_a_density_trial_share_the_set_up_that_is_noted(tmp_path: Path) -> None:
    launches: list[Launch] = []

    class Noting(Fake):
        @contextmanager
        def launch(self, launch: Launch) -> Iterator[Instance]:
            launches.append(launch)
            with super().launch(launch) as instance:
                yield instance

    of = replace(scenario("say", "ready", "hang", settle_s=1.0), density=Density(most=3, floor_bytes=0))
    drawn = replace(trial(of), nonce="0123456789ab3def")
    availability = Availability(isolation="fake", fault=None, detail="")
    runner = Runner({"fake": Noting("fir")}, {"fake": availability}, {of.name: image(tmp_path)}, Interruptions())
    measured = runner.measure(drawn)[0]
    assert [one.padding_bytes for one in launches] == [0xDEF] * 3
    assert [one.label for one in launches] == [f"{number}-012" for number in (1001, 1002, 1003)]
    assert measured.seen["padding_bytes"] == str(0xDEF)
    assert {",".join(map(str, one.envelope.cpu_set)) for one in launches} == {measured.seen["placement"]}
