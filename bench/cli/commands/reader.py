"""``bench reader``: reads a run's data for the run itself, which asks on the socket that is standard input."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.analysis.figures.widths import widths
from bench.cli.commands.compare import compared
from bench.cli.commands.report import report
from bench.errors import BenchError
from bench.report import warm
from bench.report.text.so_far import so_far

_PR_SET_PDEATHSIG = 1
"""prctl(2), Linux 2.2."""

Response = tuple[object, tuple[str, str | None] | None]
"""What was asked for; or why there is none, and what to do about it."""


def serve() -> None:
    """Answer one request a line, each with a line, until the run hangs up. A report is printed.

    It ends when the run has been killed, also in the middle of a report: nobody waits for its tables any more.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    warm()
    with open(sys.stdin.fileno(), "w", closefd=False) as answers:
        for line in sys.stdin:
            print(json.dumps(_answer(*json.loads(line))), file=answers, flush=True)


def _answer(what: str, folder: str = "", *more: Any) -> Response:
    match what:
        case "widths":
            return _tried(lambda: [[list(key), *sureness] for key, sureness in widths(Path(folder)).items()])
        case "so far":
            return _tried(lambda: so_far(Path(folder)))
        case "report":
            return _tried(lambda: _report(folder, *more))
        case "compare":
            return _tried(lambda: compared(Path(folder), Path(*more)))
        case _:
            return True, None  # all is loaded by now


def _tried(make: Callable[[], object]) -> Response:
    """Return what is made, or why it cannot be; of an error that nobody has foreseen where it arose, too, once."""
    try:
        return make(), None
    except BenchError as error:
        return None, (error.what, error.remedy)
    except MemoryError:
        return None, ("memory has run out", None)
    except Exception as error:  # noqa: BLE001 - else this process would end, and the next one in the same way
        traceback.print_exc()
        return None, (f"{type(error).__name__}: {error}", None)


def _report(folder: str, cpus: Sequence[int], verbose: bool = False) -> bool:
    """Report on all of these CPUs, since no trial is left to keep off."""
    os.sched_setaffinity(0, cpus)
    report(folder, Path(), verbose=verbose)
    return True
