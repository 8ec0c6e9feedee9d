"""What pyproject.toml and CITATION.cff say of this package is so."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from bench.model.version import __version__
from tests.documented import REPOSITORY

PROJECT: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
REQUIREMENTS = [
    Requirement(one) for one in (*PROJECT["dependencies"], *(one for many in EXTRAS.values() for one in many))
]
STUBS = ("-stubs", "types-")


@pytest.mark.parametrize("needed", REQUIREMENTS, ids=lambda one: one.name)
def test_a_dependency_has_a_lower_bound_that_is_no_later_than_what_is_here(needed: Requirement) -> None:
    """That the oldest admitted do is seen by ``make lowest``."""
    if needed.marker and not needed.marker.evaluate():
        pytest.skip(f"not for this machine: {needed.marker}")
    if needed.name == PROJECT["name"] or any(word in needed.name for word in STUBS):
        return
    assert [one.operator for one in needed.specifier if one.operator in (">=", "~=")], (
        "an older one would be taken, too"
    )
    try:
        here = version(needed.name)
    except PackageNotFoundError:
        assert needed.name == "libvirt-python", "only what needs the system's own libvirt may be missing"
        return
    assert needed.specifier.contains(here, prereleases=True), here


def test_a_release_of_pytest_benchmark_that_fails_is_not_admitted() -> None:
    [needed] = [one for one in REQUIREMENTS if one.name == "pytest-benchmark"]
    assert not needed.specifier.contains("5.3.0")
    assert needed.specifier.contains(version("pytest-benchmark"))


def test_a_warning_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("import warnings\ndef test_it(): warnings.warn('old')\n")
    words = ["-q", "-p", "no:cacheprovider", "-c", str(REPOSITORY / "pyproject.toml"), str(tmp_path)]
    done = subprocess.run([sys.executable, "-m", "pytest", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "UserWarning: old" in done.stdout


def test_the_citation_is_valid_and_of_this_version() -> None:
    """By the keys and kinds that the Citation File Format 1.2.0 requires, and by what pyproject.toml says."""
    lines = (REPOSITORY / "CITATION.cff").read_text().splitlines()
    told = dict(line.split(": ", 1) for line in lines if ": " in line and not line.startswith(" "))
    assert told["cff-version"] == "1.2.0"
    assert {"message", "title"} <= told.keys()
    assert told["type"] == "software"
    assert (told["version"], told["license"]) == (__version__, PROJECT["license"])
    assert [line.removeprefix("  - name: ") for line in lines if line.startswith("  - name")] == [
        one["name"] for one in PROJECT["authors"]
    ]
    assert [line.removeprefix("  - ") for line in lines[lines.index("keywords:") + 1 :]] == PROJECT["keywords"]
