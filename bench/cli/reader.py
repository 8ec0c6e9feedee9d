"""``bench reader``: reads a run's data for the run itself, which asks on the socket that is standard input."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.analysis.widths import widths
from bench.cli.report import report
from bench.errors import BenchError


def serve() -> None:
    """Answer one request a line, each with a line, until the run hangs up. A report is printed."""
    with open(sys.stdin.fileno(), "w", closefd=False) as answers:
        for line in sys.stdin:
            what, folder = json.loads(line)
            answer = None
            match what:
                case "widths":
                    answer = _widths(Path(folder))
                case "report":
                    report(folder, Path())  # an error of it ends this process, and says why as the command would
            print(json.dumps(answer), file=answers, flush=True)


def _widths(folder: Path) -> object:
    """Return every cell with its widest half-width, or what is wrong."""
    try:
        return [[list(key), width] for key, width in widths(folder).items()]
    except BenchError as error:
        return str(error)
