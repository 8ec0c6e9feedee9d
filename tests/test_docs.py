"""Documentation cannot drift: generated blocks are what the code says, and every path and name that is named exists."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from bench.analysis.quality.calibration import VIEWS
from bench.measuring.calibration import truths
from tests.documented import BLOCK, BLOCKS, COMMAND, PACKAGE, REPOSITORY, documents, rewritten

TOP = ("bench", "docs", "findings", "notebooks", "results", "scenarios", "tests", "tools")
ENDINGS = "py|sh|pl|md|toml|ipynb|css|js|j2"

INVENTED = re.compile(
    r"NAME|KIND|report\.md|pr\.md|mine[./]|squeeze\.sh|compressors\.toml|schema_N|results/(\d|RUN|published/name)"
)
"""What a reader will add, or a run write."""
ELSEWHERE = re.compile(r"(config|config-linux|layer|manifest|image-layout|image-index)\.md|docs/interop/qmp-spec")
"""Chapters of the OCI's specifications, and of QEMU's documents."""

PATH = re.compile(rf"(?<![\w.~/:-])((?:[\w.-]+/)*[\w-][\w.-]*\.(?:{ENDINGS}))(?![\w/])")
FOLDER = re.compile(rf"(?<![\w./-])((?:{'|'.join(TOP)})/(?:[\w-]+/)*[\w-]*)(?=[`\s,;:)])")
DOTTED = re.compile(r"(?<![\w./-])bench(?:\.[A-Za-z_]\w*)+(?!/)")


TRUTHS = {
    "a delay before readiness": "delay",
    "memory touched": "memory",
    "a CPU quota": "quota",
    "an offered rate": "rate",
    "bytes written to a volume": "written",
}


def naming() -> list[Path]:
    """Return every file that tells a reader where things are."""
    told = [*REPOSITORY.glob("*.md"), *documents(), REPOSITORY / "results/README.md", REPOSITORY / "pyproject.toml"]
    code = [path for ending in ("py", "sh", "toml") for path in PACKAGE.rglob(f"*.{ending}")]
    scripts = [path for path in (REPOSITORY / "tools").iterdir() if path.is_file()]
    tests = [path for path in (REPOSITORY / "tests").rglob("*.py") if path != Path(__file__)]
    return sorted({*told, *code, *scripts, *tests, *(REPOSITORY / "notebooks").glob("*.ipynb")})


@cache
def ends() -> frozenset[str]:
    """Return every file's path from the repository's root, and the ends of it, as a sentence about a room has them."""
    found = [path for top in TOP for path in (REPOSITORY / top).rglob("*") if "__pycache__" not in path.parts]
    parts = [path.relative_to(REPOSITORY).parts for path in (*found, *REPOSITORY.iterdir())]
    return frozenset("/".join(names[first:]) for names in parts for first in range(len(names)))


def is_there(path: str) -> bool:
    """Whether a path ends as some file's does; a link leads up from its own document first."""
    return re.sub(r"^(\.\.?/)+", "", path) in ends()


def prose(path: Path) -> str:
    """Return what a file says to people: of code the docstrings and comments, of everything else the whole."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return text
    return "\n".join([*docstrings(ast.parse(text).body), *re.findall(r"#.*", text)])


def docstrings(body: Sequence[ast.stmt]) -> Iterator[str]:
    """Return the docstrings of a module, its classes, functions, and constants."""
    for node in body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value
        yield from docstrings(getattr(node, "body", []))


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_generated_blocks_are_what_the_code_says(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == rewritten(text), f"{path.relative_to(REPOSITORY)} is not what the code says: run {COMMAND}"


def test_every_block_has_its_place() -> None:
    placed = [block["name"] for path in documents() for block in BLOCK.finditer(path.read_text(encoding="utf-8"))]
    assert sorted(set(placed)) == sorted(BLOCKS)


@pytest.mark.filterwarnings("ignore:bench.isolations:DeprecationWarning")  # the changelog names paths that go
def test_what_is_named_exists() -> None:
    wrong = {str(path.relative_to(REPOSITORY)): nowhere(prose(path)) for path in naming()}
    assert {path: names for path, names in wrong.items() if names} == {}


def nowhere(text: str) -> list[str]:
    """Return the paths and dotted names in a text that lead nowhere."""
    wrong = {named for named in PATH.findall(text) if not is_there(named)}
    wrong |= {named for named in FOLDER.findall(text) if not (REPOSITORY / named).exists()}
    wrong |= {named for named in DOTTED.findall(text) if not resolves(named)}
    return sorted(named for named in wrong if not INVENTED.search(named) and not ELSEWHERE.fullmatch(named))


def test_a_name_that_leads_nowhere_is_found() -> None:
    wrong = ["../docs/no.md", "bench.meters.cpu", "bench/meters/", "bench/meters/cpu.py", "bench/truths", "names.py"]
    assert nowhere(" ".join(f"`{one}`" for one in wrong)) == wrong
    right = (
        "bench/measuring/meters/cpu.py",
        "cli/progress.py",
        "bench.Run",
        "bench.errors.BenchError",
        "../docs/reference/inputs.md",
    )
    assert nowhere(" ".join(f"`{one}`" for one in right)) == []


@cache
def resolves(name: str) -> bool:
    """Whether a dotted name is a module of ours, or something in one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        for part in parts[count:]:
            found = getattr(found, part, None)
        return found is not None
    return False


def test_the_way_of_a_number_names_what_there_is() -> None:
    text = (REPOSITORY / "docs/explanation/architecture.md").read_text(encoding="utf-8")
    way = text.split("## The way of a number")[1].split("```")[1]
    names = [name for named in re.findall(r"-> (.+?) {2}", way) for name in named.split(", ")]
    assert len(names) > 15
    assert [name for name in names if not resolves(f"bench.{name}")] == []


@pytest.mark.parametrize("package", sorted(PACKAGE.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_modules_that_a_package_lists_are_its_own(package: Path) -> None:
    said = ast.get_docstring(ast.parse(package.read_text())) or ""
    listed = re.findall(r"^    (\w+) {2,}\w", said, re.MULTILINE)
    assert [name for name in listed if not (package.parent / f"{name}.py").exists()] == []


def told(row: str) -> str:
    """Return the row of the table of truths that begins so."""
    text = (REPOSITORY / "docs/explanation/calibration.md").read_text(encoding="utf-8")
    return next(line for line in text.splitlines() if line.startswith(f"| {row} |"))


@pytest.mark.parametrize(("row", "truth"), TRUTHS.items())
def test_truths_and_goals_are_told_as_they_are(row: str, truth: str) -> None:
    [scenario] = truths([truth], quick=False)
    [amounts] = [[one for one in amounts if one not in (0, 100)] for amounts in scenario.parameters.values()]
    numbers = {int(number) for number in re.findall(r"\d+", told(row).split("|")[2])}
    assert {min(amounts), max(amounts)} <= numbers
    for view in (one for one in VIEWS if one.truth == truth):
        if view.goal_machine is None:
            assert told(row).endswith(f"| {view.goal * 100:g} % |")
        else:
            assert told(row).endswith(f"| {view.goal * 1000:g} ms, a machine {view.goal_machine * 1000:g} ms |")
