"""The published JSON schemas are what the records say, and every file there is of ours is valid by them."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bench.sharing.formats import rendered
from bench.store.layout import EXPORT_SCHEMA, MANIFEST_SCHEMA, TRIAL_SCHEMA
from tests.documented import COMMAND, REPOSITORY
from tests.published_schemas import FOLDER, RECIPE_SCHEMA, SCENARIO_SCHEMA, files
from tests.synthetic import write_run

CALIBRATION = REPOSITORY / "bench/measuring/calibration"
SCENARIOS = [*sorted((REPOSITORY / "scenarios").glob("*.toml")), *sorted(CALIBRATION.glob("*.toml"))]
RECIPES = sorted((REPOSITORY / "scenarios/images").glob("*.toml"))
PUBLISHED = sorted(path.parent for path in (REPOSITORY / "results/published").glob("*/manifest.json"))


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    """Return what judges by the schema of this name, as it lies in the package."""
    schema = json.loads((FOLDER / f"{name.rpartition(':')[2]}.json").read_text())
    assert schema["$id"] == name
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def faults(name: str, document: Any) -> list[str]:
    as_json = json.loads(json.dumps(document, default=str))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator(name).iter_errors(as_json)]


def documents(run: Path) -> list[tuple[str, Any]]:
    """Return everything of a run, and what its schema is called."""
    lines = (run / "trials.jsonl").read_text().splitlines()
    return [
        (MANIFEST_SCHEMA, json.loads((run / "manifest.json").read_text())),
        *((TRIAL_SCHEMA, json.loads(line)) for line in lines),
        *((EXPORT_SCHEMA, json.loads(rendered(run, "json", what=what))) for what in ("samples", "summary")),
    ]


@pytest.mark.parametrize(("path", "made"), list(files()), ids=lambda one: getattr(one, "name", ""))
def test_a_published_schema_is_what_the_records_say(path: Path, made: str) -> None:
    assert path.read_text() == made, f"{path.name} is not what the code says: run {COMMAND}"


def test_no_other_schema_is_published() -> None:
    assert {path for path, _ in files()} == set(FOLDER.iterdir())


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_scenario_is_valid(path: Path) -> None:
    assert faults(SCENARIO_SCHEMA, tomllib.loads(path.read_text())) == []


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_is_valid(path: Path) -> None:
    assert faults(RECIPE_SCHEMA, tomllib.loads(path.read_text())) == []


@pytest.mark.parametrize("run", PUBLISHED, ids=lambda path: path.name)
def test_published_runs_are_valid(run: Path) -> None:
    assert [(name, found) for name, document in documents(run) if (found := faults(name, document))] == []


def test_a_run_that_was_really_measured_is_valid_and_names_its_schemas(measured_run: Path) -> None:
    found = documents(measured_run)
    assert [(name, wrong) for name, document in found if (wrong := faults(name, document))] == []
    assert [document["schema"] for _, document in found] == [name for name, _ in found]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"round": 5}, "$"),
        ({"rounds": "5"}, "$.rounds"),
        ({"envelope": {"cpus": 0, "memory_mib": 64}}, "$.envelope.cpus"),
    ],
)
def test_a_wrong_scenario_is_not(change: dict[str, object], where: str) -> None:
    [found] = faults(SCENARIO_SCHEMA, tomllib.loads(SCENARIOS[0].read_text()) | change)
    assert found.startswith(f"{where}: ")


def test_a_wrong_run_is_not(tmp_path: Path) -> None:
    (_, manifest), (_, trial), *_, (_, summary) = documents(write_run(tmp_path / "run", rounds=1))
    assert faults(MANIFEST_SCHEMA, manifest | {"seed": "7"})
    assert faults(TRIAL_SCHEMA, trial | {"parameters": {"threads": [1]}})
    assert faults(TRIAL_SCHEMA, {key: value for key, value in trial.items() if key != "outcome"})
    assert faults(EXPORT_SCHEMA, summary | {"what": "samples"})
    assert not faults(EXPORT_SCHEMA, summary)
