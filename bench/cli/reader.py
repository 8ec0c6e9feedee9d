"""``bench reader``: reads a run's data for the run itself, which asks on the socket that is standard input."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.analysis.widths import widths
from bench.cli.exits import say
from bench.cli.report import report
from bench.errors import BenchError


def serve() -> None:
    """Answer one request a line, each with a line, until the run hangs up. A report is printed."""
    with open(sys.stdin.fileno(), "w", closefd=False) as answers:
        for line in sys.stdin:
            print(json.dumps(_answer(*json.loads(line))), file=answers, flush=True)


def _answer(what: str, folder: str = "", cpus: Sequence[int] = ()) -> object:
    match what:
        case "widths":
            return _widths(folder)
        case "report":
            return _report(folder, cpus)
        case _:
            return True  # all is loaded by now


def _widths(folder: str) -> object:
    """Return every cell with its widest half-width, or what is wrong."""
    try:
        return [[list(key), width] for key, width in widths(Path(folder)).items()]
    except BenchError as error:
        return str(error)


def _report(folder: str, cpus: Sequence[int]) -> bool:
    """Report on all of these CPUs, since no trial is left to keep off; return whether that went well."""
    os.sched_setaffinity(0, cpus)
    try:
        report(folder, Path())
    except BenchError as error:
        say(error)
        return False
    return True
