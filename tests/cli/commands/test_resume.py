"""``bench resume``: a run that was cut short goes on where it stopped, or is refused in words."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.cli.commands import run as running
from bench.cli.progress import Lines
from bench.store.layout import JOURNAL, MANIFEST
from bench.store.writer import only_writer
from tests.cli.conftest import Answer, Bench, write_scenario
from tests.cli.unreported import unreported
from tests.faults.killed_runs import plan
from tests.images.oci_archives import Own, layer, regular

SCHEMA_1 = Path(__file__).parents[2] / "store" / "schema_1"

Edit = Callable[[dict[str, Any]], object]


@pytest.fixture(autouse=True)
def _without_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "reading", unreported)


@pytest.fixture
def whole(bench: Bench, tmp_path: Path) -> Path:
    """A run of ten trials that went through."""
    scenarios = write_scenario(tmp_path / "scenarios", "say", "hello", rounds=10)
    assert bench("run", "speak", "-i", "fake", "--scenarios", str(scenarios), "--seed", "3").code == 0
    (run,) = (tmp_path / "results").iterdir()
    return run


def cut(run: Path, trials: int, torn: bytes = b"") -> None:
    """Make of a run what a kill after so many trials would have left."""
    lines = (run / JOURNAL).read_bytes().splitlines(keepends=True)
    (run / JOURNAL).write_bytes(b"".join(lines[:trials]) + torn)
    edit(run, lambda told: told.update(finished_at=None, stopping={**told["stopping"], "reason": ""}))


def edit(run: Path, change: Edit) -> None:
    told = json.loads((run / MANIFEST).read_text())
    change(told)
    (run / MANIFEST).write_text(json.dumps(told))


def manifest(run: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((run / MANIFEST).read_text())
    return told


def files(run: Path) -> dict[str, bytes]:
    return {str(path.relative_to(run)): path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_the_rest_is_measured_and_the_run_is_as_if_it_had_gone_through(bench: Bench, whole: Path) -> None:
    undisturbed = plan(whole)
    cut(whole, 4)
    answer = bench("resume", whole.name)
    assert answer.code == 0, answer.err
    assert "taken up after 4 trials" in answer.out
    assert "  5 of 10  speak on fake: " in answer.out
    assert "4 of 10" not in answer.out
    assert plan(whole) == undisturbed
    told = manifest(whole)
    (resumed,) = told["resumed"]
    assert (resumed["after"], resumed["ended_by"], resumed["differences"]) == (4, "", [])
    assert 0 <= resumed["gap_s"] < 60
    assert (told["planned"], told["rounds"], told["interrupted"]) == (10, {"speak": 10}, None)
    assert told["finished_at"]
    assert told["stopping"]["reason"] == "all 10 rounds were run"
    assert not (whole / ".writer").exists()
    assert not list((whole.parents[1] / "state" / "runs").iterdir())


@pytest.mark.parametrize("torn", [b'{"number": 5, "rou', b"\0" * 40, b'{"number": 5}\xff\n'])
def test_a_trial_whose_line_was_torn_is_measured_again(bench: Bench, whole: Path, torn: bytes) -> None:
    undisturbed = plan(whole)
    cut(whole, 4, torn)
    assert bench("resume", str(whole)).code == 0
    assert plan(whole) == undisturbed


def test_a_last_line_that_lacks_only_its_end_is_kept(bench: Bench, whole: Path) -> None:
    lines = (whole / JOURNAL).read_bytes().splitlines()
    cut(whole, 4, lines[4])
    assert bench("resume", str(whole)).code == 0
    assert (whole / JOURNAL).read_bytes().splitlines()[:5] == lines[:5]
    assert manifest(whole)["resumed"][0]["after"] == 5


def test_a_run_that_was_killed_before_its_first_trial_begins(bench: Bench, whole: Path) -> None:
    undisturbed = plan(whole)
    cut(whole, 0)
    (whole / JOURNAL).unlink()
    shutil.rmtree(whole / "console")
    assert bench("resume", str(whole)).code == 0
    assert plan(whole) == undisturbed


def test_a_run_that_was_killed_after_its_last_trial_is_closed(bench: Bench, whole: Path) -> None:
    cut(whole, 10)
    before = (whole / JOURNAL).read_bytes()
    assert bench("resume", str(whole)).code == 0
    assert (whole / JOURNAL).read_bytes() == before
    assert manifest(whole)["finished_at"]


def test_a_run_may_be_taken_up_more_than_once(bench: Bench, whole: Path) -> None:
    undisturbed = plan(whole)
    for trials in (2, 7):
        cut(whole, trials)
        assert bench("resume", str(whole)).code == 0
    assert plan(whole) == undisturbed
    assert [one["after"] for one in manifest(whole)["resumed"]] == [2, 7]


def test_a_stretch_without_a_trial_is_none(bench: Bench, whole: Path) -> None:
    cut(whole, 4)
    edit(whole, lambda told: told.update(interrupted="SIGINT", finished_at=told["started_at"]))
    for _ in range(2):
        assert bench("resume", str(whole)).code == 0
        cut(whole, 4)
    (resumed,) = manifest(whole)["resumed"]
    assert (resumed["after"], resumed["ended_by"]) == (4, "SIGINT")


def test_a_whole_run_has_nothing_to_be_done(bench: Bench, whole: Path) -> None:
    before = files(whole)
    answer = bench("resume", str(whole))
    assert answer.code == 0
    assert f"{whole} is whole: all 10 trials are there. python -m bench report {whole}" in answer.out
    assert files(whole) == before


def test_a_run_that_somebody_measures_into_is_refused(bench: Bench, whole: Path) -> None:
    cut(whole, 4)
    with only_writer(whole):
        before = files(whole)
        answer = bench("resume", str(whole))
        assert files(whole) == before
    assert answer.code == 2
    assert "is being measured into, by process " in answer.err


CHANGES: list[tuple[Edit, str]] = [
    (lambda told: told["host"].update(name="elm"), "host: elm then, "),
    (lambda told: told["host"].update(kernel="2.6.32"), "host, kernel: 2.6.32 then, "),
    (lambda told: told["host"].update(cpu_model="Other"), "CPU: "),
    (lambda told: told["images"]["base"].update(digest="sha256:77"), "speak, image: sha256:77 then, sha256:"),
    (lambda told: told["scenarios"]["speak"].update(version="ffff"), "speak, version: ffff then, "),
    (lambda told: told["isolations"]["fake"]["versions"].update(runtime="1"), "fake, version of runtime: 1 then, not"),
    (lambda told: told.update(bench_version="0.0.1"), "Isobench: 0.0.1 then, "),
    (lambda told: told["harness"].update(python="3.9.1"), "Python: 3.9.1 then, "),
]


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_what_has_changed_is_named_and_refused_unless_it_is_accepted(
    bench: Bench, whole: Path, change: Edit, said: str
) -> None:
    undisturbed = plan(whole)
    cut(whole, 4, b"{torn")
    edit(whole, change)
    before = files(whole)
    answer = bench("resume", str(whole))
    assert answer.code == 2
    assert f"{whole} was measured under other circumstances: {said}" in answer.err
    assert "--anyway" in answer.err
    assert files(whole) == before
    assert bench("resume", str(whole), "--anyway").code == 0
    assert plan(whole) == undisturbed
    (accepted,) = manifest(whole)["resumed"][0]["differences"]
    assert f"{accepted['what']}: {accepted['before']} then, {accepted['after']}".startswith(said)


def test_a_plan_that_is_another_by_now_is_refused_even_so(bench: Bench, whole: Path, tmp_path: Path) -> None:
    cut(whole, 4)
    write_scenario(tmp_path / "scenarios", "say", "hello", rounds=3)
    before = files(whole)
    answer = bench("resume", str(whole), "--anyway")
    assert answer.code == 2
    assert "trial 4 was speak {} on fake, in round 4, and the same request makes it none now" in answer.err
    assert files(whole) == before


def without_asked(told: dict[str, Any]) -> None:
    del told["asked"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_asked, "asked = null: this run does not tell all that it was asked for"),
        (lambda told: told["asked"].update(scenarios_folder="/nowhere"), "/nowhere is no folder"),
        (lambda told: told["asked"].update(kernel="/nowhere"), "--kernel /nowhere: No such file or directory"),
        (lambda told: told.update(started_at="soon"), "started_at = 'soon': a time with its offset is expected"),
        (lambda told: told["isolations"].update(nobody=told["isolations"]["fake"]), "nobody"),
    ],
)
def test_a_run_that_cannot_be_asked_for_again_is_refused(bench: Bench, whole: Path, change: Edit, said: str) -> None:
    cut(whole, 4)
    edit(whole, change)
    before = files(whole)
    answer = bench("resume", str(whole), "--anyway")
    assert answer.code == 2
    assert said in answer.err
    assert files(whole) == before


def test_a_run_of_an_older_schema_is_refused_with_its_seed(bench: Bench, tmp_path: Path) -> None:
    run = tmp_path / "old"
    shutil.copytree(SCHEMA_1, run)
    edit(run, lambda told: told.update(finished_at=None))
    answer = bench("resume", str(run))
    assert answer.code == 2
    assert f"Measure again; --seed {manifest(run)['seed']} gives the same order" in answer.err


def test_a_journal_that_was_edited_is_refused(bench: Bench, whole: Path) -> None:
    cut(whole, 4)
    lines = (whole / JOURNAL).read_bytes().splitlines(keepends=True)
    (whole / JOURNAL).write_bytes(b"".join([lines[0], *lines[2:]]))
    answer = bench("resume", str(whole))
    assert answer.code == 2
    assert "trials.jsonl: number = 3: trial 2 is expected" in answer.err


def test_a_run_that_nobody_has_is_refused(bench: Bench, whole: Path) -> None:
    (whole / MANIFEST).unlink()
    assert bench("resume", str(whole)).code == 2


@pytest.fixture
def own(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of an image and a command of one's own, cut after its first trial."""
    Own(layers=[layer(regular("data"))]).save(tmp_path / "data.tar")
    words = ("--command", "say hello", "--metric", "n=(hello) 1 lower", "--memory", "128", "--rounds", "4")
    answer: Answer = bench("run", "--image", "data.tar", *words, "-i", "fake", "--seed", "3")
    (run,) = (tmp_path / "results").iterdir()
    assert len(plan(run)) == 4, answer.err
    cut(run, 1)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return run


