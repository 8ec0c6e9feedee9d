"""How a run has its own data read: in a process of its own, so that the measuring one stays light."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.errors import BenchError
from bench.placement import kept_to
from bench.stopping import Width


@contextmanager
def reading(cpus: tuple[int, ...]) -> Iterator[Reader]:
    """Yield what reads. Its process starts now, loads pandas and matplotlib, and then sleeps until it is asked.

    It keeps to ``cpus``, as the harness does, and loads while isolations are tried. It ends with this block, at the
    latest with this process: the run's end of the socket is closed then, however the run ends.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = [sys.executable, "-m", "bench", "reader"]
        with kept_to(cpus):  # which it inherits
            process = subprocess.Popen(command, stdin=theirs.fileno(), start_new_session=True)  # no Ctrl-C
        with process:
            theirs.close()
            try:
                yield Reader(process, ours)
            finally:
                process.terminate()  # as good as its own exit, for which pandas and matplotlib take half a second


class Reader:
    """Reads a run's folder when it is asked to; implements ``session.Reader``."""

    def __init__(self, process: subprocess.Popen[bytes], line: socket.socket) -> None:
        self._process = process
        self._line = line.makefile("rw")

    def loaded(self) -> None:
        """Return when it has loaded all it needs; one that has ended loads nothing more."""
        with suppress(OSError, ValueError):
            self._ask("loaded")
            self._line.readline()

    def widths(self, folder: Path) -> Sequence[Width]:
        """Return how sure the cells in a run's folder are; raises BenchError where that cannot be told."""
        try:
            self._ask("widths", folder)
            answer = json.loads(self._line.readline() or '"its process has ended"')
        except (OSError, ValueError) as error:
            raise BenchError(f"how sure the figures are cannot be told: {error}") from error
        if isinstance(answer, str):
            raise BenchError(f"how sure the figures are cannot be told: {answer}")
        return [Width(key=(key[0], key[1], key[2]), half_width=width) for key, width in answer]

    def report(self, folder: Path) -> bool:
        """Write a run's report and print its tables; return whether that went well; what went wrong is said by then.

        A fresh process does so where this one has ended: on a host that is short of memory it may be the first to go.
        """
        if self._process.poll() is not None:
            return subprocess.run([sys.executable, "-m", "bench", "report", str(folder)], check=False).returncode == 0
        with suppress(OSError):
            os.sched_setaffinity(self._process.pid, os.sched_getaffinity(0))  # no trial is left to keep off
            self._ask("report", folder)
            return bool(self._line.readline())  # nothing where it has ended instead
        return False

    def _ask(self, what: str, folder: Path | None = None) -> None:
        self._line.write(f"{json.dumps([what, str(folder or '')])}\n")
        self._line.flush()
