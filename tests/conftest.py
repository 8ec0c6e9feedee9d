"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bench import images
from bench.host.run_names import of_process
from bench.host.run_state import alive
from bench.model import Image
from bench.scenario import load_recipe, stock_folder

FIRST_LOOK = ("startup", "footprint", "cpu")
"""What `make bench` runs."""

PLAIN = (
    "analysis/", "cli/", "faults/test_mutated.py", "faults/test_reading.py", "host/disturbance/", "host/processors/",
    "model/", "report/", "scenario/", "sharing/", "store/", "test_architecture.py", "test_docs.py", "test_metrics.py",
    "test_notebook.py", "test_sequential.py", "test_site.py", "tools/",
)  # fmt: skip
"""Where tests start nothing that is real, but those that are marked as needing an engine or root."""

BUILDS = ("images/", "measuring/provision/")
"""Where tests build or unpack images, which takes long and has nothing to do with who starts them."""

MACHINES = ("isolations/launched/", "isolations/machines/", "tools/")
"""Where virtual machines boot, which takes a CPU for minutes where they are emulated, and where what is started needs
no engine either."""

LAB = ("tools/test_fleet_host.py", "tools/test_job.py")
"""Where whole hosts are booted beside the one that measures start-up, which belongs to the machines."""

STOCK = ("test_stock_scenarios.py",)
"""Where every stock scenario is run for real, on containers and machines alike: when the tests of both have ended."""

ALONE = (
    "benchmarks/test_fleet_scale.py", "benchmarks/test_harness_cost.py", "benchmarks/test_report_scale.py",
    "cli/commands/test_calibrate.py", "host/disturbance/test_readings.py",
)  # fmt: skip
"""Where figures of time and memory are held against limits that a busy machine would miss; with them, whoever looks at
a run that was really measured, so that it is measured once, and not every trial of it is spoiled."""

settings.register_profile("isobench", deadline=None)  # a noisy neighbour is no fault of ours
settings.load_profile("isobench")


def pytest_configure(config: pytest.Config) -> None:
    """Name the parts of the suite that ``tools/check`` runs by themselves."""
    config.addinivalue_line("markers", "plain: may run beside others; set by where the test is")
    config.addinivalue_line("markers", "engines: starts what is real, one after the other; set by where the test is")
    config.addinivalue_line("markers", "machines: the same with virtual machines; set by where the test is")
    config.addinivalue_line("markers", "lab: boots a whole host; set by where the test is, for `tools/check --lab`")
    config.addinivalue_line("markers", "stock: runs every stock scenario; set by where the test is")
    config.addinivalue_line("markers", "alone: wants the machine to itself; set by where the test is")
    config.addinivalue_line("markers", "bars: judges a bar of time over many rounds; for `make bars`, before a release")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Look for machines where they are alone: to import all other tests takes as long as to boot several."""
    elsewhere = collection_path.is_file() and not place_of(collection_path).startswith(MACHINES)
    return True if elsewhere and config.option.markexpr == "machines" else None


@pytest.hookimpl(tryfirst=True)  # before what is asked for is chosen by its marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with the one part of the suite that it belongs to; whole hosts and bars take their time."""
    for item in items:
        if item.get_closest_marker("bars") is None:
            item.add_marker(part_of(item))
        if item.get_closest_marker("bars") or item.get_closest_marker("lab"):
            item.add_marker(pytest.mark.timeout(0))


def part_of(item: pytest.Item) -> str:
    """Return a test's part; where nothing else is known, it starts what is real."""
    place = place_of(item.path)
    if place.startswith(LAB):
        return "lab"
    if place.startswith(ALONE) or "measured_run" in getattr(item, "fixturenames", ()):
        return "alone"
    if place.startswith(STOCK):
        return "stock"
    needs = {need for need in ("docker", "vm", "root") if item.get_closest_marker(need)}
    plain = (place.startswith(PLAIN) and not needs) or (place.startswith(BUILDS) and needs <= {"root"})
    return "plain" if plain else "machines" if place.startswith(MACHINES) else "engines"


def place_of(path: Path) -> str:
    """Return where a file of tests lies, as the parts name places."""
    return os.path.relpath(path, Path(__file__).parent)


@pytest.fixture(scope="session")
def image() -> Image:
    """The stock image, really built; cached outside the clone."""
    recipe = load_recipe(stock_folder() / "images" / "base.toml")
    return images.build(recipe, (), say=lambda _line: None)


@pytest.fixture(scope="module")
def run_id() -> Iterator[str]:
    """A run registered as alive for as long as the module's tests go on."""
    run = of_process("test")
    with alive(run):
        yield run


@pytest.fixture(scope="session")
def timed_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A run of two rounds that the command line has really measured, and how long that took."""
    began = time.monotonic()
    return first_look(tmp_path_factory.mktemp("results"), rounds=2), time.monotonic() - began


@pytest.fixture(scope="session")
def measured_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of one round, for who looks at what it holds."""
    return first_look(tmp_path_factory.mktemp("results"), rounds=1)


def first_look(results: Path, *, rounds: int) -> Path:
    """Have the command line measure, on every isolation of the first look; return the run's folder."""
    words = ["run", *FIRST_LOOK, "--quick", "--rounds", str(rounds), "--results", str(results)]
    done = subprocess.run([sys.executable, "-m", "bench", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [run] = results.iterdir()
    return run
