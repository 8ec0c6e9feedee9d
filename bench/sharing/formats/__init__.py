"""A run in the formats of other tools. One file per format; each renders a ``Source`` to bytes."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

from bench.errors import InputError, did_you_mean, written
from bench.sharing.formats.source import SUMMARY, WHATS, Source

__all__ = ["FORMATS", "export", "rendered"]

FORMATS: Mapping[str, str] = {
    "csv": "bench.sharing.formats.csv_table",
    "parquet": "bench.sharing.formats.parquet_table",
    "json": "bench.sharing.formats.json_document",
    "hyperfine": "bench.sharing.formats.hyperfine",
    "hyperfine-2": "bench.sharing.formats.hyperfine_2",
    "pytest-benchmark": "bench.sharing.formats.pytest_benchmark",
    "github": "bench.sharing.formats.github",
    "github-smaller": "bench.sharing.formats.github_smaller",
    "github-bigger": "bench.sharing.formats.github_bigger",
}
"""Each format's module, imported when it is asked for."""


def export(run: str | Path, format: str, path: str | Path, *, what: str = "samples") -> Path:  # noqa: A002 - as the option
    """Write the run folder ``run`` in a ``format`` (a key of ``FORMATS``) to the file ``path``, and return its path.

    ``what`` is ``samples`` or ``summary``, for the formats csv, parquet and json; the columns are those of
    ``bench.load`` and ``bench.summarize``. The others have one content of their own, which their modules describe.

    Raises InputError for an unknown format or content, ResultsError for a run that cannot be read or holds nothing
    that the format can express, StoreError when the file cannot be written.
    """
    target, content = Path(path), rendered(run, format, what=what)
    with written(target):
        target.write_bytes(content)
    return target


def rendered(run: str | Path, format: str, *, what: str = "samples") -> bytes:  # noqa: A002 - as the option
    """Return what ``export`` writes."""
    if format not in FORMATS:
        known = ", ".join(FORMATS)
        raise InputError(f"no format is called {format!r}{did_you_mean(format, FORMATS)}", remedy=f"Known: {known}")
    if what not in WHATS:
        raise InputError(f"nothing is called {what!r} in a run", remedy=f"Ask for {' or '.join(WHATS)}")
    module = importlib.import_module(FORMATS[format])
    if what == SUMMARY and not module.TABULAR:
        raise InputError(f"the format {format} has one content of its own", remedy="Leave out --what")
    content: bytes = module.render(Source(Path(run), what))
    return content
