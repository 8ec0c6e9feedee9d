"""Isolations from other packages, installed as their users would install them: a complete one, and broken ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.model import Facts, Role
from bench.sharing.run import Run

PLUGIN = Path(__file__).parent.parent / "plugin"
ROW = "from bench.plugin import Row\nROW = Row(place='{module}:Broken', hint='pip install {module}', seam=2)\n"
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


def lay(packages: Path, module: str) -> None:
    """Lay down a package with a fault, as an installer would have."""
    (packages / f"{module}.py").write_text(FAULTS[module].replace("{module}", module))
    laid_down(packages, module)


def laid_down(folder: Path, module: str) -> None:
    """Let a module look as an installer leaves it."""
    about = folder / f"{module}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[isobench.isolations]\n{module} = {module}:ROW\n")


WATCHED = """
from bench.plugin import Gated, Role, Row

ROW = Row(
    place="watched:Watched", hint="pip install watched", seam=2, order=5, colour="#12ab9f",
    helpers={"timeout": Role(name="watchman", place=3, peak=4)},
)


class Watched(Gated):
    name = "watched"
    stopwatch = "from the go to a waiting shell, through timeout and chroot, to the first line"
    tools = (("timeout", "coreutils"),)
    furnished = True

    def command(self, seat):
        return ("timeout", "--foreground", "600", "chroot", str(seat.root), *seat.launch.entry)
"""
"""A process that another watches: a role that no isolation here has."""


def bench(packages: Path, *words: str, program: str = "bench") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    return subprocess.run(
        [sys.executable, "-m", program, *words], capture_output=True, text=True, check=False, env=environment
    )


def test_the_example_is_whole_and_short() -> None:
    assert sum(len(file.read_text().splitlines()) for file in PLUGIN.iterdir() if file.is_file()) < 60


@pytest.mark.root
def test_an_installed_package_adds_an_isolation_that_is_measured_like_any_other(
    installed: Path, tmp_path: Path
) -> None:
    assert "setpriv" in bench(installed, "list").stdout
    words = ("startup", "--isolation", "bare,setpriv", "--rounds", "1", "--results", str(tmp_path))
    done = bench(installed, "run", *words, program="tests.cli.unreported")
    assert done.returncode == 0, done.stdout + done.stderr
    [run] = tmp_path.iterdir()
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    assert {trial["isolation"] for trial in trials} == {"bare", "setpriv"}
    assert {trial["outcome"] for trial in trials} <= {"ok", "spoiled"}  # what else the host does is not tested here


@pytest.mark.root
def test_its_author_can_have_the_contract_checked(installed: Path) -> None:
    done = bench(installed, "check-plugin", "setpriv")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass            a flood is bounded" in done.stdout
    excused = "what it finds everywhere: set-user-id: allows no new privileges"
    assert f"not applicable  the workload finds {excused}" in done.stdout


@pytest.mark.root
def test_a_new_role_its_place_and_its_colour_take_one_row_and_go_into_every_report(tmp_path: Path) -> None:
    packages, results = tmp_path / "packages", tmp_path / "results"
    packages.mkdir()
    (packages / "watched.py").write_text(WATCHED)
    laid_down(packages, "watched")
    words = ("footprint", "--isolation", "watched,unshare,bare", "--quick", "--results", str(results))
    bench(packages, "run", *words, program="tests.cli.unreported")
    [folder] = results.iterdir()
    journal = folder / "trials.jsonl"
    journal.write_text(journal.read_text().replace('"spoiled"', '"ok"'))  # what else the host does is not tested here
    run = Run(folder)
    run.report()
    assert run.manifest.isolations["watched"].facts == Facts(
        order=5, colour="#12ab9f", roles=(Role(name="watchman", place=3, peak=4),)
    )
    comparison = run.comparison("footprint")
    assert comparison.isolations == ("bare", "watched", "unshare")
    assert comparison.finding("watched", "memory.idle.pss", "processes:watchman")
    assert "#12ab9f" in (folder / "plots/overview.svg").read_text()
    assert "peak RSS of watchman" in (folder / "report.md").read_text()


@pytest.mark.parametrize(
    ("faults", "cleaned"),
    [
        (
            {
                "raises_at_import": "RuntimeError: raised at import",
                "leaves_at_import": "SystemExit: left at import",
                "raises_when_made": "raised when made",
            },
            0,
        ),
        ({"raises_in_check": "raised in check", "leaves_in_check": "left in check"}, 1),  # their clean-up fails as well
    ],
)
def test_packages_with_faults_are_shown_as_broken_and_harm_nothing(
    faults: dict[str, str], cleaned: int, tmp_path: Path
) -> None:
    for module in faults:
        lay(tmp_path, module)
    listed = bench(tmp_path, "list").stdout
    assert [module for module in faults if module not in listed] == []
    asked = ",".join((*faults, "fake"))
    examined = bench(tmp_path, "doctor", "--isolation", asked)
    assert examined.returncode == 1
    lines = examined.stdout.splitlines()
    for module, said in faults.items():
        [line] = [line for line in lines if line.split()[0] == module]
        assert "broken" in line
        assert said in line
        checked = bench(tmp_path, "check-plugin", module)
        assert (checked.returncode, checked.stdout) == (1, f"  {module}  {line.split(None, 1)[1]}\n")
    assert lines[-1].split()[:2] == ["fake", "ready"]
    done = bench(tmp_path, "clean")
    assert done.returncode == cleaned, done.stdout
    words = ("run", "startup", "--isolation", asked, "--rounds", "1", "--results", str(tmp_path / "results"))
    bench(tmp_path, *words, program="tests.cli.unreported")
    [run] = (tmp_path / "results").iterdir()
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    outcomes = {trial["isolation"]: trial["outcome"] for trial in trials}
    assert {module: outcomes[module] for module in faults} == dict.fromkeys(faults, "unsupported")
    assert "fake" in outcomes
