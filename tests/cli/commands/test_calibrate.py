"""``bench calibrate``: a bias that is known is found, kept and cited; and real truths on real isolations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.analysis.data.frame import load
from bench.analysis.quality.calibration import calibration
from bench.cli.commands.calibrate import judge
from bench.model import Scenario
from bench.report.compose import compose
from bench.scenario import load_scenario
from tests.cli.conftest import Bench, write_scenario
from tests.cli.unreported import unreported as unreported_run
from tests.synthetic import write_run

MIB = 1 << 20

# The fake waits a tenth longer than it was asked to, and says so to nobody.
DELAY = """\
title = "Delay"
question = "Is it recovered?"
image = "base"
command = ["say", "inject begin", "sleep", "{delay_ms}e-3", BIAS"say", "inject ready", "say", "inject took 0.1"]
rounds = 3

[envelope]
cpus = 1
memory_mib = 128

[ready]
pattern = "^inject ready$"

[window]
begin = "^inject begin$"
finish = "^inject ready$"
seconds = '^inject took ([0-9.]+)$'

[parameters]
delay_ms = [0, 10, 50]
"""


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A truth for the fake, in the place of those that are shipped; to be written by the test."""
    file = tmp_path / "delay.toml"

    def truths(_names: Sequence[str] = (), *, quick: bool) -> list[Scenario]:
        return [load_scenario(file, quick=quick)]

    def judged(folder: Path) -> int:
        """Judge in this process: the real calibration below has one of its own."""
        try:
            judge(folder)
        except SystemExit as left:
            return int(left.code or 0)
        return 0

    monkeypatch.setattr("bench.cli.commands.calibrate.truths", truths)
    monkeypatch.setattr("bench.cli.commands.calibrate._judged", judged)
    return file


@pytest.fixture
def unreported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's report is a process of its own, with tests of its own."""
    monkeypatch.setattr("bench.cli.commands.run.reading", unreported_run)


def test_a_bias_is_recovered_kept_and_cited(bench: Bench, scripted: Path, unreported: None, tmp_path: Path) -> None:
    scripted.write_text(DELAY.replace("BIAS", '"sleep", "{delay_ms}e-4", '))
    assert bench("calibrate", "-i", "fake").code == 1
    [kept] = (tmp_path / "state" / "calibrations").iterdir()
    rows = {
        (row["view"], round(row["injected"] * 1000)): (row["bias"], row["verdict"])
        for row in json.loads(kept.read_text())["findings"]
    }
    bias_s, verdict = rows["its own line", 50]
    assert bias_s == pytest.approx(0.005, abs=0.0012)  # the fake varies by 2 %
    assert verdict == "missed"
    assert rows["its own line", 10][0] == pytest.approx(0.001, abs=0.0003)
    assert rows["ready", 50][1] == "missed"

    bench("run", "speak", "-i", "fake", "--scenarios", str(write_scenario(tmp_path / "s", "say", "hello")))
    [run] = [path.parent for path in (tmp_path / "results").glob("*/calibration.json")]
    said = " ".join(compose(run).method)
    assert f"delays before readiness were recovered with a bias of at most +{bias_s * 1e3:.1f} ms (fake)" in said
    assert "Goals of calibration that were missed: delay by its own line (fake), delay by ready (fake)." in said


def test_a_goal_that_is_met_is_exit_code_0(bench: Bench, scripted: Path, tmp_path: Path) -> None:
    scripted.write_text(DELAY.replace("BIAS", "").replace("[0, 10, 50]", "[0, 10]"))
    assert bench("calibrate", "-i", "fake").code == 0
    [kept] = (tmp_path / "state" / "calibrations").iterdir()
    assert {row["verdict"] for row in json.loads(kept.read_text())["findings"]} == {"met"}


def test_a_truth_that_nobody_knows_is_refused_with_a_suggestion(bench: Bench) -> None:
    done = bench("calibrate", "writen")
    assert done.code == 2
    assert "no truth is called 'writen'" in done.err
    assert "written" in done.err


def test_what_is_no_calibration_recovers_nothing(bench: Bench, unreported: None, tmp_path: Path) -> None:
    bench("run", "speak", "-i", "fake", "--scenarios", str(write_scenario(tmp_path / "s", "say", "hello")))
    [run] = (tmp_path / "results").iterdir()
    done = bench("calibrate", "--from", str(run))
    assert "No truth was recovered" in done.out
    assert done.code not in (0, 1)
    assert not (tmp_path / "state" / "calibrations").exists()


def test_a_known_set_is_judged_name_by_name_and_what_was_not_traced_has_its_reason(
    bench: Bench, tmp_path: Path
) -> None:
    run = write_run(tmp_path / "run", rounds=3, trouble=False)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["scenarios"]["surface"] = manifest["scenarios"]["startup"]
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    seeded: list[dict[str, object]] = []
    for of in [one for one in trials if (one["scenario"], one["isolation"]) == ("startup", "bare")]:
        for times in (0, 1000):
            counts = {"getpid": 1 + times, "openat": 4 + times, "close": 5 + times, "read": 41, "poll": 40 + times}
            samples = [
                {"metric": f"surface.known.{name}", "value": count, "unit": "1", "vantage": "host", "better": "lower",
                 "at_s": 1.0}
                for name, count in counts.items()
            ]  # fmt: skip
            seen = {"surface.no_host_functions": "it is refused"}
            one = {"number": len(seeded) + 1, "scenario": "surface", "parameters": {"times": times}, "seen": seen}
            seeded.append(of | one | {"samples": samples})
    (run / "trials.jsonl").write_text("".join(json.dumps(one) + "\n" for one in seeded))
    (run / "manifest.json").write_text(json.dumps(manifest | {"planned": len(seeded)}))
    done = bench("calibrate", "--from", str(run))
    said = " ".join(done.out.split())
    assert "surface, names of the known set on bare: missing 1 (read), extra 1 (poll)." in said
    assert "surface, by a function, is not seen on bare: unavailable, because it is refused." in said
    assert "2 met, 2 missed, 0 undecided" in said
    assert done.code == 1


@pytest.mark.docker
def test_real_truths_are_recovered_on_bare_and_docker(tmp_path: Path) -> None:
    """Bytes do not depend on what else the host does, so that trials which that has spoiled tell as much.

    Lines do: a busy host brings them late, and a quiet one is not to be had in tests.
    """
    words = ["calibrate", "delay", "written", "-i", "bare,docker", "--quick", "--rounds", "1"]
    environment = {**os.environ, "ISOBENCH_STATE": str(tmp_path / "state"), "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words, "--results", str(tmp_path / "results")],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    [run] = (tmp_path / "results").iterdir()
    frame = load(run)
    assert set(frame["outcome"]) <= {"ok", "spoiled"}, done.stdout + done.stderr
    found = calibration(frame.assign(outcome="ok"))
    for isolation in ("bare", "docker"):
        rows = found[(found["isolation"] == isolation) & found["view"].isin(("processes", "its own line"))]
        biases = {truth: found["bias"].abs().max() for truth, found in rows.groupby("truth")}
        assert set(biases) == {"delay", "written"}, isolation
        assert biases["written"] < 0.02 * 16 * MIB, isolation
        assert biases["delay"] < 0.1, isolation
    assert done.returncode in (0, 1, 3), done.stderr
