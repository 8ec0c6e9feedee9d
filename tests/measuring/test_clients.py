"""Clients and their steps: each measured by itself, and whatever goes wrong is said with its step. On the fake."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.host.accounting import AccountReading
from bench.host.signals import Interruptions
from bench.isolations.base import Availability
from bench.isolations.fake import Fake, FakeAccount
from bench.measuring.runner import Runner
from bench.model import Client, Kind, Measurement, Metric, Output, Sample, Scalar, Scenario, Window
from tests.records import image, scenario, trial

RATE = Metric(name="rate", unit="1/s", better="higher", pattern=r"rate (\S+)", least=0.0)
STAYS = ("say", "up", "hang")

pytestmark = pytest.mark.usefixtures("quiet_host")


def service(
    *command: str,
    client: tuple[str, ...],
    steps: dict[str, tuple[Scalar, ...]] | None = None,
    setup: tuple[tuple[str, ...], ...] = (),
    **changes: object,
) -> Scenario:
    made = scenario(*command, ready="^up$", metrics=[RATE], timeout_s=50.0)
    return replace(
        made,
        command=command,
        client=Client(command=client, setup=setup),
        steps=steps or {},
        **changes,  # type: ignore[arg-type]
    )


def runner(of: Scenario, folder: Path) -> Runner:
    availability = Availability(isolation="fake", fault=None, detail="")
    return Runner({"fake": Fake("fir")}, {"fake": availability}, {of.name: image(folder)}, Interruptions())


def measure(of: Scenario, folder: Path) -> Measurement:
    return runner(of, folder).measure(trial(of))[0]


def of_metric(measurement: Measurement, metric: str) -> list[Sample]:
    return [sample for sample in measurement.samples if sample.metric == metric]


def test_every_step_is_measured_by_itself(tmp_path: Path) -> None:
    steps: dict[str, tuple[Scalar, ...]] = {"clients": (1, 5), "pause": (2, 3)}
    of = service(*STAYS, client=("say", "rate {clients}", "sleep", "{pause}"), steps=steps)
    done = measure(of, tmp_path)
    assert done.outcome.kind is Kind.OK, done.outcome
    assert {(s.step["clients"], s.step["pause"]): s.value for s in of_metric(done, "rate")} == {
        (clients, pause): clients for clients in (1, 5) for pause in (2, 3)
    }
    windows = {s.step["pause"]: s.value for s in of_metric(done, "cpu.window")}
    assert windows == {2: pytest.approx(2.0, rel=0.05), 3: pytest.approx(3.0, rel=0.05)}
    assert [s.step for s in of_metric(done, "timeline.ready")] == [{}]
    assert of_metric(done, "memory.load.pss"), "read while the service is still there"


def test_a_service_whose_end_the_host_has_not_seen_has_failed(tmp_path: Path) -> None:
    done = measure(service("seen", "137", *STAYS, client=("say", "rate 1")), tmp_path)
    assert done.outcome.kind is Kind.FAILED
    assert done.outcome.reason.endswith("ended with status 143, and the host saw status 137")


def test_steps_come_in_another_order_in_another_trial_and_in_the_same_order_in_the_same(tmp_path: Path) -> None:
    of = service(*STAYS, client=("say", "rate {n}"), steps={"n": tuple(range(1, 9))})

    def order(nonce: str) -> list[float]:
        measurement, _console = runner(of, tmp_path).measure(replace(trial(of), nonce=nonce))
        return [sample.value for sample in of_metric(measurement, "rate")]

    assert sorted(order("a" * 16)) == list(range(1, 9))
    assert order("a" * 16) == order("a" * 16) != order("b" * 16)


def test_the_window_of_a_step_is_its_own(tmp_path: Path) -> None:
    window = Window(begin="^go$", finish="^done", seconds=r"done in (\S+)")
    client = ("sleep", "4", "say", "go", "sleep", "{s}", "say", "done in {s}", "sleep", "4", "say", "rate 7")
    done = measure(service(*STAYS, client=client, steps={"s": (2, 6)}, window=window), tmp_path)
    assert done.outcome.kind is Kind.OK, done.outcome
    for metric in ("cpu.window", "clock.host", "clock.workload"):
        assert {s.step["s"]: s.value for s in of_metric(done, metric)} == {
            2: pytest.approx(2, rel=0.05),
            6: pytest.approx(6, rel=0.05),
        }


def test_an_instance_without_a_service_runs_what_it_is_sent(tmp_path: Path) -> None:
    of = replace(service(client=("say", "rate 3")), ready=None)
    done = measure(of, tmp_path)
    assert done.outcome.kind is Kind.OK, done.outcome
    assert [s.value for s in of_metric(done, "rate")] == [3.0]
    assert not of_metric(done, "memory.load.pss"), "nothing is served"


def test_set_up_runs_once_and_its_failure_ends_the_trial(tmp_path: Path) -> None:
    done = measure(service(*STAYS, client=("say", "rate 3"), setup=(("say", "no room", "exit", "9"),)), tmp_path)
    assert done.outcome.kind is Kind.FAILED
    assert done.outcome.reason == "the set-up command say 'no room' exit 9 ended with status 9; it said: no room"
    assert not of_metric(done, "rate")


def test_a_set_up_command_runs_once_for_each_value_of_the_steps_it_names(tmp_path: Path) -> None:
    steps: dict[str, tuple[Scalar, ...]] = {"n": (1, 2), "m": (3, 4)}
    setup = (("say", "room for {n}"), ("say", "swept"))
    of = service(*STAYS, client=("say", "rate 3"), setup=setup, steps=steps)
    _measurement, console = runner(of, tmp_path).measure(trial(of))
    assert [console.count(said) for said in (b"room for 1\n", b"room for 2\n", b"swept\n")] == [1, 1, 1]


def test_a_client_that_fails_half_way_is_said_with_its_step_and_what_it_said(tmp_path: Path) -> None:
    of = service(*STAYS, client=("say", "rate 1", "say", "connection refused", "exit", "{n}"), steps={"n": (0, 2)})
    done = measure(of, tmp_path)
    assert done.outcome.kind is Kind.FAILED
    assert done.outcome.reason == "the client at n = 2 ended with status 2; it said: rate 1 / connection refused"
    assert any("connection refused" in line for line in done.tail)


@pytest.mark.parametrize(
    ("client", "changes", "says"),
    [
        (("sleep", "1"), {}, "the client printed nothing: that is no result"),
        (("say", "rate none"), {}, "metric rate: 'none' is not a number"),
        (("say", "speed 5"), {}, r"metric rate: the pattern 'rate (\\S+)' matches none of the 1 lines of output"),
        (("say", "rate 0"), {}, "metric rate: 0 1/s is not above 0: no result"),
        (("say", "rate 5"), {"output": Output(expect=("^all well",))}, "output.expect: the pattern '^all well'"),
        (("say", "rate 5 errors 3"), {"output": Output(forbid=("errors [1-9]",))}, "output.forbid: the pattern"),
    ],
)
def test_a_result_that_cannot_be_believed_is_none(
    client: tuple[str, ...], changes: dict[str, object], says: str, tmp_path: Path
) -> None:
    done = measure(service(*STAYS, client=client, **changes), tmp_path)  # type: ignore[arg-type]
    assert done.outcome.kind is Kind.FAILED
    assert says in done.outcome.reason
    assert not of_metric(done, "rate")


def test_a_service_that_dies_under_its_client_is_said(tmp_path: Path) -> None:
    of = service("say", "up", "sleep", "3", "say", "out of ideas", "exit", "4", client=("sleep", "20", "say", "rate 1"))
    done = measure(of, tmp_path)
    assert done.outcome.kind is Kind.FAILED
    assert done.outcome.reason == "the service ended during the client, with status 4"
    assert any("out of ideas" in line for line in done.tail)


def test_a_service_that_does_not_come_up_is_said_with_its_log(tmp_path: Path) -> None:
    done = measure(service("say", "no such table", "exit", "1", client=("say", "rate 1")), tmp_path)
    assert done.outcome.kind is Kind.FAILED
    assert done.outcome.reason == "ended before it was ready, with status 1"
    assert any("no such table" in line for line in done.tail)


def test_a_client_that_never_ends_is_timed_out(tmp_path: Path) -> None:
    done = measure(service(*STAYS, client=("hang",)), tmp_path)
    assert done.outcome.kind is Kind.TIMED_OUT
    assert done.outcome.reason == "the client had not ended after 50 s in all"


def test_a_service_killed_for_memory_is_out_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeAccount, "read", lambda _self: AccountReading(oom_kills=1))
    done = measure(service("say", "up", "sleep", "1", "exit", "9", client=("sleep", "9", "say", "rate 1")), tmp_path)
    assert done.outcome.kind is Kind.OUT_OF_MEMORY


def test_a_command_that_no_terminal_would_take_is_refused(tmp_path: Path) -> None:
    done = measure(service(*STAYS, client=("say", "x" * 5000)), tmp_path)
    assert done.outcome.kind is Kind.FAILED
    assert "no single line of 4000 bytes" in done.outcome.reason
