"""How a run has its own data read: in a process of its own, so that the measuring one stays light."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.errors import BenchError
from bench.stopping import Width


@contextmanager
def reading() -> Iterator[Reader]:
    """Yield what reads. Its process starts now, loads pandas and matplotlib, and then sleeps until it is asked.

    It ends with this block, at the latest with this process: its end of the socket is closed then, however that ends.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = [sys.executable, "-m", "bench", "reader"]
        with subprocess.Popen(
            command, stdin=theirs.fileno(), start_new_session=True
        ) as process:  # Ctrl-C is the run's alone
            theirs.close()
            try:
                yield Reader(process, ours)
            finally:
                process.terminate()  # whoever leaves has no use for what it still does


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
        """Write a run's report and print its tables, the last thing it is asked; return whether that went well.

        A fresh process does so where this one has ended: on a host that is short of memory it may be the first to go.
        """
        if self._process.poll() is not None:
            return subprocess.run([sys.executable, "-m", "bench", "report", str(folder)], check=False).returncode == 0
        with suppress(OSError):  # then it has just ended, and its exit code says so
            self._ask("report", folder)
        return self._process.wait() == 0

    def _ask(self, what: str, folder: Path | None = None) -> None:
        self._line.write(f"{json.dumps([what, str(folder or '')])}\n")
        self._line.flush()
