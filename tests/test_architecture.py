"""The architecture: imports run one way, measuring stays light, the core neither prints nor exits."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TypeGuard

import pytest

import bench
from tests.cli.conftest import write_scenario

ROOT = Path(bench.__file__).parent
LIMIT_LINES = 350

READING = {"analysis", "report", "sharing"}
HEAVY = {"pandas", "numpy", "scipy", "matplotlib", "pyarrow", "jinja2"}
ENGINES = {"docker", "libvirt", "psutil"}

# What each room may import of the others, in the order of the work.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "model": set(),
    "host": {"errors", "model"},
    "images": {"errors", "host", "model"},
    "scenario": {"errors", "model"},
    "isolations": {"errors", "host", "images", "model"},
    "plugin": {"errors", "host", "images", "isolations", "model"},
    "testing": {"host", "isolations", "measuring", "model"},
    "store": {"errors", "host", "model"},
    "measuring": {"errors", "host", "images", "isolations", "model", "scenario", "store"},
    "analysis": {"errors", "host", "model", "store"},
    "report": {"analysis", "model", "store"},
    "sharing": {"analysis", "errors", "model", "report", "store"},
    "bench": {"analysis", "measuring", "model", "report", "sharing"},
    "cli": {
        "analysis", "errors", "host", "images", "isolations", "measuring", "model", "report", "scenario",
        "sharing", "store", "testing",
    },
    "__main__": {"cli"},
}  # fmt: skip

SEAM = {"bench.isolations.base", "bench.isolations.console", "bench.isolations.timeline"}
"""All that meters may know of isolations."""

LIGHT = ("bench.host.disturbance", "bench.host.files", "bench.host.machine", "bench.host.programs")
"""Of the host, what is no hold on it: which readings spoil a trial, how its files are read, what it is, where programs
lie."""

FLEET = "bench.measuring.fleet"

MOST_ROOMS, MOST_ARROWS, MOST_MODULES = 20, 60, 16
"""Of the top level, and of a folder: more do not fit on one map."""


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
    """Return the room a module of ours is in: ``bench.isolations.launched.bare`` is in ``isolations``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def own(module: str) -> list[Import]:
    """Return a module's imports of other modules of ours."""
    return [one for one in imports(module) if one.of.split(".")[0] == "bench"]


@pytest.mark.parametrize("module", modules())
def test_imports_run_one_way(module: str) -> None:
    wrong = [one.of for one in own(module) if room(one.of) not in ALLOWED[room(module)] | {room(module)}]
    assert not wrong, f"{room(module)} may import {sorted(ALLOWED[room(module)])}"


def test_what_is_allowed_is_used() -> None:
    used = {(room(module), room(one.of)) for module in modules() for one in own(module)}
    assert {name for name in ALLOWED if name not in {room(module) for module in modules()}} == set()
    assert {(name, of) for name, rooms in ALLOWED.items() for of in rooms} <= used


def test_no_two_rooms_are_above_each_other() -> None:
    order = list(TopologicalSorter(ALLOWED).static_order())
    assert order.index("errors") < order.index("isolations") < order.index("measuring") < order.index("cli")


def test_the_map_fits_on_a_page() -> None:
    assert len(ALLOWED) <= MOST_ROOMS
    assert sum(map(len, ALLOWED.values())) <= MOST_ARROWS
    folders = Counter(path.parent for path in modules().values() if path.name != "__init__.py")
    assert {folder.name: count for folder, count in folders.items() if count > MOST_MODULES} == {}


def test_no_room_has_two_modules_of_one_name() -> None:
    names = Counter((room(name), path.stem) for name, path in modules().items() if path.name != "__init__.py")
    assert [name for name, count in names.items() if count > 1] == []


def top_level(module: str) -> Iterator[str]:
    """Yield every name that a module defines for itself: functions, constants, aliases."""
    for node in tree(module).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        for target in node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]:
            if isinstance(target, ast.Name):
                yield target.id


def is_type(name: str) -> bool:
    """Whether a name is written as types are: ``_Part``, not ``PART``."""
    bare = name.lstrip("_")
    return bare[:1].isupper() and not bare.isupper()


def test_a_class_or_type_has_a_name_of_its_own() -> None:
    """Private ones and those within functions too: whoever reads the name anywhere knows what it stands for."""
    classes = [(node.name, module) for module in modules() for node in ast.walk(tree(module)) if is_class(node)]
    aliases = [(name, module) for module in modules() for name in top_level(module) if is_type(name)]
    homes: dict[str, set[str]] = {}
    for name, module in {*classes, *aliases}:
        homes.setdefault(name.lstrip("_"), set()).add(module)
    assert {name: sorted(found) for name, found in homes.items() if len(found) > 1} == {}


def test_a_name_that_is_imported_by_itself_stands_for_one_thing() -> None:
    """What two modules call alike is imported with its module, ``layout.SAMPLES``: it says which one is meant.

    A command is called like what it does, and its module like the command, so the command line is left out.
    """
    own_names = {module: set(top_level(module)) for module in modules() if room(module) != "cli"}
    homes: dict[str, set[str]] = {}
    for module in modules():
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.ImportFrom) and node.module in own_names:
                for name in {one.name for one in node.names} & own_names[node.module]:
                    homes.setdefault(name, set()).add(node.module)
    assert {name: sorted(found) for name, found in homes.items() if len(found) > 1} == {}


def is_class(node: ast.AST) -> TypeGuard[ast.ClassDef]:
    return isinstance(node, ast.ClassDef)


