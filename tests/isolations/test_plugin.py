"""Isolations from other packages, installed as their users would install them: a complete one, and broken ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parent.parent / "plugin"
ROW = "from bench.isolations import Row\nROW = Row(place='{module}:Broken', hint='pip install {module}', seam=1)\n"
FAULTS = {
    "raises_at_import": "raise RuntimeError('raised at import')\n",
    "leaves_at_import": "raise SystemExit('left at import')\n",
    "raises_when_made": ROW
    + "class Broken:\n    def __init__(self, run, words=()): raise RuntimeError('raised when made')\n",
    "leaves_in_check": (
        ROW + "from bench.isolations.fake import Fake\n"
        "class Broken(Fake):\n    name = '{module}'\n    def missing(self): raise SystemExit('left in check')\n"
        "    def clean(self, dead): raise SystemExit('left in clean')\n"
    ),
    "raises_in_check": (
        ROW + "from bench.isolations.fake import Fake\n"
        "class Broken(Fake):\n    name = '{module}'\n    def missing(self): raise RuntimeError('raised in check')\n"
        "    def clean(self, dead): raise RuntimeError('raised in clean')\n"
    ),
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, really installed by pip, into a folder of its own."""
    folder = tmp_path_factory.mktemp("packages")
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), str(PLUGIN)]
    subprocess.run(words, check=True, capture_output=True)
    return folder


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[str], Path]:
    """Lay down a package with a fault, as an installer would have."""

    def lay(module: str) -> Path:
        (tmp_path / f"{module}.py").write_text(FAULTS[module].replace("{module}", module))
        about = tmp_path / f"{module}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[isobench.isolations]\n{module} = {module}:ROW\n")
        return tmp_path

    return lay


def bench(packages: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    return subprocess.run(
        [sys.executable, "-m", "bench", *words], capture_output=True, text=True, check=False, env=environment
    )


def test_the_example_is_whole_and_short() -> None:
    assert sum(len(file.read_text().splitlines()) for file in PLUGIN.iterdir() if file.is_file()) < 60


@pytest.mark.root
def test_an_installed_package_adds_an_isolation_that_is_measured_like_any_other(
    installed: Path, tmp_path: Path
) -> None:
    assert "setpriv" in bench(installed, "list").stdout
    words = ("startup", "--isolation", "bare,setpriv", "--rounds", "1", "--results", str(tmp_path))
    done = bench(installed, "run", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    [run] = tmp_path.iterdir()
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    assert {trial["isolation"] for trial in trials} == {"bare", "setpriv"}
    assert {trial["outcome"] for trial in trials} <= {"ok", "spoiled"}  # what else the host does is not tested here


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("raises_at_import", "RuntimeError: raised at import"),
        ("leaves_at_import", "SystemExit: left at import"),
        ("raises_when_made", "raised when made"),
        ("raises_in_check", "raised in check"),
        ("leaves_in_check", "left in check"),
    ],
)
def test_a_package_with_a_fault_is_shown_as_broken_and_harms_nothing(
    module: str, said: str, broken: Callable[[str], Path], tmp_path: Path
) -> None:
    packages = broken(module)
    assert module in bench(packages, "list").stdout
    examined = bench(packages, "doctor", "--isolation", f"{module},fake")
    assert examined.returncode == 1
    assert "broken" in examined.stdout
    assert said in examined.stdout
    assert "fake" in examined.stdout.splitlines()[-1]
    assert "ready" in examined.stdout.splitlines()[-1]
    assert bench(packages, "clean").returncode == 0
    results = tmp_path / "results"
    words = ("startup", "--isolation", f"{module},fake", "--rounds", "1", "--results", str(results))
    bench(packages, "run", *words)
    [run] = results.iterdir()
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    assert {trial["isolation"]: trial["outcome"] for trial in trials}[module] == "unsupported"
    assert "fake" in {trial["isolation"] for trial in trials}
