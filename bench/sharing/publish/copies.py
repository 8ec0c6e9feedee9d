"""The redacted copies of a run's own files: manifest, journal, locks, and consoles where they are asked for."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from bench.sharing.publish.identity import HOST, PLACE
from bench.sharing.publish.redaction import Json, Redaction
from bench.store import stored
from bench.store.door import read_by_library
from bench.store.fleets import FLEET
from bench.store.layout import CALIBRATION, CONSOLE, JOURNAL, LOCKS, MANIFEST

_WITH_PATHS = ("--results", "--scenarios", "--image", "--hosts", "--tls")
"""Options of ``run`` and ``fleet run`` whose value may be a path of this machine."""


def copy(run_dir: Path, folder: Path, redaction: Redaction, *, console: bool) -> None:
    """Write redacted copies of a run's files into ``folder``; raises ResultsError for a broken run."""
    _write_json(folder / MANIFEST, redaction.document(_manifest(run_dir)), indent=2)
    lines = (redaction.document(line) for line in _journal(run_dir))
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (folder / JOURNAL).write_bytes(_encoded(text))
    for file in sorted((run_dir / LOCKS).glob("*.json")):
        (folder / LOCKS).mkdir(exist_ok=True)
        _write_json(folder / LOCKS / file.name, redaction.document(_read_json(file)), indent=1)
    if (run_dir / CALIBRATION).is_file():
        _write_json(folder / CALIBRATION, redaction.document(_read_json(run_dir / CALIBRATION)), indent=2)
    if console:
        _copy_console(run_dir / CONSOLE, folder / CONSOLE, redaction)


def copy_fleet(fleet_dir: Path, folder: Path, redaction: Redaction, names: Mapping[str, str]) -> None:
    """Write a redacted copy of what a fleet was into ``folder``, its hosts under other ``names``."""
    document = cast("dict[str, Json]", _read_json(fleet_dir / FLEET))
    hosts = cast("dict[str, Json]", document["hosts"])
    renamed: dict[str, Json] = {names[name]: host for name, host in hosts.items()}
    _write_json(folder / FLEET, redaction.document(_told({**document, "hosts": renamed})), indent=2)


def _manifest(run_dir: Path) -> Json:
    document = cast("dict[str, Json]", stored.read_manifest(run_dir))
    host = document.get("host")
    if isinstance(host, dict):
        document["host"] = {**host, "name": HOST}
    document.pop("asked", None)  # paths of this machine, for who takes the run up on it
    return _told(document)


def _told(document: dict[str, Json]) -> Json:
    words = document.get("command_line")
    return {**document, "command_line": list(_without_paths(words))} if isinstance(words, list) else document


def _without_paths(words: list[Json]) -> Iterator[Json]:
    """Give a command line whose absolute paths are gone: also those that are no longer there to be recognized."""
    option = ""
    for word in words:
        name, sign, value = word.partition("=") if isinstance(word, str) else ("", "", "")
        if sign and name in _WITH_PATHS:
            yield f"{name}={_place(value)}"
        else:
            yield _place(word) if option in _WITH_PATHS and isinstance(word, str) else word
        option = name


def _place(value: str) -> str:
    return PLACE if value.startswith(("/", "~", "..")) else value


def _journal(run_dir: Path) -> Iterator[Json]:
    """Give the journal's whole lines as they are; what ``read_journal`` refuses is refused here, too."""
    whole = sum(1 for _trial in stored.read_journal(run_dir))
    lines = [line for line in (run_dir / JOURNAL).read_bytes().split(b"\n") if line.strip()]
    for line in lines[:whole]:
        found: Json = json.loads(line)
        yield found


def _copy_console(source: Path, target: Path, redaction: Redaction) -> None:
    target.mkdir()
    for file in sorted(source.glob("*.log.gz")):
        with read_by_library(file, "cannot be unpacked", "Publish without consoles"):
            text = gzip.decompress(file.read_bytes()).decode("utf-8", "replace")
        (target / file.name).write_bytes(gzip.compress(redaction.text(text).encode(), mtime=0))


def _read_json(file: Path) -> Json:
    with read_by_library(file, "not valid JSON", "Was it edited by hand? Measure again"):
        found: Json = json.loads(file.read_bytes())
    return found


def _write_json(file: Path, document: Json, *, indent: int) -> None:
    file.write_bytes(_encoded(json.dumps(document, indent=indent, ensure_ascii=False) + "\n"))


def _encoded(text: str) -> bytes:
    """Return JSON as UTF-8; what has no place in it, half a surrogate pair, as the escape that it was."""
    return text.encode("utf-8", "backslashreplace")
