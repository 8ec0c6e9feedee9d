"""Runs that are killed at random instants and taken up again until they are whole.

``python -m tests.faults.killed_runs HOW_MANY ISOLATION,... ROUNDS SEED`` prints as JSON what became of them. They are
forked from one process that has loaded everything, since most of the time would go into that; else they are as a user
has them.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest import mock

from bench.cli import main
from bench.cli.commands import clean, resume
from bench.host import cgroup
from bench.host.run_state import is_dead, registered_runs, state_folder
from bench.isolations import fake
from bench.isolations.launched import bare
from bench.scenario import document
from tests.cli.unreported import unreported

SCENARIO = """\
title = "Speak"
question = "Does it speak?"
image = "base"
command = {command}
rounds = {rounds}

[parameters]
n = [1, 2]

[envelope]
cpus = 1
memory_mib = 64
"""

LOADED = (clean, resume, fake, bare, document)

Plan = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """What became of one run: after how many trials it was killed each time, and what was then not as undisturbed."""

    kept: list[int]
    lost: list[int]
    """Trials that had ended, or were under way, and were not kept, of each kill."""
    unlike: str


class Killer:
    """Makes a run again and again, as it is undisturbed and killed; all lies in one folder."""

    def __init__(self, folder: Path, isolations: str, *, rounds: int, seed: int = 1) -> None:
        command = ["say", "hello {n}"] if isolations == "fake" else ["/bin/sh", "-c", "echo hello {n}"]
        (folder / "scenarios").mkdir(parents=True)
        (folder / "scenarios" / "speak.toml").write_text(SCENARIO.format(command=json.dumps(command), rounds=rounds))
        self._folder = folder
        self._words = ["run", "speak", "--isolation", isolations, "--seed", "7", "--scenarios", f"{folder}/scenarios"]
        self._random = random.Random(seed)
        whole, log = folder / "whole", folder / "whole.log"
        assert _ended(_forked([*self._words, "--results", str(whole)], log)) == 0, log.read_text()
        self._whole = plan(_only(whole))
        self._lasts_s = (_only(whole) / "manifest.json").stat().st_mtime - (_only(whole) / "locks").stat().st_mtime

    def killed(self, count: int) -> list[Killed]:
        """Kill so many runs, most once, some also when they have been taken up; then take them up until they are whole.

        A run that was over before it could be killed does not count.
        """
        found: list[Killed] = []
        for number in itertools.count():
            if len(found) == count:
                return found
            if one := self._killed(self._folder / str(number), self._folder / f"{number}.log"):
                found.append(one)
        raise AssertionError

    def _killed(self, results: Path, log: Path) -> Killed | None:
        kept, lost, words = [], [], [*self._words, "--results", str(results)]
        for _ in range(self._random.choice((1, 1, 2))):
            results.mkdir(exist_ok=True)  # not the run's to make: it makes one and removes it, to see if it can
            pid = _forked(words, log)
            _await_manifest(results)
            time.sleep(self._random.uniform(0, self._lasts_s))
            os.kill(pid, signal.SIGKILL)
            if _ended(pid) != -signal.SIGKILL:
                break
            run = _only(results)
            kept.append(len(plan(run)))
            lost.append(max(_said(log), len(list((run / "console").glob("*.gz")))) - kept[-1])
            words = ["resume", str(run)]
        if not kept:
            return None
        code = _ended(_forked(words, log))
        same = plan(_only(results)) == self._whole
        return Killed(kept=kept, lost=lost, unlike="" if same and code == 0 else log.read_text())

    def left(self) -> list[str]:
        """Return what a clean-up leaves of the runs that were killed: signs of life, control groups, scratch space."""
        dead, log = {run for run in registered_runs() if is_dead(run)}, self._folder / "clean.log"
        assert dead
        _ended(_forked(["clean"], log))  # what it could not look at, of others, is not what it leaves of these
        scratch = [path.name for path in (state_folder() / "runs").iterdir()]
        return [*scratch, *dead.intersection([*registered_runs(), *cgroup.below("isobench")])]


def plan(run: Path) -> Plan:
    """Return what a run measured, in order: all that its seed decides, and whether it came to a good end."""
    journal = run / "trials.jsonl"
    lines = journal.read_bytes().split(b"\n")[:-1] if journal.exists() else []
    return [_planned(json.loads(line)) for line in lines]


def _planned(line: dict[str, object]) -> tuple[object, ...]:
    seen = line["seen"]
    assert isinstance(seen, dict)
    drawn = (seen["padding_bytes"], seen["placement"])
    cell = (line["scenario"], json.dumps(line["parameters"]), line["isolation"])
    return (line["number"], line["round"], *cell, *drawn, line["outcome"] in ("ok", "spoiled"))


def _only(results: Path) -> Path:
    (manifest,) = results.glob("*/manifest.json")
    return manifest.parent


def _said(log: Path) -> int:
    """Return the number of the last trial that was said to be over."""
    said = [line.split()[0] for line in log.read_text().splitlines() if " speak " in line and " of " in line]
    return int(said[-1]) if said else 0


def _await_manifest(results: Path) -> None:
    deadline = time.monotonic() + 60
    while not any((folder / "manifest.json").exists() for folder in results.iterdir()):
        assert time.monotonic() < deadline, f"{results}: no run has begun"
        time.sleep(0.001)


def _forked(words: list[str], log: Path) -> int:
    """Start a command in a process of its own; return its pid."""
    sys.stdout.flush()
    if pid := os.fork():
        return pid
    code = 99
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        sys.argv = ["bench", *words]
        with mock.patch("bench.cli.commands.run.reading", unreported):
            main()
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.stdout.flush()
        os._exit(code)


def _ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        os.environ["ISOBENCH_STATE"] = f"{made}/state"
        killer = Killer(Path(made, "runs"), sys.argv[2], rounds=int(sys.argv[3]), seed=int(sys.argv[4]))
        became = [asdict(one) for one in killer.killed(int(sys.argv[1]))]
        print(json.dumps({"runs": became, "left": killer.left()}))
