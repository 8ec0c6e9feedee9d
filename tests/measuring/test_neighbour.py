"""A neighbour: who is refused, how each can end, and, on real control groups, that it takes no more than its quota."""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bench.host.cpus import cpu_count
from bench.host.signals import Interruptions
from bench.isolations.base import Availability
from bench.isolations.fake import Fake, FakeInstance
from bench.isolations.registry import open_isolation
from bench.measuring import neighbour as neighbours
from bench.measuring.calibration.quota import PARAMETER, imposed
from bench.measuring.observation import Inject
from bench.measuring.runner import Runner
from bench.model import Client, Image, Kind, Measurement, Metric, Neighbour, Scalar, Scenario
from bench.model.codes import RETURNED, decoded
from bench.scenario import stock_folder
from tests.records import MIB, envelope, scenario, trial
from tests.records import image as made_up

pytestmark = pytest.mark.usefixtures("quiet_host")

WORK = r"^work_per_s: ([0-9.]+)$"
BUSY = 'use Time::HiRes "time"; $n = 0; $e = time + 1; while (time < $e) { $n++ } print "work_per_s: $n\\n"'
SCRIPT = (stock_folder() / "images" / "neighbours" / "antagonist.pl").read_text()


def beside(*command: str, client: tuple[str, ...], timeout_s: float = 60.0) -> Scenario:
    """Return a scenario whose victim's client works once beside a neighbour of that command."""
    metrics = [Metric(name="work_per_s", unit="1/s", better="higher", pattern=WORK)]
    return replace(
        scenario(metrics=metrics, timeout_s=timeout_s),
        command=(),
        client=Client(command=client),
        neighbour=Neighbour(command=command, ready="works$", work=WORK),
        envelope=envelope(memory_bytes=256 * MIB, pids=32),
    )


def measured(
    runner: Runner, of: Scenario, isolation: str, number: int = 1, **parameters: Scalar
) -> tuple[Measurement, Mapping[str, float]]:
    plain = trial(of, isolation=isolation, number=number)
    measurement, _console = runner.measure(replace(plain, cell=replace(plain.cell, parameters=parameters)))
    return measurement, {one.metric: one.value for one in measurement.samples if one.vantage != "processes:workload"}


@pytest.fixture
def faked(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setattr(FakeInstance, "held", lambda _self: {"pids_limit": "64", "memory_limit": "1000"})
    known = {"fake": Availability(isolation="fake", fault=None, detail="")}
    return Runner({"fake": fake}, known, {"speak": made_up(tmp_path)}, Interruptions())


VICTIM = ("sleep", "2", "say", "work_per_s: 100")


@pytest.mark.parametrize(
    ("script", "how"),
    [
        (("say", "it works", "sleep", "60"), "returned"),
        (("say", "it works", "sleep", "1", "die"), "killed all"),
        (("say", "no room", "die"), "killed all"),
    ],
)
def test_a_neighbour_s_end_is_a_figure_and_the_victim_s_another(
    faked: Runner, script: tuple[str, ...], how: str
) -> None:
    measurement, found = measured(faked, beside(*script, client=VICTIM), "fake", antagonist="cpu")
    assert measurement.outcome.kind is Kind.OK, measurement.outcome.reason
    assert found["work_per_s"] == 100.0
    assert decoded(found["neighbour.ended"], RETURNED) == how
    assert found["neighbour.window"] == pytest.approx(2.0, rel=0.1)


def test_nobody_is_beside_where_nobody_is_asked_for(faked: Runner) -> None:
    _measurement, found = measured(faked, beside("say", "it works", client=VICTIM), "fake", antagonist="none")
    assert "neighbour.ended" not in found


def test_a_victim_without_an_end_did_not_return(faked: Runner) -> None:
    of = beside("say", "it works", "sleep", "60", client=("hang",), timeout_s=5.0)
    measurement, found = measured(faked, of, "fake", antagonist="cpu")
    assert measurement.outcome.kind is Kind.DID_NOT_RETURN
    assert measurement.outcome.reason.startswith("beside an antagonist (cpu): ")
    assert "neighbour.ended" in found


@pytest.mark.parametrize(
    ("held", "available_bytes", "kind", "reason"),
    [
        ({"memory_limit": "1000"}, 1 << 40, Kind.UNSUPPORTED, "it holds an instance to no pids limit"),
        ({"memory_limit": "max", "pids_limit": "64"}, 1 << 40, Kind.UNSUPPORTED, "to no memory limit"),
        ({"memory_limit": "1000", "pids_limit": "64"}, 700 * MIB, Kind.FAILED, "has 700 MiB available"),
    ],
)
def test_a_host_that_would_be_harmed_refuses(
    faked: Runner,
    monkeypatch: pytest.MonkeyPatch,
    held: Mapping[str, str],
    available_bytes: int,
    kind: Kind,
    reason: str,
) -> None:
    monkeypatch.setattr(FakeInstance, "held", lambda _self: held)
    monkeypatch.setattr(neighbours, "available_bytes", lambda: available_bytes)
    measurement, found = measured(faked, beside("say", "it works", client=VICTIM), "fake", antagonist="forks")
    assert (measurement.outcome.kind, reason in measurement.outcome.reason) == (kind, True)
    assert "neighbour.ended" not in found


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes control groups")
class TestBare:
    """Real processes in real control groups."""

    def runner(self, run_id: str, image: Image, inject: Inject | None = None) -> Runner:
        bare = open_isolation("bare", run_id)
        bare.prepare(image, lambda _line: None)
        known = {"bare": Availability(isolation="bare", fault=None, detail="")}
        return Runner({"bare": bare}, known, {"speak": image}, Interruptions(), inject=inject)

    def test_a_fork_bomb_stays_inside_its_limits_and_leaves_nothing(self, run_id: str, image: Image) -> None:
        of = beside("perl", "-e", SCRIPT, "forks", "32", "/tmp", "20", client=("perl", "-e", BUSY))
        measurement, found = measured(self.runner(run_id, image), of, "bare", antagonist="forks", place="same CPU")
        assert measurement.outcome.kind is Kind.OK, measurement.outcome.reason
        assert decoded(found["neighbour.ended"], RETURNED) in ("returned", "did not return")
        assert found["neighbour.cpu"] > 0
        assert found["timeline.gone"] < 60

    @pytest.mark.skipif(cpu_count() < 2, reason="there is one CPU alone")
    def test_a_neighbour_takes_no_more_than_its_quota(self, run_id: str, image: Image) -> None:
        """By its books, within 3 % of a CPU; what the victim loses to it hangs on all else that runs on this host."""
        runner = self.runner(run_id, image, imposed)
        of = beside("perl", "-e", SCRIPT, "cpu", "32", "/tmp", "20", client=("perl", "-e", BUSY))
        for percent in (50, 20):
            taken = []
            for number in range(3):
                had = {PARAMETER: percent, "antagonist": "cpu", "place": "same CPU"}
                _measurement, found = measured(runner, of, "bare", number, **had)
                taken.append(found["neighbour.cpu"] / found["neighbour.window"])
            assert statistics.median(taken) <= percent / 100 + 0.03
