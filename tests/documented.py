"""What the documentation has from the code: each block's text, and the blocks of ``docs/`` rewritten.

A block stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``. ``tools/docs`` runs this module;
``tests/test_docs.py`` holds every block to what it makes.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import typer
from typer.main import get_command

import bench
from bench.analysis.metrics import COLLECTED, DERIVED, VANTAGES
from bench.analysis.metrics.facts import MetricFacts
from bench.cli.app import app
from bench.cli.helping import EXAMPLES, commands_of, headed
from bench.isolations.variants import VARIANTS
from bench.model.glossary import CHAPTERS
from bench.scenario.values import RESERVED_PREFIXES
from tests import published_schemas
from tests.manual import MANUAL, manual
from tests.test_architecture import ALLOWED
from tools.hosts import document

REPOSITORY = Path(bench.__file__).parents[1]
PACKAGE = REPOSITORY / "bench"
PUBLISHED = REPOSITORY / "results/published"
COMMAND = "tools/docs"

BLOCK = re.compile(r"(?P<begin><!-- generated: (?P<name>[a-z-]+) -->)(?P<text>.*?)(?P<end><!-- end -->)", re.DOTALL)


def rewritten(text: str) -> str:
    """Return a document with every block as it is to be: on lines of its own, or within a line as it stands."""

    def made(block: re.Match[str]) -> str:
        apart = "\n" if "\n" in block["text"] else ""
        return f"{block['begin']}{apart}{BLOCKS[block['name']]()}{apart}{block['end']}"

    return BLOCK.sub(made, text)


def documents() -> list[Path]:
    """Return the documents that may have blocks."""
    return [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]


def words() -> str:
    """Return the glossary, by chapter."""
    return "\n\n".join(
        f"## {title}\n\n{table(('word', 'meaning'), known.items())}" for title, known in CHAPTERS.items()
    )


def rooms() -> str:
    """Return every room with its folders: what each is for, by the first line of its docstring, and its modules."""
    ground = [(f"`{name}`", _first_line(PACKAGE / f"{name}.py"), "") for name in ALLOWED if _is_module(name)]
    inside = [_room(folder) for name in ALLOWED if (PACKAGE / name).is_dir() for folder in _folders(PACKAGE / name)]
    return table(("room", "what", "modules"), [*ground, *inside])


def imports() -> str:
    """Return what each room may import of the others."""
    rows = [(f"`{name}`", ", ".join(f"`{of}`" for of in sorted(rooms))) for name, rooms in ALLOWED.items() if rooms]
    return table(("room", "of"), rows)


def variants() -> str:
    """Return every word of every family of isolations, and what is other with it."""
    rows = [(f"`{family}:{word}`", one.says) for family, known in VARIANTS.items() for word, one in known.items()]
    return table(("variant", "what is other"), rows)


def reserved() -> str:
    """Return the words that metrics of scenarios may not start with."""
    return ", ".join(f"`{prefix}`" for prefix in RESERVED_PREFIXES)


def metrics(rows: Iterable[MetricFacts]) -> str:
    """Return metrics: who sees each, and what it is."""
    cells = [(f"`{one.name}`", one.unit, ", ".join(f"`{who}`" for who in one.vantages), one.meaning) for one in rows]
    return table(("metric", "unit", "vantage", "meaning"), cells)


def stopwatches() -> str:
    """Return from where to where each metric is taken, what it misses, and whose definition it is."""
    told = [one for one in (*COLLECTED, *DERIVED) if one.begins or one.misses or one.source]
    cells = [(f"`{one.name}`", one.begins, one.ends, one.misses, one.source) for one in told]
    return table(("metric", "from", "until", "misses", "source"), dict.fromkeys(cells))


def vantages() -> str:
    """Return who sees memory, and what each of them misses."""
    rows = [(f"`{name}`", one.sees, one.misses) for name, one in VANTAGES.items()]
    return table(("vantage", "what it sees", "what it misses or adds"), rows)


def columns(table_of: str) -> str:
    """Return the columns of a public table."""
    rows = [(f"`{one.name}`", one.dtype, one.unit, one.meaning) for one in bench.schemas[table_of]]
    return table(("column", "type", "unit", "meaning"), rows)


def commands() -> str:
    """Return every command: what it does, its examples, what it takes."""
    parts = ["## All", shell(EXAMPLES["bench"])]
    for name, command in commands_of(get_command(app)).items():
        parts += [f"## {name}", _markdown(str(command.help)), shell(EXAMPLES[name])]
        for heading, rows in headed(command, typer.Context(command)).items():
            told = [(f"`{written}`", _markdown(what)) for written, what in rows if "--help" not in written]
            parts += [table((heading, ""), told)] if told else []
    return "\n\n".join(parts)


def shell(lines: Sequence[str]) -> str:
    """Return commands as a block that tests run."""
    return "\n".join(("```sh", *lines, "```"))


_OVERVIEW = "plots/overview.svg"


def published() -> str:
    """Return the published reports, each with its first picture."""
    parts = []
    for path in sorted(PUBLISHED.glob("*/about.json")):
        about = json.loads(path.read_text(encoding="utf-8"))
        place = f"../results/published/{about['name']}"
        parts += [
            f"## {about['name']}",
            f"[The report]({place}/report.html) of {about['date']}: {', '.join(about['scenarios'])} on "
            f"{', '.join(about['isolations'])}. {_markdown(about['host'])}.",
        ]
        if (path.parent / _OVERVIEW).exists():  # a fleet's report has none: nothing is pooled
            parts += [f"![{about['name']}: every figure as a ratio to bare, with its interval]({place}/{_OVERVIEW})"]
    return "\n\n".join(parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [tuple(head), ("---",) * len(head), *map(tuple, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


BLOCKS: Mapping[str, Callable[[], str]] = {
    "commands": commands,
    "published": published,
    "words": words,
    "rooms": rooms,
    "imports": imports,
    "variants": variants,
    "reserved": reserved,
    "metrics-collected": partial(metrics, COLLECTED),
    "metrics-derived": partial(metrics, DERIVED),
    "stopwatches": stopwatches,
    "vantages": vantages,
    "hosts": lambda: table(*document.versions()),
    "hosts-outcomes": lambda: table(*document.outcomes()),
    **{f"columns-{name}": partial(columns, name) for name in bench.schemas},
}


def _is_module(name: str) -> bool:
    return name != "bench" and not name.startswith("__") and (PACKAGE / f"{name}.py").exists()


def _folders(room: Path) -> Iterator[Path]:
    yield room
    for folder in sorted(path.parent for path in room.glob("*/__init__.py")):
        yield from _folders(folder)


def _room(folder: Path) -> tuple[str, str, str]:
    names = sorted(path.stem for path in folder.glob("*.py") if path.name != "__init__.py")
    return (
        f"`{folder.relative_to(PACKAGE)}/`",
        _first_line(folder / "__init__.py"),
        ", ".join(f"`{name}`" for name in names),
    )


def _first_line(module: Path) -> str:
    said = ast.get_docstring(ast.parse(module.read_text())) or ""
    return _markdown(said.partition("\n")[0])


def _markdown(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")


def main() -> None:
    """Rewrite what is not as it is to be."""
    made = [(path, rewritten(path.read_text(encoding="utf-8"))) for path in documents()]
    for path, new in (*made, *published_schemas.files(), (MANUAL, manual())):
        if not path.exists() or path.read_text(encoding="utf-8") != new:
            path.write_text(new, encoding="utf-8")
            print(path.relative_to(REPOSITORY))


if __name__ == "__main__":
    main()
