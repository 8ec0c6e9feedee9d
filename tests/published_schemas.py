"""The JSON schemas of what Isobench reads and writes, made from the records that check it at the door.

``tools/docs`` writes them to ``bench/store/schemas``; ``tests/store/test_published_schemas.py`` holds files to what
this makes. They say less than the door does: that what one key says fits another's cannot be told in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter

import bench
from bench.model import Better
from bench.scenario.schema import RecipeFile, ScenarioFile
from bench.store.layout import EXPORT_SCHEMA, MANIFEST_SCHEMA, TRIAL_SCHEMA
from bench.store.manifest import Manifest
from bench.store.stored import StoredTrial
from bench.store.table import Column

FOLDER = Path(bench.__file__).parent / "store" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCENARIO_SCHEMA, RECIPE_SCHEMA = "urn:isobench:scenario-1", "urn:isobench:recipe-1"

Schema = dict[str, Any]

_TYPES = {
    "string": {"type": ["string", "null"]},
    "int64": {"type": ["integer", "null"]},
    "Int64": {"type": ["integer", "null"]},
    "float64": {"type": ["number", "null"]},
    "bool": {"type": ["boolean", "null"]},
}
_NOT_FINITE = {"enum": ["NaN", "Infinity", "-Infinity"]}
_SCALAR = {"type": ["string", "number"]}


def schemas() -> Mapping[str, Schema]:
    """Return every schema by its ``$id``."""
    named = {
        SCENARIO_SCHEMA: ("A scenario file, as TOML is read", ScenarioFile.model_json_schema()),
        RECIPE_SCHEMA: ("A recipe of an image, as TOML is read", RecipeFile.model_json_schema()),
        MANIFEST_SCHEMA: ("A run's manifest.json", _naming(TypeAdapter(Manifest).json_schema(), MANIFEST_SCHEMA)),
        TRIAL_SCHEMA: ("A line of a run's trials.jsonl", _naming(_trial(), TRIAL_SCHEMA)),
        EXPORT_SCHEMA: ("What `export --format json` writes", _naming(_export(), EXPORT_SCHEMA)),
    }
    return {
        name: {"$schema": DIALECT, "$id": name, **_without_titles(schema), "title": title}
        for name, (title, schema) in named.items()
    }


def files() -> Iterator[tuple[Path, str]]:
    """Yield every file, and what it is to hold."""
    for name, schema in schemas().items():
        yield FOLDER / f"{name.rpartition(':')[2]}.json", json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _naming(schema: Schema, name: str) -> Schema:
    """Add the key that names the schema, which files from before it lack."""
    return schema | {"properties": {"schema": {"const": name}, **schema["properties"]}}


def _trial() -> Schema:
    """Return a line's schema; the values of parameters are checked by a function that pydantic cannot describe."""
    schema = TypeAdapter(StoredTrial).json_schema()
    schema["properties"]["parameters"]["additionalProperties"] = _SCALAR
    schema["$defs"]["StoredSample"]["properties"]["step"]["additionalProperties"] = _SCALAR
    return schema


def _export() -> Schema:
    text = {"type": "string"}
    head = {"run": text, "host": text, "schema_version": {"type": "integer"}, "bench_version": text}
    tables = [
        {"properties": {"what": {"const": what}, "rows": {"type": "array", "items": _row(bench.schemas[what])}}}
        for what in ("samples", "summary")
    ]
    return {"type": "object", "properties": head, "required": [*head, "what", "rows"], "oneOf": tables}


def _row(columns: tuple[Column, ...]) -> Schema:
    return {
        "type": "object",
        "properties": {one.name: _cell(one) | _described(one) for one in columns},
        "required": [one.name for one in columns],
        "additionalProperties": False,
    }


def _cell(column: Column) -> Schema:
    match column.name:
        case "value":
            return {"anyOf": [_TYPES[column.dtype], _NOT_FINITE]}
        case "better":
            return {"enum": [*get_args(Better), None]}
        case _:
            return _TYPES[column.dtype]


def _described(column: Column) -> Schema:
    return {"description": f"{column.meaning} ({column.unit})" if column.unit else column.meaning}


def _without_titles(schema: Any) -> Any:
    """Return a schema without the titles that pydantic makes of the names of keys."""
    if isinstance(schema, list):
        return [_without_titles(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    named = {key: value for key, value in schema.items() if key in ("properties", "$defs")}
    return {key: _without_titles(value) for key, value in schema.items() if key != "title" and key not in named} | {
        key: {name: _without_titles(one) for name, one in value.items()} for key, value in named.items()
    }
