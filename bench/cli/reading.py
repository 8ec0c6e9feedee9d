"""How a run has its own data read: in a process of its own, so that the measuring one stays light."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from bench.cli.live.answer import SoFar
from bench.errors import BenchError
from bench.host.subprocesses import Child
from bench.measuring.stopping import Width

_ENDS_S = 5.0
"""How long a process that has hung up may take to be gone."""


class ReaderConnection(NamedTuple):
    """A process that reads, and the line to it."""

    line: TextIO
    process: Child


@contextmanager
def reading(cpus: tuple[int, ...]) -> Iterator[ReaderProcess]:
    """Yield what reads. Its process starts now, loads pandas and matplotlib, and then sleeps until it is asked.

    It keeps to ``cpus``, as the harness does, and loads while isolations are tried. It ends with this block, whatever
    it does then, at the latest with this process, however that ends.
    """
    with ExitStack() as stack:
        yield ReaderProcess(lambda: stack.enter_context(_started(cpus)))


@contextmanager
def _started(cpus: tuple[int, ...]) -> Iterator[ReaderConnection]:
    """Start the process, and yield it with the line to it."""
    ours, theirs = socket.socketpair()
    with (
        ours,
        theirs,
        Child(
            "what reads the run",
            [sys.executable, "-m", "bench", "reader"],
            terminate_s=_ENDS_S,  # at once: as good as its own exit, which takes half a second
            kill_s=_ENDS_S,
            placed_on=cpus,
            stdin=theirs.fileno(),
            stdout=None,
            stderr=None,
        ) as process,
    ):
        theirs.close()
        line = ours.makefile("rw")
        try:
            yield ReaderConnection(line, process)
        finally:
            with suppress(OSError):  # what a process that had ended was still to be sent
                line.close()


class ReaderProcess:
    """Reads a run's folder when it is asked to; implements ``request.Reader``.

    A process that has ended is replaced once: on a host that is short of memory it may be the first to go.
    """

    def __init__(self, start: Callable[[], ReaderConnection]) -> None:
        self._start = start
        self._started = start()

    def loaded(self) -> None:
        """Return when it has loaded all it needs."""
        with suppress(BenchError):  # what is to be read will say it
            self._asked("loaded")

    def widths(self, folder: Path) -> Sequence[Width]:
        """Return how sure the cells in a run's folder are; raises BenchError where that cannot be told."""
        try:
            answer = self._asked("widths", str(folder))
        except BenchError as error:
            raise BenchError(f"how sure the figures are cannot be told: {error.what}", remedy=error.remedy) from error
        return [
            Width(key=(key[0], key[1], key[2]), half_width=width, baseline_scatter=scatter)
            for key, width, scatter in answer
        ]

    def so_far(self, folder: Path) -> SoFar:
        """Return what the figures in a run's folder are by now; raises BenchError where that cannot be told."""
        columns, rows = self._asked("so far", str(folder))
        return SoFar(columns=columns, rows=[(isolation, figures) for isolation, figures in rows])

    def report(self, folder: Path, *, verbose: bool = False) -> None:
        """Write a run's report and print its glance, or all its tables; raises BenchError where that cannot be done."""
        self._asked("report", str(folder), sorted(os.sched_getaffinity(0)), verbose)

    def compare(self, before: Path, after: Path) -> bool:
        """Print what has changed from one run to another, and return whether something is worse; raises BenchError."""
        return bool(self._asked("compare", str(before), str(after)))

    def _asked(self, *request: object) -> Any:
        """Return the answer to a request; raises BenchError where it says why there is none, or two have ended."""
        text = json.dumps(request)
        answer = _answer(self._started.line, text)
        if not answer:
            self._started = self._start()
            answer = _answer(self._started.line, text)
        if not answer:
            raise BenchError(f"the process that reads the run has ended, twice: {_ending(self._started.process)}")
        found, refusal = json.loads(answer)
        if refusal is not None:
            raise BenchError(refusal[0], remedy=refusal[1])
        return found


def _answer(line: TextIO, request: str) -> str:
    """Return the line that answers another; empty where nobody is left to do so."""
    with suppress(OSError):
        line.write(f"{request}\n")
        line.flush()
        return line.readline()
    return ""


def _ending(process: Child) -> str:
    """Say how a process has ended that has hung up."""
    process.ended_within(_ENDS_S)
    if (code := process.status) is None:
        return "it has hung up, and is still there"
    if code == -signal.SIGKILL:
        return "killed by SIGKILL, as the kernel does where memory is short"
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
