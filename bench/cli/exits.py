"""Exit codes, and how an error becomes one."""

from __future__ import annotations

import signal
import sys
from enum import IntEnum
from typing import NoReturn

from bench.errors import BenchError, InputError, Interrupted
from bench.store.sanitize import visible


class ExitCode(IntEnum):
    """What ``python -m bench`` returns."""

    OK = 0
    SOME_FAILED = 1
    BAD_INPUT = 2
    NOTHING_MEASURED = 3
    WORSE = 4
    DISK_FULL = 5


def of_signal(name: str) -> int:
    """Return the shell's code for a program ended by this signal: 128 plus its number."""
    return 128 + int(signal.Signals[name])


def leave_with(error: BenchError | Interrupted) -> NoReturn:
    """Say on standard error what went wrong and what to do, and exit with the right code."""
    if isinstance(error, Interrupted):
        print(f"Ended by {error.signal_name}. What was measured before is kept.", file=sys.stderr)  # noqa: T201
        raise SystemExit(of_signal(error.signal_name))
    say(error)
    raise SystemExit(ExitCode.BAD_INPUT if isinstance(error, InputError) else ExitCode.NOTHING_MEASURED)


def say(error: BenchError) -> None:
    """Say on standard error what went wrong and what to do."""
    print(visible(f"bench: {error.what}"), file=sys.stderr)  # noqa: T201
    for note in getattr(error, "__notes__", []):
        print(visible(f"       {note}"), file=sys.stderr)  # noqa: T201
    if error.remedy:
        print(visible(f"       {error.remedy}"), file=sys.stderr)  # noqa: T201
