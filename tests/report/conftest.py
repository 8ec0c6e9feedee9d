"""A browser, and a report's page to open in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from bench import report
from bench.testing.launching import unavailable
from tests.report import browsing
from tests.synthetic import write_run


@pytest.fixture(scope="package")
def browser() -> Iterator[webdriver.Chrome]:
    started = browsing.start()
    if started is None:
        unavailable("no Chromium with its driver: apt-get install chromium chromium-driver, or tools/setup --dev")
    with started:
        yield started


@pytest.fixture(scope="package")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report.write(write_run(tmp_path_factory.mktemp("results") / "run", rounds=4)).html