def test_modules_import_each_other_without_a_circle() -> None:
    graph = {module: {one.of for one in own(module) if not one.typing} - {module} for module in modules()}
    list(TopologicalSorter(graph).static_order())


def test_meters_know_the_seam_alone_and_isolations_no_meters() -> None:
    known = {one.of for module in modules() if is_meter(module) for one in own(module) if room(one.of) == "isolations"}
    assert known <= SEAM
    running = [module for module in modules() if not is_meter(module) and room(module) != "testing"]
    knowing = {module for module in running for one in own(module) if is_meter(one.of)}
    assert {module.rpartition(".")[2] for module in knowing} == {
        "runner", "watch", "clients", "density", "neighbour", "restore", "asking",
    }  # fmt: skip


def is_meter(module: str) -> bool:
    return module.startswith("bench.measuring.meters.")


def is_measuring(module: str) -> bool:
    """Whether a module measures; some of the host is known to readers, too: it imports the standard library alone."""
    ours = module.startswith("bench.host.") and not module.startswith(LIGHT)
    return ours or room(module) in ("isolations", "measuring", "images")


@pytest.mark.parametrize("module", [one for one in modules() if room(one) in READING])
def test_analysis_and_report_know_no_engine_and_nothing_that_measures(module: str) -> None:
    named = {one.of for one in imports(module)}
    assert not {name for name in named if name.split(".")[0] in ENGINES}
    assert not {name for name in named if name.startswith("bench.") and is_measuring(name)}


def test_programs_are_looked_for_in_one_place() -> None:
    looking = {module for module in modules() if "shutil.which" in ast.unparse(tree(module))}
    assert looking == {"bench.host.programs"}


def test_only_the_command_line_and_the_terminals_tables_know_rich_and_typer() -> None:
    knowing = {one.by for module in modules() for one in imports(module) if one.of.split(".")[0] in ("rich", "typer")}
    tables = {"bench.report.render.at_a_glance", "bench.report.render.terminal"}
    assert {module for module in knowing if room(module) != "cli"} == tables
    assert not [one for module in tables for one in imports(module) if one.of.split(".")[0] == "typer"]


def test_only_a_fleet_knows_dask_and_only_a_command_of_it_loads_it() -> None:
    foreign = ("dask", "distributed", "cryptography")
    knowing = {one.by for name in modules() for one in imports(name) if one.of.split(".")[0] in foreign}
    asking = {one.by for name in modules() for one in own(name) if one.of.startswith(FLEET)}
    assert {name for name in asking if room(name) != "cli" and not name.startswith(FLEET)} == set()
    assert {name for name in knowing if not name.startswith(FLEET)} == {"bench.cli.fleets.fleet"}
    loading = [one for one in imports("bench.cli.fleets.fleet") if not (one.typing or one.inside)]
    assert {one.of for one in loading if one.of.startswith(FLEET)} == {f"{FLEET}.installed"}
    assert not [one for one in loading if one.of.split(".")[0] in foreign]


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


# What may happen at import, and nothing else: libvirt reads this variable while it is imported; typer knows no other
# way to a group of commands.
EXPECTED_EFFECTS = {
    "bench.cli.app": ["app.add_typer(fleet_app.app, name='fleet')"],
    "bench.isolations.machines.libvirt_connection": [
        "os.environ.setdefault('LIBVIRT_LOG_OUTPUTS', '4:file:/dev/null')"
    ],
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
import sys, bench.cli.commands.run as run
from bench.cli import main
from tests.cli.unreported import unreported
run.reading = unreported
sys.argv = {words!r}
try:
    main()
except SystemExit as left:
    assert left.code == 0
import bench.isolations.launched.bare, bench.isolations.engines.docker
try:
    import bench.isolations.machines.vm
except ImportError:
    pass
"""
    loaded = loaded_by(code, tmp_path)
    assert {"bench.measuring.runner", "bench.isolations.fake", "bench.isolations.engines.docker"} <= loaded
    assert heavy(loaded) == set()
    assert not {name for name in loaded if name.startswith(("bench.analysis", "bench.report", "bench.testing"))}


def test_importing_the_package_loads_nothing_heavy(tmp_path: Path) -> None:
    loaded = loaded_by("import bench; bench.__version__; dir(bench)", tmp_path)
    assert heavy(loaded) == set()
    packages = {".".join(name.split(".")[:2]) for name in loaded if name.startswith("bench.")}
    assert packages == {"bench.model"}


def test_no_public_name_is_a_module_too() -> None:
    """Importing one would put it in the place of what the name stands for."""
    assert not {name for name in bench.__all__ if (ROOT / name).exists() or (ROOT / f"{name}.py").exists()}


def test_the_public_names_are_there_when_asked_for(tmp_path: Path) -> None:
    assert "pandas" in loaded_by("import bench; bench.load; bench.summarize", tmp_path)


def test_reading_results_loads_no_engine(tmp_path: Path) -> None:
    loaded = loaded_by(
        "import bench.report.compose, bench.report.render.terminal, bench.analysis.figures.summary", tmp_path
    )
    assert not {name.split(".")[0] for name in loaded} & {"docker", "libvirt"}
    assert not {name for name in loaded if name.startswith("bench.") and is_measuring(name)}


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
    assert not {name for name in loaded if name.startswith("bench.") and (is_measuring(name) or room(name) in READING)}
    assert not loaded & {"rich.markdown", "pydantic", "docker", "libvirt", "psutil", "re2"}
