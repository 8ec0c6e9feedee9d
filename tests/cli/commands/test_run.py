"""``bench run``, as a process of its own on the fake: what it says, what it leaves, what it exits with."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import Bench, write_scenario

# The report is a process of its own, with tests of its own: most runs here go without, for the sake of time.
UNREPORTED = """
import bench.cli.commands.run
from bench.cli import main
from tests.cli.unreported import unreported
bench.cli.commands.run.reading = unreported
main()
"""

# The fake has a thousand rounds in the time that a run takes at least which looks at its data.
AT_ONCE = """
import bench.measuring.stopping
from bench.cli import main
bench.measuring.stopping.STRETCH_S = 0.0
main()
"""


def command(scenarios: Path, *words: str, isolation: str = "fake", reported: bool = False) -> list[str]:
    start = ["-m", "bench"] if reported else ["-c", UNREPORTED]
    results = scenarios.parent / "results"
    named = ["--isolation", isolation, "--scenarios", str(scenarios), "--results", str(results)]
    return [sys.executable, *start, "run", "speak", *named, *words]


def environment(folder: Path, **other: str) -> dict[str, str]:
    return {**os.environ, "ISOBENCH_STATE": str(folder / "state"), **other}


def ended(
    words: list[str], folder: Path, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, env=variables or environment(folder), capture_output=True, text=True, check=False, timeout=120
    )


def outcomes(folder: Path) -> list[str]:
    (run,) = (folder / "results").iterdir()
    return [json.loads(line)["outcome"] for line in (run / "trials.jsonl").read_text().splitlines()]


def test_a_run_that_went_well_prints_a_table_and_where_the_report_is(tmp_path: Path) -> None:
    scenarios = write_scenario(tmp_path / "scenarios", "say", "hello")
    done = ended(command(scenarios, reported=True), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "fake  ready" in done.stdout
    assert "2 of 2  speak on fake: ok" in done.stdout
    report = Path(done.stdout.strip().splitlines()[-1].removeprefix("Report: "))
    assert report.is_file()
    assert report.parent.parent == tmp_path / "results"
    assert not list((tmp_path / "state" / "runs").iterdir())


def test_without_a_report_the_data_are_kept_and_no_process_reads_them(tmp_path: Path) -> None:
    scenarios = write_scenario(tmp_path / "scenarios", "say", "hello")
    words = command(scenarios, "--no-report")
    words[words.index(UNREPORTED)] = (
        "import bench.cli.commands.run as run; run.reading = None; from bench.cli import main; main()"
    )
    done = ended(words, tmp_path)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "results").iterdir()
    assert {"manifest.json", "trials.jsonl", "console", "locks"} == {one.name for one in folder.iterdir()}


def test_some_trials_that_failed_are_exit_code_1_and_say_why(tmp_path: Path) -> None:
    scenarios = write_scenario(tmp_path / "scenarios", "say", "no such file", "exit", "3")
    done = ended(command(scenarios), tmp_path)
    assert done.returncode == 1
    assert "failed: the workload ended with status 3" in done.stdout
    assert outcomes(tmp_path) == ["failed", "failed"]


def test_nothing_measured_is_exit_code_3_with_reason_and_remedy(tmp_path: Path) -> None:
    scenarios = write_scenario(tmp_path / "scenarios", "true")
    nowhere = environment(tmp_path, PATH=str(tmp_path))
    done = ended(command(scenarios, isolation="bare"), tmp_path, nowhere)
    assert done.returncode == 3, done.stderr
    assert "not ready  the command unshare is missing. apt-get install" in done.stdout
    assert outcomes(tmp_path) == ["unsupported", "unsupported"]


def test_an_isolation_that_is_not_ready_does_not_stop_the_others(tmp_path: Path) -> None:
    scenarios = write_scenario(tmp_path / "scenarios", "say", "hello")
    nowhere = environment(tmp_path, PATH=str(tmp_path))
    done = ended(command(scenarios, isolation="bare,fake"), tmp_path, nowhere)
    assert done.returncode == 0, done.stderr
    assert sorted(outcomes(tmp_path)) == ["ok", "ok", "unsupported", "unsupported"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_with_the_shells_code_and_keeps_what_was_measured(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    scenarios = write_scenario(tmp_path / "scenarios", "say", "hello")
    with subprocess.Popen(
        command(scenarios, "--rounds", "10000"), env=environment(tmp_path), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip().startswith("3 of 10000"):
                process.send_signal(number)
                break
        process.stdout.read()
    assert process.returncode == code
    kept = outcomes(tmp_path)
    assert 3 <= len(kept) < 10_000
    assert set(kept) == {"ok"}
    (run,) = (tmp_path / "results").iterdir()
    assert json.loads((run / "manifest.json").read_text())["interrupted"] == number.name
    assert not list((tmp_path / "state" / "runs").iterdir())


def test_the_seed_and_the_command_line_are_recorded(tmp_path: Path) -> None:
    scenarios = write_scenario(tmp_path / "scenarios", "say", "hello")
    ended(command(scenarios, "--seed", "42"), tmp_path)
    (run,) = (tmp_path / "results").iterdir()
    told = json.loads((run / "manifest.json").read_text())
    assert told["seed"] == 42
    assert told["command_line"][:3] == ["bench", "run", "speak"]
    assert told["command_line"][-2:] == ["--seed", "42"]


def test_an_unknown_scenario_is_exit_code_2_with_the_nearest(bench: Bench, tmp_path: Path) -> None:
    write_scenario(tmp_path / "scenarios", "say", "hello")
    answer = bench("run", "spaek", "--isolation", "fake", "--scenarios", "scenarios")
    assert answer.code == 2
    assert "bench: no scenario is called 'spaek', did you mean 'speak'?\n       Known: " in answer.err
    assert not (tmp_path / "results").exists()


def test_an_unknown_isolation_is_exit_code_2_with_the_nearest(bench: Bench, tmp_path: Path) -> None:
    answer = bench("run", "startup", "--isolation", "bare,dokcer")
    assert answer.code == 2
    assert "no isolation is called 'dokcer', did you mean 'docker'?" in answer.err
    assert "Known: apptainer, bare, bubblewrap, " in answer.err


@pytest.mark.parametrize("isolation", ["", ",", " , "])
def test_no_isolation_at_all_is_exit_code_2(bench: Bench, isolation: str) -> None:
    answer = bench("run", "startup", "--isolation", isolation)
    assert answer.code == 2
    assert "--isolation names none" in answer.err


def test_a_broken_scenario_is_exit_code_2_with_file_key_and_what_is_right(bench: Bench, tmp_path: Path) -> None:
    folder = write_scenario(tmp_path / "scenarios", "say", "hello")
    file = folder / "speak.toml"
    file.write_text(file.read_text().replace("cpus = 1", 'cpus = "one"'))
    answer = bench("run", "speak", "--isolation", "fake", "--scenarios", "scenarios")
    assert answer.code == 2
    assert "speak.toml: envelope.cpus = 'one'" in answer.err
    assert "Traceback" not in answer.err


def test_an_envelope_larger_than_the_host_is_exit_code_2(bench: Bench, tmp_path: Path) -> None:
    folder = write_scenario(tmp_path / "scenarios", "say", "hello")
    file = folder / "speak.toml"
    file.write_text(file.read_text().replace("cpus = 1", "cpus = 4096"))
    answer = bench("run", "speak", "--isolation", "fake", "--scenarios", "scenarios")
    assert answer.code == 2
    assert "the envelope asks for 4096 CPUs" in answer.err
    assert not (tmp_path / "results").exists()


def test_a_report_that_cannot_be_written_is_exit_code_1_and_the_run_is_kept(tmp_path: Path) -> None:
    scenarios = write_scenario(tmp_path / "scenarios", "say", "hello")
    words = [
        word.replace("reading = unreported", "reading = lambda cpus: unreported(cpus, fails='it is late')")
        for word in command(scenarios)
    ]
    done = ended(words, tmp_path)
    assert done.returncode == 1
    assert outcomes(tmp_path) == ["ok", "ok"]
    (run,) = (tmp_path / "results").iterdir()
    assert done.stderr == (
        "bench: the report was not written: it is late\n"
        f"       Do better. Write its report with: python -m bench report {run}\n"
    )


def test_a_run_that_is_to_be_sure_says_how_sure_it_is_and_why_it_stops(tmp_path: Path) -> None:
    scenarios = write_scenario(tmp_path / "scenarios", "say", "hello")
    words = command(scenarios, "--precision", "50%", reported=True)
    done = ended([words[0], "-c", AT_ONCE, *words[3:]], tmp_path)
    assert done.returncode == 0, done.stderr
    said = r"after (\d+) rounds the widest is speak on fake, \+- \d+\.\d% where 50\.0% is asked"
    looked = re.findall(said, done.stdout)[-1]
    (run,) = (tmp_path / "results").iterdir()
    told = json.loads((run / "manifest.json").read_text())
    assert (told["planned"], told["rounds"]) == (int(looked), {"speak": int(looked)})
    assert told["stopping"] == {
        "rounds": None, "precision": 0.5, "budget_s": None, "confidence": 0.97,
        "reason": f"every headline ratio is within 0.5 of itself, after {looked} rounds",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--precision", "150%"), "--precision '150%' is no share between 0 and 100 % Such as --precision 5%"),
        (("--precision", "much"), "--precision 'much' is no share between 0 and 100 %"),
        (("--budget", "10"), "--budget '10' is no span of time Such as --budget 10m, 90s or 1h"),
        (("--budget", "0s"), "--budget '0s' is no span of time"),
        (("--twin",), "--twin is a twin of bare, which is not asked for Add bare to --isolation"),
    ],
)
def test_how_sure_how_long_and_against_what_are_checked_at_the_door(
    words: tuple[str, ...], said: str, bench: Bench, tmp_path: Path
) -> None:
    scenarios = write_scenario(tmp_path / "scenarios", "say", "hello")
    answer = bench("run", "speak", "--scenarios", str(scenarios), "--isolation", "fake", *words)
    assert answer.code == 2
    assert said in " ".join(answer.err.split())
    assert not list(tmp_path.glob("results/*"))
