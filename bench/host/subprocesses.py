"""Programs that are started: short questions, and children that are seen to until nothing is left of them."""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext, suppress
from functools import cache
from pathlib import Path
from typing import Self

from bench.errors import IsolationError, LeftoverError
from bench.host.cpus import kept_to

KEPT = -4
"""Where a child's output goes, beside what ``subprocess`` knows: into a file, for its last words."""

_TAIL_BYTES = 1 << 16
_ASK_AGAIN_S = 0.02
_LOOK_AGAIN_S = 0.005


def ran(*words: str | Path, timeout_s: float | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with messages in English, out of reach of Ctrl-C; raises what ``subprocess.run`` does.

    A status that is not 0 is no error.
    """
    return subprocess.run(
        words,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=timeout_s,
        start_new_session=True,
        env={**os.environ, "LC_ALL": "C"},
    )


def status_of(words: Sequence[str], timeout_s: float) -> int:
    """Run a command to its end, unheard; return its status. Raises IsolationError where it has no end in time.

    The kernel says when it has ended: nothing looks again and again.
    """
    with Child("a command", words, kill_s=1.0, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as command:
        if not command.ended_within(timeout_s):
            raise IsolationError(f"{shlex.join(words)} had not ended {timeout_s:g} s after its start")
        return command.wait()


@cache
def told_by(program: str, *words: str) -> str:
    """Return all that a command says of itself, as in its help."""
    done = ran(program, *words)
    return done.stdout + done.stderr


@cache
def version_of(program: str) -> str:
    """Return the first version number in what a command says of itself; "unknown" where there is none."""
    words = told_by(program, "--version").replace("(", " ").split()
    return next((word for word in words if any(letter.isdigit() for letter in word)), "unknown").strip(",)")


class Child:
    """A program in a session of its own, which Ctrl-C does not reach; its context ends it, and all it has started."""

    def __init__(
        self,
        name: str,
        words: Sequence[str],
        *,
        leave_s: float = 0.0,
        terminate_s: float = 0.0,
        kill_s: float,
        bound_to: str = "",
        placed_on: tuple[int, ...] = (),
        read_by: Callable[[int], object] | None = None,
        stdin: int = subprocess.DEVNULL,
        stdout: int | None = KEPT,
        stderr: int | None = KEPT,
        log: Path | None = None,
        pass_fds: Sequence[int] = (),
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> None:
        """Start it; ``name`` is what errors call it.

        In the end it has ``leave_s`` to leave by itself, ``terminate_s`` when asked to, and ``kill_s`` when killed.
        ``bound_to`` lists the CPUs to which ``taskset`` keeps it, and then it dies with the harness; ``placed_on``
        keeps it to some at no cost to its start. ``read_by`` gets, in a thread, the descriptor of all it says, and its
        input is a pipe. ``log`` is where output is kept; None: in a file without a name.
        """
        self.name = name
        self._leave_s, self._terminate_s, self._kill_s = leave_s, terminate_s, kill_s
        bound = ("setpriv", "--pdeathsig", "KILL", "taskset", "--cpu-list", bound_to) if bound_to else ()
        if read_by:
            stdin, stdout, stderr = subprocess.PIPE, subprocess.PIPE, subprocess.STDOUT
        with ExitStack() as held:
            self._said = None
            if KEPT in (stdout, stderr):
                opened = log.open("w+b") if log else tempfile.TemporaryFile()  # noqa: SIM115 - closed with what is held
                self._said = held.enter_context(opened)
            with kept_to(placed_on) if placed_on else nullcontext():  # what is started here inherits it
                self._process = subprocess.Popen(
                    [*bound, *words],
                    stdin=stdin,
                    stdout=self._said if stdout == KEPT else stdout,
                    stderr=self._said if stderr == KEPT else stderr,
                    bufsize=0,
                    pass_fds=pass_fds,
                    env=env,
                    cwd=cwd,
                    start_new_session=True,
                )
            self.pid, self.stdout = self._process.pid, self._process.stdout
            if read_by:
                assert self.stdout is not None
                held.callback(self._read_off(read_by, self.stdout.fileno()))
            if self._process.stdin:
                held.enter_context(self._process.stdin)
            self._held = held.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        try:
            self.end()
        finally:
            self.close()

    @property
    def status(self) -> int | None:
        """With what it has ended; None while it runs."""
        return self._process.poll()

    def wait(self) -> int:
        """Wait until it has ended, however long that takes; return its status."""
        return self._process.wait()

    def send(self, data: bytes) -> None:
        """Write to its input; raises OSError where it is gone."""
        assert self._process.stdin is not None
        self._process.stdin.write(data)

    def tail(self, count: int = 3) -> list[str]:
        """Return the last lines, none of them empty, of the output that is kept."""
        if self._said is None:
            return []
        size = os.fstat(self._said.fileno()).st_size  # read in place: the child writes where this descriptor stands
        said = os.pread(self._said.fileno(), _TAIL_BYTES, max(0, size - _TAIL_BYTES)).decode("utf-8", "replace")
        return [line for line in said.splitlines() if line.strip()][-count:]

    def answered(self, ask: Callable[[], bool], timeout_s: float) -> bool:
        """Ask until the answer is yes; False where it has ended before, or did not say so in time."""
        deadline = time.monotonic() + timeout_s
        while not ask():
            if self.status is not None or time.monotonic() > deadline:
                return False
            time.sleep(_ASK_AGAIN_S)
        return True

    def ended_within(self, timeout_s: float) -> bool:
        """Wait until it has ended, and take it away; return whether it has in time.

        The kernel says when, where ``Popen.wait`` looks again and again, up to 50 ms apart.
        """
        if self.status is not None:
            return True
        try:
            descriptor = os.pidfd_open(self.pid)
        except OSError:  # a kernel before 5.3, or a sandbox that refuses the call
            return self._looked_for(timeout_s)
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            poll.poll(timeout_s * 1000)
        finally:
            os.close(descriptor)
        return self.status is not None

    def end(self) -> None:
        """Let it leave, ask its session to, kill it; raises LeftoverError where something of it survives that."""
        if not self.ended_within(self._leave_s) and self._terminate_s:
            self._signal(signal.SIGTERM)
            self._gone_within(self._terminate_s)
        self._signal(signal.SIGKILL)
        if not self._gone_within(self._kill_s):
            raise LeftoverError(f"{self.name}, process {self.pid}, or what it has started, survived SIGKILL")

    def close(self) -> None:
        """Give up what is held of one that has ended, or is to go on alone."""
        self._held.close()

    def _read_off(self, read_by: Callable[[int], object], descriptor: int) -> Callable[[], None]:
        """Have the output read; return what waits until all of it was."""
        reader = threading.Thread(target=read_by, args=(descriptor,), name="console", daemon=True)
        reader.start()

        def done() -> None:
            reader.join(self._kill_s)
            if self.stdout and not reader.is_alive():  # else its number would be another file's
                self.stdout.close()

        return done

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _gone_within(self, timeout_s: float) -> bool:
        """Wait until it has ended and nobody lives in its process group."""
        deadline = time.monotonic() + timeout_s
        if not self.ended_within(timeout_s):
            return False
        while _lives(self.pid):
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_AGAIN_S)
        return True

    def _looked_for(self, timeout_s: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        return self.status is not None


def _lives(group: int) -> bool:
    """Whether a process group has a member that is more than an entry which process 1 has not taken away yet."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's, by a helper that may change users
        pass
    with os.scandir("/proc") as entries:
        return any(_runs(entry, group) for entry in entries)


def _runs(entry: os.DirEntry[str], group: int) -> bool:
    """Whether a folder of /proc is that of a process which is of this group, and no mere entry."""
    with suppress(OSError, ValueError):
        if os.getpgid(int(entry.name)) == group:
            return Path(entry.path, "stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    return False
