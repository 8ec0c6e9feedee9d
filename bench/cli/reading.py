"""How a run has its own data read: in a process of its own, so that the measuring one stays light."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from bench.errors import BenchError
from bench.placement import kept_to
from bench.stopping import Width


@contextmanager
def reading(cpus: tuple[int, ...]) -> Iterator[Reader]:
    """Yield what reads. Its process starts now, loads pandas and matplotlib, and then sleeps until it is asked.

    It keeps to ``cpus``, as the harness does, and loads while isolations are tried. It ends with this block, at the
    latest with this process: the run's end of the socket is closed then, however the run ends.
    """
    with ExitStack() as stack:
        yield Reader(lambda: stack.enter_context(_started(cpus)))


@contextmanager
def _started(cpus: tuple[int, ...]) -> Iterator[TextIO]:
    """Start the process, and yield the line to it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = [sys.executable, "-m", "bench", "reader"]
        with kept_to(cpus):  # which it inherits
            process = subprocess.Popen(command, stdin=theirs.fileno(), start_new_session=True)  # no Ctrl-C
        with process:
            theirs.close()
            line = ours.makefile("rw")
            try:
                yield line
            finally:
                with suppress(OSError):  # what a process that had ended was still to be sent
                    line.close()
                process.terminate()  # as good as its own exit, for which pandas and matplotlib take half a second


class Reader:
    """Reads a run's folder when it is asked to; implements ``session.Reader``.

    A process that has ended is replaced once: on a host that is short of memory it may be the first to go.
    """

    def __init__(self, start: Callable[[], TextIO]) -> None:
        self._start = start
        self._line = start()

    def loaded(self) -> None:
        """Return when it has loaded all it needs."""
        self._asked("loaded")

    def widths(self, folder: Path) -> Sequence[Width]:
        """Return how sure the cells in a run's folder are; raises BenchError where that cannot be told."""
        answer = self._asked("widths", str(folder)) or "the process that reads them has ended, twice"
        if isinstance(answer, str):
            raise BenchError(f"how sure the figures are cannot be told: {answer}")
        return [Width(key=(key[0], key[1], key[2]), half_width=width) for key, width in answer]

    def report(self, folder: Path) -> bool:
        """Write a run's report and print its tables; return whether that went well; what went wrong is said by then."""
        return self._asked("report", str(folder), sorted(os.sched_getaffinity(0))) is True

    def _asked(self, *request: object) -> Any:
        """Return the answer to a request; None where two processes have ended instead of giving one."""
        text = json.dumps(request)
        answer = _answer(self._line, text)
        if not answer:
            self._line = self._start()
            answer = _answer(self._line, text)
        return json.loads(answer or "null")


def _answer(line: TextIO, request: str) -> str:
    """Return the line that answers another; empty where nobody is left to do so."""
    with suppress(OSError):
        line.write(f"{request}\n")
        line.flush()
        return line.readline()
    return ""
