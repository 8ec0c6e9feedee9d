"""The journal: whole lines only, on the disk before the next trial starts."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.host import cgroup
from bench.host.run_state import forget
from bench.model import Kind, Measurement, Outcome, Sample
from bench.store.journal import Journal, cut_after, line_of
from tests.records import scenario, trial

STARTED = datetime(2026, 11, 23, 21, 5, 30, 123456, tzinfo=UTC)


def measurement(number: int = 1, *, reason: str = "") -> Measurement:
    return Measurement(
        trial=trial(scenario("say", "hello"), number=number),
        outcome=Outcome(kind=Kind.FAILED if reason else Kind.OK, reason=reason),
        emulated=False,
        samples=(Sample(metric="rate", value=0.1 + 0.2, unit="1/s", vantage="workload", better="higher", at_s=1.5),),
        seen={"cpus": "1"},
        tail=("last line",) if reason else (),
    )


def test_a_line_has_everything_that_is_known_of_a_trial() -> None:
    assert line_of(measurement(3, reason="it failed"), started_at=STARTED) == {
        "schema": "urn:isobench:trial-2",
        "number": 3,
        "round": 1,
        "scenario": "speak",
        "scenario_version": "0123456789ab",
        "parameters": {},
        "isolation": "fake",
        "emulated": False,
        "outcome": "failed",
        "reason": "it failed",
        "started_at": "2026-11-23T21:05:30.123+00:00",
        "seen": {"cpus": "1"},
        "tail": ["last line"],
        "samples": [
            {
                "metric": "rate",
                "value": 0.1 + 0.2,
                "unit": "1/s",
                "vantage": "workload",
                "better": "higher",
                "at_s": 1.5,
            }
        ],
    }


def test_a_sample_of_a_step_says_so_and_others_do_not_speak_of_steps() -> None:
    sample = Sample(metric="x", value=1.0, unit="1", vantage="host", better="lower", at_s=0.0)
    samples = (sample, replace(sample, step={"threads": 4, "work": "read"}))
    entries = line_of(replace(measurement(1), samples=samples), started_at=STARTED)["samples"]
    assert isinstance(entries, list)
    assert [entry.get("step") for entry in entries] == [None, {"threads": 4, "work": "read"}]
    assert "step" not in entries[0]


def test_every_measurement_is_one_line_and_values_are_raw(tmp_path: Path) -> None:
    with Journal(tmp_path) as kept:
        for number in (1, 2):
            kept.append(measurement(number, reason="two\nlines"), b"", started_at=STARTED)
    lines = (tmp_path / "trials.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["number"] for line in lines] == [1, 2]
    assert json.loads(lines[0])["samples"][0]["value"] == 0.1 + 0.2


def test_the_console_is_kept_to_the_byte_and_the_same_bytes_give_the_same_file(tmp_path: Path) -> None:
    console = b"\xff\0\r\n" * 1000
    with Journal(tmp_path) as kept:
        kept.append(measurement(1), console, started_at=STARTED)
        kept.append(measurement(2), console, started_at=STARTED)
    first, second = ((tmp_path / "console" / f"000{number}.log.gz").read_bytes() for number in (1, 2))
    assert gzip.decompress(first) == console
    assert first == second


def test_a_line_is_synced_before_append_returns_and_after_its_console(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bytes]] = []

    def sync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        synced.append((path.name, path.read_bytes()))

    monkeypatch.setattr(os, "fsync", sync)
    with Journal(tmp_path) as kept:
        kept.append(measurement(1), b"hello\n", started_at=STARTED)
        assert [name for name, _content in synced] == ["0001.log.gz", "trials.jsonl"]
    assert gzip.decompress(synced[0][1]) == b"hello\n"
    assert synced[1][1].endswith(b"}\n")


def test_an_opened_journal_goes_on_where_it_stopped(tmp_path: Path) -> None:
    for number in (1, 2):
        with Journal(tmp_path) as kept:
            kept.append(measurement(number), b"", started_at=STARTED)
    assert len((tmp_path / "trials.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize("torn", [b"", b'{"number": 3, "rou', b"\0\0\0", b"{}\n{}\n"])
def test_a_journal_that_goes_on_keeps_whole_trials_and_nothing_behind_them(tmp_path: Path, torn: bytes) -> None:
    with Journal(tmp_path) as kept:
        for number in (1, 2):
            kept.append(measurement(number), b"", started_at=STARTED)
    file = tmp_path / "trials.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + torn)
    cut_after(tmp_path, 2)
    assert file.read_bytes() == whole


def test_a_last_line_that_lacks_only_its_end_is_given_it(tmp_path: Path) -> None:
    (tmp_path / "trials.jsonl").write_bytes(b'\n{"number": 1}\n{"number": 2}')
    cut_after(tmp_path, 2)
    assert (tmp_path / "trials.jsonl").read_bytes() == b'\n{"number": 1}\n{"number": 2}\n'


def test_a_run_that_was_killed_before_its_journal_was_there_gets_an_empty_one(tmp_path: Path) -> None:
    cut_after(tmp_path, 0)
    assert (tmp_path / "trials.jsonl").read_bytes() == b""


RUN = """
import sys
from pathlib import Path
from bench import images
from bench.model import Recipe
from bench.measuring.stopping import Rule
from bench.measuring.request import Request
from bench.measuring.session import execute
from tests.records import image, scenario

