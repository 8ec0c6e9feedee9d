"""The architecture: imports run one way, measuring stays light, the core neither prints nor exits."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import bench
from tests.cli.conftest import write_scenario

ROOT = Path(bench.__file__).parent
LIMIT_LINES = 400

MEASURING = {
    "isolations", "meters", "observation", "clients", "watch", "density", "provision", "runner", "offer", "session",
    "calibration", "engine", "engine_ping", "engine_processes",
}  # fmt: skip
READING = {"analysis", "exports", "publishing", "report"}
HEAVY = {"pandas", "numpy", "scipy", "matplotlib", "pyarrow", "jinja2"}
ENGINES = {"docker", "libvirt", "psutil"}

# What each room may import of the others. A room that is missing here has not been thought about.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "writing": {"errors"},
    "model": {"recipe"},
    "recipe": set(),
    "signals": {"errors"},
    "placement": {"errors"},
    "state": {"writing"},
    "host": set(),
    "envelope": {"model"},
    "plan": {"model"},
    "stopping": {"model", "plan"},
    "scenario": {"bench", "errors", "model"},
    "images": {"engine_ping", "errors", "model"},
    "engine": {"engine_ping", "engine_processes", "errors", "isolations"},
    "engine_ping": set(),
    "engine_processes": set(),
    "isolations": {"engine", "engine_ping", "envelope", "errors", "images", "model", "placement", "state", "writing"},
    "meters": {"errors", "isolations", "model"},
    "store": {"errors", "host", "isolations", "model", "state", "stopping", "writing"},
    "observation": {"isolations", "model"},
    "sentinels": {"model"},
    "variation": set(),
    "clients": {"isolations", "meters", "model", "observation"},
    "watch": {"clients", "envelope", "isolations", "meters", "model", "observation", "placement", "signals"},
    "density": {"envelope", "errors", "isolations", "meters", "model", "observation", "signals"},
    "provision": {
        "engine_ping", "envelope", "errors", "images", "isolations", "model", "observation", "placement", "signals",
        "state", "writing",
    },
    "building": {"errors", "images", "model"},
    "runner": {
        "density", "errors", "isolations", "meters", "model", "observation", "placement", "provision", "sentinels",
        "signals", "variation", "watch",
    },
    "offer": {"isolations", "model", "placement", "provision"},
    "calibration": {"errors", "isolations", "model", "observation", "scenario", "state"},
    "session": {
        "bench", "building", "errors", "host", "isolations", "model", "observation", "offer", "placement", "plan",
        "provision", "stopping", "runner", "sentinels", "signals", "state", "store", "variation", "writing",
    },
    "analysis": {"errors", "model", "sentinels", "store"},
    "report": {"analysis", "errors", "model", "store"},
    "cli": {
        "bench", "analysis", "calibration", "engine", "errors", "images", "isolations", "model", "placement", "plan",
        "provision", "report", "scenario", "session", "signals", "state", "stopping", "store", "exports", "publishing",
        "writing",
    },
    "bench": {"analysis", "exports", "publishing"},
    "exports": {"analysis", "errors", "model", "report", "writing"},
    "publishing": {"analysis", "bench", "errors", "report", "store", "writing"},
    "__main__": {"cli"},
}  # fmt: skip

# All that meters and the store may know of isolations: the seam, never one isolation.
SEAM = {"bench.isolations.base", "bench.isolations.console", "bench.isolations.timeline"}


@dataclass(frozen=True)
class Import:
    """One import: which module says it, what it names, whether it is only for type checkers."""

    by: str
    of: str
    typing: bool
    inside: bool


@cache
def modules() -> dict[str, Path]:
    """Return every module of the package by name."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = [ROOT.name, *path.relative_to(ROOT).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text())


@cache
def imports(module: str) -> tuple[Import, ...]:
    return tuple(_imports(module, tree(module), typing=False, inside=False))


def _imports(module: str, node: ast.AST, *, typing: bool, inside: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for name in child.names:
                yield Import(module, name.name, typing, inside)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"{module}: relative import"
            for name in child.names:
                whole = f"{child.module}.{name.name}"
                yield Import(module, whole if whole in modules() else str(child.module), typing, inside)
        else:
            only_typing = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(module, child, typing=typing or only_typing, inside=inside or function)


def room(module: str) -> str:
    """Return the room a module of ours is in: ``bench.isolations.bare`` is in ``isolations``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def own(module: str) -> list[Import]:
    """Return a module's imports of other modules of ours."""
    return [one for one in imports(module) if one.of.split(".")[0] == "bench"]


@pytest.mark.parametrize("module", modules())
def test_imports_run_one_way(module: str) -> None:
    wrong = [one.of for one in own(module) if room(one.of) not in ALLOWED[room(module)] | {room(module)}]
    assert not wrong, f"{room(module)} may import {sorted(ALLOWED[room(module)])}"


def test_no_two_rooms_are_above_each_other_but_the_engine_and_its_isolation() -> None:
    below = {name: set(rooms) - {"bench"} for name, rooms in ALLOWED.items()}
    below["engine"].discard("isolations")  # of which it knows the type of a callback alone, as held below
    order = list(TopologicalSorter(below).static_order())
    assert order.index("errors") < order.index("isolations") < order.index("runner") < order.index("cli")


def test_modules_import_each_other_without_a_circle() -> None:
    graph = {module: {one.of for one in own(module) if not one.typing} - {module} for module in modules()}
    list(TopologicalSorter(graph).static_order())


def test_only_the_seam_of_the_isolations_is_known_to_who_does_not_run_them() -> None:
    known = {one.of for module in modules() if room(module) in ("meters", "store", "engine") for one in own(module)}
    assert {name for name in known if room(name) == "isolations"} <= SEAM


def test_isolations_know_nothing_of_meters_and_only_the_runner_and_above_know_both() -> None:
    both = {"isolations", "meters"}
    knowing = {name for name, rooms in ALLOWED.items() if both <= rooms | {name}}
    assert knowing == {"runner", "watch", "clients", "density", "meters"}
    assert "meters" not in ALLOWED["isolations"]


@pytest.mark.parametrize("module", [one for one in modules() if room(one) in READING])
def test_analysis_and_report_know_no_engine_and_nothing_that_measures(module: str) -> None:
    named = {one.of for one in imports(module)}
    assert not {name for name in named if name.split(".")[0] in ENGINES}
    assert not {name for name in named if name.startswith("bench.") and room(name) in MEASURING}


def test_only_the_command_line_and_the_terminals_tables_know_rich_and_typer() -> None:
    knowing = {one.by for module in modules() for one in imports(module) if one.of.split(".")[0] in ("rich", "typer")}
    assert {module for module in knowing if room(module) != "cli"} == {"bench.report.tables"}
    assert not [one for one in imports("bench.report.tables") if one.of.split(".")[0] == "typer"]


@pytest.mark.parametrize("module", [one for one in modules() if room(one) != "cli"])
def test_the_core_never_prints_and_never_exits(module: str) -> None:
    said = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree(module))
        if (isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "exit", "quit", "sys.exit", "os._exit"))
        or (isinstance(node, ast.Raise) and "SystemExit" in ast.unparse(node))  # to catch another's is no exit
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stdout", "sys.stderr"))
    ]
    assert not said


