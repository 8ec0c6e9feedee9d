"""Fixtures that several folders of tests share."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bench import images
from bench.model import Image
from bench.scenario import load_recipe, stock_folder
from bench.state import alive

FIRST_LOOK = ("startup", "footprint", "cpu")
"""What `make bench` runs."""

PLAIN = (
    "analysis/", "cli/", "exports/", "faults/test_reading.py", "publishing/", "report/", "store/",
    "test_architecture.py", "test_notebook.py", "test_scenario",
)  # fmt: skip
"""Where tests start nothing that is real, but those that are marked as needing an engine or root."""

BUILDS = ("images/", "provision/")
"""Where tests build or unpack images, which takes long and has nothing to do with who starts them."""

ALONE = ("benchmarks/", "calibration/", "cli/test_calibrate.py", "sentinels/", "test_stock_scenarios.py")
"""Where tests measure time, or hold figures against limits."""

settings.register_profile("isobench", deadline=None)  # a noisy neighbour is no fault of ours
settings.load_profile("isobench")


def pytest_configure(config: pytest.Config) -> None:
    """Name the parts of the suite that ``tools/check`` runs by themselves."""
    config.addinivalue_line("markers", "plain: may run beside others; set by where the test is")
    config.addinivalue_line("markers", "engines: starts what is real, one after the other; set by where the test is")
    config.addinivalue_line("markers", "alone: wants the machine to itself; set by where the test is")


@pytest.hookimpl(tryfirst=True)  # before what is asked for is chosen by its marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with the one part of the suite that it belongs to."""
    for item in items:
        item.add_marker(part_of(item))


def part_of(item: pytest.Item) -> str:
    """Return a test's part; where nothing else is known, it starts what is real."""
    place = item.path.relative_to(Path(__file__).parent).as_posix()
    if place.startswith(ALONE) or "timed_run" in getattr(item, "fixturenames", ()):
        return "alone"
    needs = {need for need in ("docker", "vm", "root") if item.get_closest_marker(need)}
    plain = (place.startswith(PLAIN) and not needs) or (place.startswith(BUILDS) and needs <= {"root"})
    return "plain" if plain else "engines"


@pytest.fixture(scope="session")
def image() -> Image:
    """The stock image, really built; cached outside the clone."""
    recipe = load_recipe(stock_folder() / "images" / "base.toml")
    return images.build(recipe, (), say=lambda _line: None)


@pytest.fixture(scope="module")
def run_id() -> Iterator[str]:
    """A run registered as alive for as long as the module's tests go on."""
    run = f"test-{secrets.token_hex(4)}"
    with alive(run):
        yield run


@pytest.fixture(scope="session")
def timed_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A run that the command line has really measured, on every isolation this host has, and how long that took."""
    results = tmp_path_factory.mktemp("results")
    command = [sys.executable, "-m", "bench", "run", *FIRST_LOOK, "--quick", "--rounds", "2", "--results", str(results)]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    took_s = time.monotonic() - began
    assert done.returncode == 0, done.stdout + done.stderr
    [run] = results.iterdir()
    return run, took_s


@pytest.fixture(scope="session")
def measured_run(timed_run: tuple[Path, float]) -> Path:
    """The folder of that run."""
    return timed_run[0]
