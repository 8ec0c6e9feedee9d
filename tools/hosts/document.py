"""What surveys of lab hosts have seen, as the tables of ``docs/reference/hosts.md``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

SEEN = Path(__file__).with_name("seen")
_NOT_TRIED = "–"


def seen() -> Mapping[str, dict[str, dict[str, object]]]:
    """Return the records of all hosts that were surveyed, by name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(SEEN.glob("*.json"))}


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
    broken = f", {kept['failed']} broken" if kept["failed"] else ""
    return f"{said}; contract: {kept['passed']} kept{broken}" + (
        f", {kept['skipped']} skipped" if kept["skipped"] else ""
    )