@pytest.mark.parametrize("module", modules())
def test_a_module_fits_in_the_head(module: str) -> None:
    assert len(modules()[module].read_text().splitlines()) < LIMIT_LINES


def test_there_is_no_drawer_for_what_has_no_place() -> None:
    assert not {path.stem for path in modules().values()} & {"utils", "util", "helpers", "common", "misc"}


# What may happen at import, and nothing else: libvirt reads this variable while it is imported.
EXPECTED_EFFECTS = {
    "bench.isolations.hypervisor": ["os.environ.setdefault('LIBVIRT_LOG_OUTPUTS', '4:file:/dev/null')"],
}


@pytest.mark.parametrize("module", [one for one in modules() if one != "bench.__main__"])
def test_importing_a_module_runs_no_statement_of_its_own(module: str) -> None:
    effects = (ast.Expr, ast.For, ast.While, ast.With, ast.Try, ast.Raise, ast.Delete)
    bare = [
        ast.unparse(node)
        for node in tree(module).body
        if isinstance(node, effects) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    assert bare == EXPECTED_EFFECTS.get(module, [])


def loaded_by(code: str, folder: Path) -> set[str]:
    """Return the top-level packages that a fresh process has loaded after running this code."""
    told = folder / "loaded.json"
    after = f"import json, sys; json.dump(sorted(sys.modules), open({str(told)!r}, 'w'))"
    subprocess.run(
        [sys.executable, "-c", f"{code}\n{after}"],
        check=True,
        capture_output=True,
        cwd=ROOT.parent,
        env={**os.environ, "ISOBENCH_STATE": str(folder / "state")},
    )
    return set(json.loads(told.read_text()))


def heavy(loaded: set[str]) -> set[str]:
    return {name.split(".")[0] for name in loaded} & HEAVY


def test_a_run_loads_nothing_heavy(tmp_path: Path) -> None:
    """The process of a whole ``bench run``, with every isolation there is loaded on top; its report is another's."""
    scenarios = write_scenario(tmp_path / "scenarios", "say", "hello")
    words = ["bench", "run", "speak", "-i", "fake", "--scenarios", str(scenarios), "--results", str(tmp_path / "r")]
    code = f"""
import sys, bench.cli.run as run
from bench.cli import main
from tests.cli.unreported import unreported
run.reading = unreported
sys.argv = {words!r}
try:
    main()
except SystemExit as left:
    assert left.code == 0
import bench.isolations.bare, bench.isolations.docker
try:
    import bench.isolations.vm
except ImportError:
    pass
"""
    loaded = loaded_by(code, tmp_path)
    assert {"bench.runner", "bench.isolations.fake", "bench.isolations.docker"} <= loaded
    assert heavy(loaded) == set()
    assert not {name for name in loaded if name.startswith(("bench.analysis", "bench.report"))}


def test_importing_the_package_loads_nothing_heavy(tmp_path: Path) -> None:
    loaded = loaded_by("import bench; bench.__version__; dir(bench)", tmp_path)
    assert heavy(loaded) == set()
    assert not {name for name in loaded if name.startswith("bench.")}


def test_the_public_names_are_there_when_asked_for(tmp_path: Path) -> None:
    assert "pandas" in loaded_by("import bench; bench.load; bench.summarize", tmp_path)


def test_reading_results_loads_no_engine(tmp_path: Path) -> None:
    loaded = loaded_by("import bench.report.compose, bench.report.tables, bench.analysis.summary", tmp_path)
    assert not {name.split(".")[0] for name in loaded} & {"docker", "libvirt"}
    assert not {name for name in loaded if name.startswith("bench.") and room(name) in MEASURING}


def test_help_loads_neither_what_measures_nor_what_reports(tmp_path: Path) -> None:
    code = """
import sys
from bench.cli import main
sys.argv = ["bench", "--help"]
try:
    main()
except SystemExit:
    pass
"""
    loaded = loaded_by(code, tmp_path)
    assert heavy(loaded) == set()
    assert not {name for name in loaded if name.startswith("bench.") and room(name) in MEASURING | READING}
    assert not loaded & {"rich.markdown", "pydantic", "docker", "libvirt", "psutil"}
