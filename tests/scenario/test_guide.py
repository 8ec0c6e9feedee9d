"""How to add a scenario: its examples pass the door, and the table of keys has every one that the door knows."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from bench.scenario import load_recipe, load_scenario
from bench.scenario.schema import ScenarioFile

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "how-to/add-a-scenario.md").read_text(encoding="utf-8")
KEYS = (DOCS / "reference/scenario-keys.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
SCENARIOS = [example for example in EXAMPLES if example.startswith("title")]
RECIPES = [example for example in EXAMPLES if example.startswith(("suite", "from"))]


def written(folder: Path, example: str) -> Path:
    for name in re.findall(r'^source = "([^"]+)"', example, re.MULTILINE):
        (folder / name).write_text("echo work\n")
    (folder / "images").mkdir()
    (folder / "images/compressors.toml").write_text(RECIPES[0])
    (folder / "images/motd").write_text("A day.\n")
    path = folder / "mine.toml"
    path.write_text(example)
    return path


@pytest.mark.parametrize("example", SCENARIOS)
@pytest.mark.parametrize("quick", [False, True])
def test_a_scenario_of_the_guide_is_one(tmp_path: Path, example: str, quick: bool) -> None:
    assert load_scenario(written(tmp_path, example), quick=quick).title in example


@pytest.mark.parametrize("example", RECIPES)
def test_a_recipe_of_the_guide_is_one(tmp_path: Path, example: str) -> None:
    assert load_recipe(written(tmp_path, example)).name == "mine"


def test_a_claim_of_the_guide_is_one(tmp_path: Path) -> None:
    service = next(example for example in SCENARIOS if "Redis" in example)
    claim = next(example for example in EXAMPLES if example.startswith("[[claims]]"))
    assert len(load_scenario(written(tmp_path, f"{service}\n{claim}")).claims) == 1


def test_the_table_has_every_key_and_no_other() -> None:
    assert set(told()) == set(keys(ScenarioFile))


def told() -> Iterator[str]:
    """Return the keys of both: ``a.b`` for what is below; those of claims stand in a section of their own."""
    for line in KEYS.split("## Every key")[1].split("\n## ")[0].splitlines():
        first = ""
        for name in re.findall(r"`([^`]+)`", line.split("|")[1] if line.startswith("| `") else ""):
            first = first or name.replace("[]", "")
            whole = f"{first.rpartition('.')[0]}{name}" if name.startswith(".") else name.replace("[]", "")
            yield whole.removesuffix(".NAME")
    claims = GUIDE.split("## What people claim")[1].split("\n## ")[0]
    yield from (
        f"claims.{key}" for key in re.findall(r"^(\w+) = ", claims, re.MULTILINE) if key not in ("says", "source")
    )
    yield from (
        f"claims.{key}" for key in ("margin", "at_most", "against_where", "untested", "vantage") if key in claims
    )


def keys(table: type[BaseModel], above: str = "") -> Iterator[str]:
    """Return the keys of a file's table and of the tables in it."""
    for name, field in table.model_fields.items():
        key = f"{above}{field.alias or name}"
        below = next(tables(field.annotation), None)
        if below is None or key == "image":
            yield key
        else:
            yield from keys(below, f"{key}.")


def tables(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and not get_args(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, types.UnionType, list, Annotated):
        for inner in get_args(annotation):
            yield from tables(inner)