class Loud:
    def say(self, line): pass
    def checked(self, host, availabilities): pass
    def opened(self, folder): pass
    def planned(self, trials): pass
    def looked(self, look): pass
    def starting(self, trial): pass
    def measured(self, measurement): print(measurement.trial.number, flush=True)

folder = Path(sys.argv[1])
(folder / "image").mkdir()
images.build = lambda recipe, files, say: image(folder / "image")
execute(Request(
    scenarios=[scenario("flood", "20000", "sleep", "1")],
    recipes={"base": Recipe(name="base", suite="bookworm", packages=())},
    isolations=["fake"], results=folder / "results", seed=1, rule=Rule(rounds=100_000), quick=False, command_line=[],
), Loud())
"""


def test_a_run_killed_at_any_instant_loses_at_most_the_trial_in_flight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {**os.environ, "ISOBENCH_STATE": str(tmp_path / "state")}
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path)],
        stdout=subprocess.PIPE,
        env=environment,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 25:
                process.kill()
                break
        heard = [25, *map(int, process.stdout.read().split())]
    assert process.returncode == -9
    (folder,) = (tmp_path / "results").iterdir()
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "state"))
    forget(folder.name)
    if left := cgroup.below("isobench").get(folder.name):
        left.remove()  # as `clean` would, but for this run alone
    lines = (folder / "trials.jsonl").read_bytes().splitlines(keepends=True)
    whole = [json.loads(line) for line in lines if line.endswith(b"\n")]
    assert len(lines) - len(whole) <= 1
    assert [line["number"] for line in whole] == list(range(1, len(whole) + 1))
    assert len(whole) - heard[-1] in (0, 1)
    for line in whole:
        log = folder / "console" / f"{line['number']:04d}.log.gz"
        assert b"x" * 20_000 in gzip.decompress(log.read_bytes())
    told = json.loads((folder / "manifest.json").read_text())
    assert told["finished_at"] is None


REFUSING = """
import resource, sys
from pathlib import Path
from bench.errors import StoreError
from bench.store.journal import Journal
from tests.store.test_journal import STARTED, measurement
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
with Journal(Path(sys.argv[1])) as journal:
    try:
        for number in range(1, 100):
            journal.append(measurement(number), b"hello", started_at=STARTED)
    except StoreError as error:
        print(number, error)
"""


def test_what_the_disk_has_refused_of_a_trial_is_taken_back(tmp_path: Path) -> None:
    """A file that may grow no further takes a part of the line first, as a full disk does."""
    done = subprocess.run([sys.executable, "-c", REFUSING, str(tmp_path)], capture_output=True, text=True, check=True)
    number, _, said = done.stdout.partition(" ")
    assert said.startswith(f"cannot write {tmp_path}")
    lines = (tmp_path / "trials.jsonl").read_text().splitlines(keepends=True)
    assert [json.loads(line)["number"] for line in lines] == [*range(1, int(number))]
    assert lines[-1].endswith("\n")
    assert len(list((tmp_path / "console").iterdir())) == len(lines)