def test_a_workload_of_ones_own_goes_on_wherever_it_is_asked_for(bench: Bench, own: Path) -> None:
    bench("resume", str(own))
    assert [one[0] for one in plan(own)] == [1, 2, 3, 4]
    assert manifest(own)["asked"]["own"] == {
        "image": "data.tar", "command": "say hello", "ready": None, "metrics": ["n=(hello) 1 lower"], "cpus": 1,
        "memory_mib": 128, "folder": str(own.parents[1]),
    }  # fmt: skip


def test_ones_own_image_that_has_changed_or_gone_is_refused(bench: Bench, own: Path) -> None:
    image = own.parents[1] / "data.tar"
    Own(layers=[layer(regular("other"))]).save(image)
    answer = bench("resume", str(own))
    assert answer.code == 2
    assert "own, image: sha256:" in answer.err
    image.unlink()
    answer = bench("resume", str(own))
    assert answer.code == 2
    assert f"--image = 'data.tar': there is no {image}" in answer.err


def test_a_run_with_a_budget_has_what_is_left_of_it(bench: Bench, tmp_path: Path) -> None:
    scenarios = write_scenario(tmp_path / "scenarios", "say", "hello")
    words = ("-i", "fake", "--scenarios", str(scenarios), "--budget", "1m", "--rounds", "5")
    assert bench("run", "speak", *words).code == 0
    (run,) = (tmp_path / "results").iterdir()
    cut(run, 3)
    edit(run, lambda told: told["stopping"].update(budget_s=1e-6))
    assert bench("resume", str(run)).code == 0
    told = manifest(run)
    assert told["stopping"]["budget_s"] == 1e-6
    assert "the time is spent" in told["stopping"]["reason"]
    assert len(plan(run)) == told["planned"] == 3


def test_an_interrupted_run_says_how_it_goes_on_and_is_no_longer_interrupted(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenarios = write_scenario(tmp_path / "scenarios", "say", "hello", rounds=5)
    measured = Lines.measured

    def interrupting(self: Lines, measurement: Any) -> None:
        measured(self, measurement)
        if measurement.trial.number == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Lines, "measured", interrupting)
    answer = bench("run", "speak", "-i", "fake", "--scenarios", str(scenarios))
    (run,) = (tmp_path / "results").iterdir()
    assert answer.code == 143
    assert answer.out.rstrip().endswith(f"Go on with: python -m bench resume results/{run.name}")
    monkeypatch.setattr(Lines, "measured", measured)
    assert bench("resume", run.name).code == 0
    told = manifest(run)
    assert (told["interrupted"], told["resumed"][0]["ended_by"], len(plan(run))) == (None, "SIGTERM", 5)
