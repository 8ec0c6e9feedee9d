"""A run on the fake, from request to closed journal: what it leaves on the disk, also when cut short."""

from __future__ import annotations

import gzip
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bench import images
from bench.errors import ImageError, InputError, Interrupted
from bench.host.run_state import registered_runs
from bench.isolations.base import Availability, Isolation
from bench.isolations.fake import Fake
from bench.isolations.registry import open_isolation
from bench.measuring import session
from bench.measuring.request import Finished, Request
from bench.measuring.session import _check, execute
from bench.measuring.stopping import Look, Rule
from bench.model import Image, Measurement, Recipe, Scenario, Trial
from bench.store.writer import only_writer
from tests.records import image, metric, scenario

RATE = scenario("say", "rate {n}", parameters={"n": (1, 2)}, rounds=3, metrics=[metric(pattern=r"rate (\d+)")])
RECIPE = Recipe(name="base", suite="bookworm", packages=())


@pytest.fixture(autouse=True)
def _no_real_image(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The fake needs no image; its lock is what a run keeps of it."""
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("bench.host.run_state._LOCKS", tmp_path)
    folder = tmp_path / "image"
    folder.mkdir()
    made = image(folder)

    def build(_recipe: Recipe, _files: object, *, say: Callable[[str], None]) -> Image:
        say("building image base")
        return made

    monkeypatch.setattr(images, "build", build)


class Heard:
    """A listener that remembers, and does one thing at one moment."""

    def __init__(self, at: str = "", then: Callable[[], None] | None = None, *, after: int = 1) -> None:
        self.said: list[str] = []
        self.availabilities: Sequence[Availability] = ()
        self.trials: Sequence[Trial] = ()
        self.measurements: list[Measurement] = []
        self._at, self._then, self._after = at, then, after

    def say(self, line: str) -> None:
        self.said.append(line)

    def checked(self, host: str, availabilities: Sequence[Availability]) -> None:
        self.said.append(host)
        self.availabilities = availabilities
        self._moment("checked")

    def opened(self, folder: Path) -> None:
        """Nobody reads it."""

    def resumed(self, kept: int) -> None:
        self.said.append(f"{kept} kept")

    def planned(self, trials: Sequence[Trial]) -> None:
        self.trials = trials

    def looked(self, look: Look) -> None:
        """Nobody asked."""

    def starting(self, trial: Trial) -> None:
        self._moment("starting")

    def measured(self, measurement: Measurement) -> None:
        self.measurements.append(measurement)
        self._moment("measured")

    def _moment(self, name: str) -> None:
        if name == self._at and self._then:
            self._after -= 1
            if not self._after:
                self._then()


def run(
    folder: Path, heard: Heard | None = None, *, of: Scenario = RATE, isolations: Sequence[str] = ("fake",)
) -> Finished:
    request = Request(
        scenarios=[of],
        recipes={"base": RECIPE},
        isolations=isolations,
        results=folder / "results",
        seed=7,
        quick=False,
        command_line=["bench", "run", "speak"],
    )
    return execute(request, heard or Heard())


def manifest_of(finished: Finished) -> dict[str, object]:
    told: dict[str, object] = json.loads((finished.folder / "manifest.json").read_text())
    return told


def journal_of(finished: Finished) -> list[dict[str, object]]:
    return [json.loads(line) for line in (finished.folder / "trials.jsonl").read_text().splitlines()]


def send() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_run_keeps_manifest_journal_consoles_and_locks(tmp_path: Path) -> None:
    finished = run(tmp_path)
    kept = sorted(str(path.relative_to(finished.folder)) for path in finished.folder.rglob("*") if path.is_file())
    consoles = [f"console/{number:04d}.log.gz" for number in range(1, 7)]
    assert kept == [*consoles, "locks/base-5f5f5f5f5f5f.json", "manifest.json", "trials.jsonl"]
    assert finished.outcomes == {"ok": 6}
    assert finished.interrupted is None


def test_a_run_that_goes_on_holds_its_folder(tmp_path: Path) -> None:
    refused: list[str] = []

    def take() -> None:
        (folder,) = (tmp_path / "results").iterdir()
        try:
            with only_writer(folder):
                pytest.fail("it was held twice")
        except InputError as error:
            refused.append(error.what)

    finished = run(tmp_path, Heard("measured", take))
    assert refused == [f"{finished.folder} is being measured into, by process {os.getpid()}"]


def test_where_no_isolation_has_the_network_nothing_is_run(tmp_path: Path) -> None:
    over_the_host = replace(RATE, envelope=replace(RATE.envelope, network="host"))
    heard = Heard()
    with pytest.raises(InputError, match="nothing of this can be run here"):
        run(tmp_path, heard, of=over_the_host)
    assert any(
        line.startswith("speak: left out, since fake has no network mode 'host'. Compare") for line in heard.said
    )


def test_a_scenario_whose_image_cannot_be_built_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = images.build

    def build(recipe: Recipe, files: object, *, say: Callable[[str], None]) -> Image:
        if recipe.name == "from evil.tar":
            raise ImageError("image 'from evil.tar' is for linux/s390x, this machine is linux/amd64", remedy="Build it")
        return made(recipe, (), say=say)

    monkeypatch.setattr(images, "build", build)
    evil = replace(RATE, name="evil", image="from evil.tar")
    recipes = {"base": RECIPE, evil.image: replace(RECIPE, name=evil.image)}
    request = Request(
        scenarios=[evil, RATE], recipes=recipes, isolations=["fake"], results=tmp_path / "results", seed=7,
        rule=Rule(rounds=1), quick=False, command_line=[],
    )  # fmt: skip
    heard = Heard()
    finished = execute(request, heard)
    reason = "image 'from evil.tar' is for linux/s390x, this machine is linux/amd64. Build it"
    assert f"scenario 'evil' cannot be run: {reason}" in heard.said
    assert {(line["scenario"], line["outcome"], line["reason"]) for line in journal_of(finished)} == {
        ("evil", "failed", reason), (RATE.name, "ok", ""),
    }  # fmt: skip
    assert set(manifest_of(finished)["images"]) == {"base"}  # type: ignore[call-overload]
    with pytest.raises(ImageError, match="s390x"):
        execute(replace(request, scenarios=[evil]), Heard())


def test_the_manifest_says_what_the_run_was(tmp_path: Path) -> None:
    finished = run(tmp_path)
    told = manifest_of(finished)
    assert set(told) == {
        "schema", "schema_version", "run", "started_at", "finished_at", "interrupted", "command_line", "bench_version",
        "seed", "quick", "rounds", "stopping", "planned", "host", "harness", "isolations", "scenarios", "images",
        "not_offered", "asked", "resumed",
    }  # fmt: skip
    assert told["run"] == finished.folder.name
    assert (told["seed"], told["rounds"], told["planned"]) == (7, {"speak": 3}, 6)
    assert told["command_line"] == ["bench", "run", "speak"]
    assert told["finished_at"]
    assert told["images"] == {
        "base": {
            "digest": "sha256:" + "5f" * 32,
            "suite": "bookworm",
            "packages": 1,
            "lock": "locks/base-5f5f5f5f5f5f.json",
            "source": None,
        }
    }


@pytest.mark.parametrize("larger", [2, 3, 4])
def test_no_trial_of_a_run_with_instances_of_two_sizes_is_placed_on_the_harness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, larger: int
) -> None:
    kept: list[tuple[int, ...]] = []

    @contextmanager
    def remember(cpus: tuple[int, ...]) -> Iterator[None]:  # this machine may have fewer CPUs than that host
        kept.append(cpus)
        yield

    monkeypatch.setattr("bench.host.cpus._at_start", frozenset(range(4)))
    monkeypatch.setattr(session, "wholly_kept_to", remember)
    opened, really = list[Isolation](), open_isolation

    def noted(name: str, run: str) -> Isolation:
        opened.append(really(name, run))
        return opened[-1]

    monkeypatch.setattr(session, "open_isolation", noted)
    large = replace(RATE, name="large", envelope=replace(RATE.envelope, cpus=larger))
    request = Request(
        scenarios=[large, RATE], recipes={"base": RECIPE}, isolations=["fake"], results=tmp_path / "results", seed=7,
        rule=Rule(rounds=4), quick=False, command_line=[],
    )  # fmt: skip
    finished = execute(request, heard := Heard())
    told = manifest_of(finished)
    assert told["harness"]["cpu_set"] == list(kept[0])  # type: ignore[index]
    assert {one.aside for one in opened} == {(0, 1, 2, 3) if larger == 4 else kept[0]}
    assert bool(told["harness"]["not_apart"]) == (larger == 4)  # type: ignore[index]
    assert any("shares every CPU with the harness" in line for line in heard.said) == (larger == 4)
    for line in journal_of(finished):
        placed = {int(cpu) for cpu in line["seen"]["placement"].split(",")}  # type: ignore[index]
        if len(placed) < 4:
            assert not placed & set(kept[0])


def test_the_journal_has_every_trial_in_the_order_of_the_plan(tmp_path: Path) -> None:
    heard = Heard()
    lines = journal_of(run(tmp_path, heard))
    assert [line["number"] for line in lines] == [trial.number for trial in heard.trials] == [1, 2, 3, 4, 5, 6]
    assert [line["parameters"] for line in lines] == [dict(trial.cell.parameters) for trial in heard.trials]
    assert {line["outcome"] for line in lines} == {"ok"}


def test_each_number_comes_from_its_own_trial(tmp_path: Path) -> None:
    for line in journal_of(run(tmp_path)):
        samples = line["samples"]
        assert isinstance(samples, list)
        (rate,) = [sample["value"] for sample in samples if sample["metric"] == "rate"]
        assert {"n": rate} == line["parameters"]


def test_a_console_is_kept_to_the_byte(tmp_path: Path) -> None:
    finished = run(tmp_path)
    line = journal_of(finished)[0]
    console = gzip.decompress((finished.folder / "console" / "0001.log.gz").read_bytes())
    parameters = line["parameters"]
    assert isinstance(parameters, dict)
    assert f"rate {parameters['n']}\n".encode() in console
    assert console.count(b"@isobench ") >= 3


def test_a_listener_hears_of_everything_in_order(tmp_path: Path) -> None:
    heard = Heard()
    run(tmp_path, heard)
    assert heard.said[0] == "building image base"
    assert [one.isolation for one in heard.availabilities] == ["fake"]
    assert [one.trial for one in heard.measurements] == list(heard.trials)


class Picky(Fake):
    """Takes small images only."""

    def prepare(self, image: Image, say: Callable[[str], None]) -> None:
        if image.name == "large":
            raise ImageError("it does not fit on a disk", remedy="Raise disk_mib")


def test_an_image_that_an_isolation_cannot_take_does_not_cost_its_other_trials(tmp_path: Path) -> None:
    small, heard = image(tmp_path), Heard()
    large = replace(small, name="large", digest="sha256:another")
    availabilities: dict[str, Availability] = {}
    _check({"fake": Picky("fir")}, availabilities, {"one": small, "other": large}, heard)
    assert availabilities["fake"].ready
    assert heard.said[0].startswith("fake: image 'large' cannot be made ready, its trials will fail: it does not fit")


def test_an_interrupted_run_keeps_what_was_measured(tmp_path: Path) -> None:
    finished = run(tmp_path, Heard("measured", send, after=2))
    assert finished.interrupted == "SIGTERM"
    assert finished.outcomes == {"ok": 2}
    assert [line["number"] for line in journal_of(finished)] == [1, 2]
    told = manifest_of(finished)
    assert (told["interrupted"], told["planned"]) == ("SIGTERM", 6)
    assert told["finished_at"]


def test_an_interruption_before_anything_was_measured_is_handed_on_and_leaves_no_results(
    tmp_path: Path,
) -> None:
    with pytest.raises(Interrupted):
        run(tmp_path, Heard("checked", send))
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("at", ["checked", "measured"])
def test_an_interrupted_run_leaves_neither_scratch_space_nor_handlers_nor_narrow_placement(
    tmp_path: Path, at: str
) -> None:
    before = signal.getsignal(signal.SIGTERM), os.sched_getaffinity(0)
    try:
        run(tmp_path, Heard(at, send))
    except Interrupted:
        assert at == "checked"
    assert (signal.getsignal(signal.SIGTERM), os.sched_getaffinity(0)) == before
    assert registered_runs() == []


def test_a_fault_of_our_own_keeps_what_was_measured_too(tmp_path: Path) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(tmp_path, Heard("starting", fail, after=3))
    (folder,) = (tmp_path / "results").iterdir()
    assert len((folder / "trials.jsonl").read_text().splitlines()) == 2
    assert json.loads((folder / "manifest.json").read_text())["finished_at"] is None
    assert registered_runs() == []


def test_an_isolation_whose_library_is_missing_is_unsupported_and_the_others_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "bench.isolations.engines.docker", raising=False)
    monkeypatch.setitem(sys.modules, "docker", None)
    finished = run(tmp_path, isolations=("fake", "docker"))
    assert finished.outcomes == {"ok": 6, "unsupported": 6}
    isolations = manifest_of(finished)["isolations"]
    assert isinstance(isolations, dict)
    assert isolations["docker"]["ready"] is False
    assert isolations["docker"]["remedy"] == "pip install docker"
    reasons = {line["reason"] for line in journal_of(finished) if line["isolation"] == "docker"}
    assert len(reasons) == 1
    assert "needs a library" in str(reasons.pop())


def test_an_image_that_cannot_be_built_ends_the_run_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*_arguments: object, **_named: object) -> Image:
        raise ImageError("no network")

    monkeypatch.setattr(images, "build", build)
    with pytest.raises(ImageError):
        run(tmp_path)
    assert not (tmp_path / "results").exists()
    assert registered_runs() == []


def test_the_same_seed_gives_the_same_order(tmp_path: Path) -> None:
    first, second = Heard(), Heard()
    run(tmp_path, first)
    run(tmp_path, second)
    assert first.trials == second.trials
