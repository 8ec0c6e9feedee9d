"""How a run looks at its own figures: in a process of its own, so that the measuring one stays light."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from bench.errors import BenchError
from bench.stopping import Width


class Looker(Protocol):
    """Tells how sure the cells in a run's folder are; raises BenchError where that cannot be told."""

    def __call__(self, folder: Path) -> Sequence[Width]:
        """Look once."""


@contextmanager
def looking(*, surely: bool = False) -> Iterator[Looker]:
    """Yield what looks. Its process starts with the first look and then waits, so that pandas is loaded once.

    Where there will ``surely`` be looks it starts now, and loads while isolations are tried.
    """
    with ExitStack() as stack:
        started = [stack.enter_context(_process())] if surely else []

        def look(folder: Path) -> Sequence[Width]:
            if not started:
                started.append(stack.enter_context(_process()))
            return _asked(started[0], folder)

        yield look


@contextmanager
def _process() -> Iterator[subprocess.Popen[str]]:
    """Start the process; when its input is closed, it ends."""
    command = [sys.executable, "-m", "bench", "widths"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as process:  # no Ctrl-C
        try:
            yield process
        finally:
            if process.stdin:
                process.stdin.close()


def _asked(process: subprocess.Popen[str], folder: Path) -> Sequence[Width]:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(f"{json.dumps(str(folder))}\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline() or '"its process has ended"')
    except (OSError, ValueError) as error:
        raise BenchError(f"how sure the figures are cannot be told: {error}") from error
    if isinstance(answer, str):
        raise BenchError(f"how sure the figures are cannot be told: {answer}")
    return [Width(key=(key[0], key[1], key[2]), half_width=width) for key, width in answer]
