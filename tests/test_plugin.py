"""What packages for isolations may import: all of it is told, and there."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

from bench import plugin

EXAMPLE = Path(__file__).parent / "plugin/isobench_setpriv.py"
GUIDE = Path(__file__).parent.parent / "docs/how-to/add-an-isolation.md"


def test_every_name_is_told_what_it_is_for() -> None:
    assert {name for name in plugin.__all__ if f"``{name}``" not in str(plugin.__doc__)} == set()
    assert len(plugin.__all__) == len(set(plugin.__all__))


def test_all_that_the_seam_speaks_of_is_there() -> None:
    """The records and protocols in the signatures of what a package has to write."""
    said = {
        node.id
        for kind in (plugin.Isolation, plugin.Instance, plugin.Gated, plugin.Launch, plugin.Availability)
        for function in ast.walk(ast.parse(inspect.getsource(kind)))
        if isinstance(function, ast.FunctionDef | ast.AnnAssign)
        for node in ast.walk(function if isinstance(function, ast.AnnAssign) else function.args)
        if isinstance(node, ast.Name) and node.id[0].isupper() and not node.id.isupper()
    }
    python = {"Callable", "ClassVar", "Literal", "Mapping", "Path", "Sequence"}
    assert said - python <= set(plugin.__all__)


def test_the_example_and_the_guide_import_it_alone() -> None:
    said = [line for file in (EXAMPLE, GUIDE) for line in file.read_text().splitlines() if "import " in line]
    assert {line.split()[1] for line in said if line.startswith("from bench")} == {"bench.plugin"}
