"""Progress on a real terminal line, as an emulated terminal shows it: in place, narrow, resized, ended."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyte
import pytest

REPOSITORY = Path(__file__).parents[3]

RUN = """
import sys, time
from pathlib import Path
from bench.cli import main, app
from bench.cli.live.answer import SoFar
from bench.cli.progress import listener
from bench.isolations.base import Availability
from bench.measuring.plan import plan
from bench.model import Kind
from tests.cli.test_progress import measured
from tests.records import scenario

def ask(_folder):
    return SoFar(columns=["startup", "cpu"], rows=[("bare", ["3.3 ms (3.1 .. 3.5 ms)", "812 /s"]),
                                                   ("fake", ["176 ms (170 .. 181 ms)", "790 /s"])])

trials = plan([scenario(rounds=6)], ["bare", "fake"], seed=1)
print("above", flush=True)
with listener(None, ask) as heard:
    ready = [Availability(isolation=one, fault=None, detail="", took_s=1.0) for one in ("bare", "fake")]
    heard.checked("this host", ready)
    heard.opened(Path("."))
    heard.planned(trials)
    for trial in trials:
        heard.starting(trial)
        sys.stdin.readline()  # each line is the end of a trial
        heard.measured(measured(trial, Kind.FAILED if trial.number == 3 else Kind.OK, "it broke"))
print("below", flush=True)
"""


class Terminal:
    """A child on a terminal of its own, and what that shows."""

    def __init__(self, master: int, child: subprocess.Popen[bytes], columns: int, lines: int) -> None:
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.child, self._master = child, master

    def until(self, text: str) -> None:
        """Read until the terminal shows a text."""
        end_s = time.monotonic() + 120
        while text not in "\n".join(self.screen.display):
            assert time.monotonic() < end_s, self.shown
            self._read()

    def ends(self) -> None:
        """Read until the child has ended."""
        while self.child.poll() is None or select.select([self._master], [], [], 0)[0]:
            if not self._read():
                break

    def next(self, count: int = 1) -> None:
        """End so many trials."""
        assert self.child.stdin
        self.child.stdin.write(b"\n" * count)
        self.child.stdin.flush()

    @property
    def shown(self) -> list[str]:
        """The lines that are not empty."""
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def resize(self, columns: int, lines: int) -> None:
        """Make the terminal another size, as its user does."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _read(self) -> bool:
        if not select.select([self._master], [], [], 0.2)[0]:
            return True
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # as Linux says that nobody is left on the other side
            return False
        self.raw += data
        self.stream.feed(data)
        return bool(data)


@contextmanager
def terminal(columns: int = 80, lines: int = 24, **environment: str) -> Iterator[Terminal]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "COLUMNS", "LINES", "NO_COLOR")}
    with subprocess.Popen(
        [sys.executable, "-c", RUN],
        stdin=subprocess.PIPE, stdout=slave, stderr=slave, cwd=REPOSITORY,
        env={**kept, "TERM": "xterm", **environment},
    ) as child:  # fmt: skip
        os.close(slave)
        try:
            yield Terminal(master, child, columns, lines)
        finally:
            child.kill()
            with suppress(OSError):
                os.close(master)


def test_the_bar_and_the_answer_grow_in_place_and_are_gone_at_the_end() -> None:
    with terminal() as one:
        one.until("0 of 12, 12 s left")
        one.until("round 1 of 6: speak on")
        one.next()
        one.until("1 of 12")
        one.until("790 /s")
        assert [line.split()[:2] for line in one.shown[-3:]] == [["startup", "cpu"], ["bare", "3.3"], ["fake", "176"]]
        assert sum("of 12" in line for line in one.shown) == 1
        one.next(4)
        one.until("5 of 12")
        assert sum("failed: it broke" in line for line in one.shown) == 1
        assert sum("of 12" in line for line in one.shown) == 1
        one.next(7)
        one.until("below")
        one.ends()
        assert [line for line in one.shown if "of 12" in line or line.startswith("  bare   3.3")] == []
        assert one.shown[0] == "above"
        assert one.shown[-1] == "below"


@pytest.mark.parametrize(("columns", "lines"), [(40, 24), (40, 8), (20, 5), (60, 4)])
def test_a_small_terminal_shows_what_has_room_and_never_scrolls(columns: int, lines: int) -> None:
    with terminal(columns, lines) as one:
        one.until("0 of 12")
        for done in range(1, 3):
            one.next()
            one.until(f"{done} of 12")
            assert sum("of 12" in line for line in one.shown) == 1
        one.next(10)
        one.until("below")
        one.ends()
        assert [line for line in one.shown if "of 12" in line] == []


def test_a_terminal_that_became_narrower_is_cleared_of_all_the_lines_it_has_made_of_one() -> None:
    with terminal(80) as one:
        one.until("0 of 12")
        one.next()
        one.until("790 /s")
        display = [line.rstrip() for line in one.screen.display]
        drawn = display[next(place for place, line in enumerate(display) if "1 of 12" in line) :]
        one.resize(40, 24)
        one.raw = b""
        one.next()
        one.until("2 of 12")
        lines = "\n".join(drawn).rstrip().split("\n")
        rows = sum(max(1, -(-len(line) // 40)) for line in lines)
        assert rows > len(lines)
        assert f"\r\x1b[{rows - 1}A\x1b[J".encode() in one.raw


def test_ctrl_c_leaves_a_clean_terminal() -> None:
    with terminal() as one:
        one.until("0 of 12")
        one.next()
        one.until("1 of 12")
        one.child.send_signal(signal.SIGINT)
        one.ends()
        assert [line for line in one.shown if "of 12" in line or "startup" in line] == []
        assert b"\x1b[?25l" not in one.raw  # the cursor was never hidden: not even a run that is killed takes it away
        assert "KeyboardInterrupt" in "\n".join(one.shown)


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"CI": "true"}])
def test_a_dumb_terminal_and_ci_get_plain_lines(environment: dict[str, str]) -> None:
    with terminal(120, 40, **environment) as one:
        one.next(12)
        one.until("below")
        one.ends()
        assert sum("of 12  speak on" in line for line in one.shown) == 12
        assert b"\x1b[J" not in one.raw
