"""How long a report keeps its reader waiting, against the same report by the code of a commit before.

Both are run side by side on the same data, one right after the other, in turn who goes first: what else the machine
does falls on both. docs/explanation/performance.md has what was wanted, what came of it, and where the time goes.
"""

from __future__ import annotations

import io
import itertools
import math
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.store.layout import SAMPLES
from tests.benchmarks.test_report_scale import Cost, cost
from tests.sequential import judged, ratio
from tests.synthetic import write_run
from tests.synthetic_large import write_large_run

ROOT = Path(__file__).parents[2]
BEFORE = "2708221"
"""Reports came of all samples at once, each picture as SVG and as PNG."""

TRIALS, SAMPLES_MANY = 30, 1_000_000
MOST_SHORT, MOST_LONG = 40, 12
MOST_S = 1800.0

LAST_TRIAL_TO_PAGE = """
import os, sys, time
from pathlib import Path
from bench.cli.reading import reading

with reading(tuple(sorted(os.sched_getaffinity(0)))) as reader:
    reader.loaded()
    began_s = time.perf_counter()
    reader.report(Path(sys.argv[1]))
    print(time.perf_counter() - began_s, file=sys.stderr)
"""
"""What a run does when its last trial is in the journal."""

pytestmark = pytest.mark.bars


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the commit before; without its history there is nothing to be held against."""
    archive = subprocess.run(["git", "archive", BEFORE, "bench"], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(f"commit {BEFORE} is not in this repository")
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("short") / "run", rounds=3, trials=TRIALS)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_large_run(tmp_path_factory.mktemp("many") / "run", SAMPLES_MANY)


def held(measure: Callable[[Path], float], before: Path, *, at_most: float, most: int) -> None:
    """Require that this code measures at most so many times what the code before does."""
    both = ratio(lambda: measure(ROOT), lambda: measure(before))
    judged(both, at_most=math.log(at_most), most=most, most_s=MOST_S).require()


def wall(found: Cost) -> float:
    return found.wall_s


def cpu(found: Cost) -> float:
    return found.cpu_s


def peak(found: Cost) -> float:
    return found.peak_bytes


@pytest.mark.parametrize(("what", "at_most"), [(wall, 0.95), (cpu, 0.95)])
def test_a_report_of_thirty_trials(before: Path, short: Path, what: Callable[[Cost], float], at_most: float) -> None:
    cost(short)  # writes the table, which both read
    held(lambda root: what(cost(short, root)), before, at_most=at_most, most=MOST_SHORT)


@pytest.mark.parametrize(("what", "at_most"), [(wall, 0.9), (cpu, 0.9), (peak, 0.6)])
def test_a_report_of_a_million_samples(before: Path, many: Path, what: Callable[[Cost], float], at_most: float) -> None:
    held(lambda root: what(cost(many, root)), before, at_most=at_most, most=MOST_LONG)


def test_from_the_last_trial_to_the_page(before: Path, short: Path, tmp_path: Path) -> None:
    numbers = itertools.count()

    def seconds(root: Path) -> float:
        run = shutil.copytree(short, tmp_path / str(next(numbers)), ignore=shutil.ignore_patterns(SAMPLES))
        done = subprocess.run(
            [sys.executable, "-c", LAST_TRIAL_TO_PAGE, str(run)],
            cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, check=True, capture_output=True, text=True,
        )  # fmt: skip
        shutil.rmtree(run)
        return float(done.stderr.split()[-1])

    held(seconds, before, at_most=0.6, most=MOST_SHORT)
