"""``bench export``: a run in the formats of other tools."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bench.errors import InputError, written
from bench.sharing.formats import export as write
from bench.sharing.formats import rendered
from bench.store.named import find_run

_SUMMARY_FILE = "GITHUB_STEP_SUMMARY"


def export(run: str, results: Path, *, format_name: str, output: Path | None, what: str) -> None:
    """Write a run to a file, or to standard output; a job summary, to the file that GitHub names."""
    folder = find_run(run, results)
    if output is not None:
        write(folder, format_name, output, what=what)
        print(f"Written: {output}", file=sys.stderr)  # noqa: T201
        return
    if format_name == "parquet":
        raise InputError("Parquet is not text", remedy="Name a file: --output FILE")
    content = rendered(folder, format_name, what=what)
    named = os.environ.get(_SUMMARY_FILE)
    if format_name == "github" and named:
        with written(Path(named)), Path(named).open("ab") as file:  # other steps write there too
            file.write(content)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
