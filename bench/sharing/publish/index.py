"""The index over all published reports, as a page and as Markdown, made from what lies there."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import TypeAdapter, ValidationError

from bench.errors import ResultsError
from bench.report.content import Report
from bench.report.render.markdown import escape
from bench.sharing.publish.identity import HOST
from bench.store.door import invalid
from bench.store.manifest import Manifest

ENTRY = "about.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """What the index says of one report; ``date`` is the day, ISO 8601, on which the run began."""

    name: str
    run: str
    date: str
    host: str
    isolations: tuple[str, ...]
    scenarios: tuple[str, ...]
    headline: str
    flaws: tuple[str, ...] = ()


_ENTRY = TypeAdapter(IndexEntry)


def of_run(name: str, report: Report, manifest: Manifest, flaws: tuple[str, ...]) -> IndexEntry:
    """Return what the index says of a run."""
    return IndexEntry(
        name=name,
        run=manifest.run,
        date=manifest.started_at[:10],
        host=machine(report),
        isolations=tuple(row[0] for row in report.isolations.rows),
        scenarios=tuple(manifest.scenarios),
        headline=report.answer[0] if report.answer else report.status,
        flaws=flaws,
    )


def machine(report: Report) -> str:
    """Return what the machine of a report is, without its name."""
    return report.host.removeprefix(f"{HOST}, ")


def write_entry(folder: Path, entry: IndexEntry) -> None:
    """Write into a published folder what the index will say of it, so that an index needs no data to be read."""
    (folder / ENTRY).write_text(json.dumps(asdict(entry), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def entries(published: Path, *, without: str = "") -> tuple[IndexEntry, ...]:
    """Return what lies in ``published``, newest first, ``without`` one of that name.

    Raises ResultsError for an entry that cannot be read.
    """
    files = [file for file in published.glob(f"[!.]*/{ENTRY}") if file.parent.name != without]
    found = [_read(file) for file in files]
    return tuple(sorted(sorted(found, key=lambda one: one.name), key=lambda one: one.date, reverse=True))


def write_index(published: Path) -> Path:
    """Write ``index.html`` and ``README.md`` into ``published`` and return the page's path."""
    found = entries(published)
    page = _environment(autoescape=True).get_template("index.html.j2").render(entries=found)
    text = _environment(autoescape=False).get_template("index.md.j2").render(entries=found)
    _replace(published / "README.md", text)
    _replace(published / "index.html", page)
    return published / "index.html"


def _replace(file: Path, text: str) -> None:
    """Write a file whole, and in place of whatever stands there: never through a link."""
    growing = file.with_name(f".{file.name}.partial")
    growing.unlink(missing_ok=True)
    growing.write_text(text, encoding="utf-8")
    growing.replace(file)


def _environment(*, autoescape: bool) -> Environment:
    """Return the rules of a template; Markdown escapes by the filter ``md``, a page by itself."""
    environment = Environment(
        loader=PackageLoader("bench.sharing.publish", "."),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["md"] = escape
    return environment


def _read(file: Path) -> IndexEntry:
    if file.is_symlink() or not file.is_file():  # a pipe would be waited on
        raise ResultsError(f"{file} is no regular file", remedy="Move its folder away")
    try:
        entry = _ENTRY.validate_json(file.read_bytes())
    except ValidationError as error:
        raise invalid(file, error, "Publish the run again with --replace, or move its folder away") from error
    if entry.name != file.parent.name:
        raise ResultsError(f"{file}: name is {entry.name!r}, and the folder is not", remedy="Give the folder that name")
    return entry
