"""What surveys of lab hosts have seen, as the tables of ``docs/reference/hosts.md``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SEEN = Path(__file__).with_name("seen")
_NOT_TRIED = "–"
_RELEASES = ("kernel", "python", "programs")
_TRIED = ("startup", "missing")

Record = dict[str, Any]
"""What one survey has seen, as ``survey`` writes it."""


def seen() -> Mapping[str, Record]:
    """Return the records of all hosts that were surveyed, by name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(SEEN.glob("*.json"), key=lambda path: path.stem)}


def keep(name: str, record: Record) -> None:
    """Keep what a survey of a host has seen, beside what earlier ones saw of other isolations on the same releases."""
    file = SEEN / f"{name}.json"
    before = json.loads(file.read_text()) if file.exists() else {}
    if before and all(before.get(key) == record.get(key) for key in _RELEASES):
        tried = {*record["startup"], *record["missing"]}
        others = {part: {one: how for one, how in before[part].items() if one not in tried} for part in _TRIED}
        record = {
            **record,
            **{part: {**others[part], **record[part]} for part in _TRIED},
            "contract": {**before["contract"], **record["contract"]},
        }
    SEEN.mkdir(exist_ok=True)
    file.write_text(json.dumps(record, indent=1) + "\n")


def versions() -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return head and rows of the table of what the hosts are."""
    records = seen()
    facts = {"kernel": "kernel", "Python": "python", "surveyed": "date"}
    programs = dict.fromkeys(name for record in records.values() for name in record["programs"])
    rows = [(word, *(str(record[key]) for record in records.values())) for word, key in facts.items()]
    rows += [(name, *(str(record["programs"].get(name, "")) for record in records.values())) for name in programs]
    if not records:
        return ("hosts",), [("none has been surveyed yet",)]
    return ("", *(f"`{name}`" for name in records)), rows


def outcomes() -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return head and rows of the table of what each isolation did there."""
    records = seen()
    names = sorted({name for record in records.values() for part in ("startup", "missing") for name in record[part]})
    rows = [(f"`{name}`", *(_outcome(name, record) for record in records.values())) for name in names]
    return ("isolation", *(f"`{name}`" for name in records)), rows


def _outcome(name: str, record: Mapping[str, Mapping[str, object]]) -> str:
    if name in record["missing"]:
        return f"not ready: {record['missing'][name]}".replace("|", "/").replace("\n", " ")
    counts = record["startup"].get(name)
    if not isinstance(counts, dict):
        return _NOT_TRIED
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    kept = record["contract"].get(name)
    if not isinstance(kept, dict):
        return said
    return f"{said}; contract: " + ", ".join(f"{count} {came}" for came, count in kept.items() if count)
