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

settings.register_profile("isobench", deadline=None)  # a noisy neighbour is no fault of ours
settings.load_profile("isobench")


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
