"""The kernel's tracing file system, wherever this host has it, and a recording in a corner of it that is ours alone.

Source of the mechanism: the kernel's ``Documentation/trace/ftrace.rst``, instances, ``set_event_pid``, ``event-fork``,
``set_ftrace_pid``, ``function-fork``.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bench.errors import BenchError
from bench.host.run_names import run_of

_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432
"""The same on every architecture of Linux."""
_CREATE, _CLOEXEC = 6, 1
_MOST_KIB_PER_CPU, _MOST_KIB = 48 << 10, 512 << 10
"""Of the buffer: 48 MiB hold about two million entered functions; a host of many CPUs gives less for each."""
_CALLS = Path("events/raw_syscalls/sys_enter/enable")


class UntraceableError(BenchError):
    """The kernel's tracer is not there, is refused, or is somebody else's."""


@contextmanager
def tracefs() -> Iterator[Path]:
    """Yield the folder of the tracing file system; where it is mounted nowhere, it is for as long, seen by nobody else.

    Raises UntraceableError.
    """
    for line in Path("/proc/self/mounts").read_text().splitlines():
        where, kind = line.split()[1:3]
        if kind == "tracefs":
            yield Path(where)
            return
    descriptor = _mounted()
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


@contextmanager
def recording(folder: Path, name: str, tasks: Callable[[], Sequence[int]], *, functions: bool) -> Iterator[Path]:
    """Record what these tasks, and all that they start, do within this; yield the instance of the tracer.

    ``name`` is that of an instance of a run, which ``leftover`` knows. System calls are recorded as ``sys_enter`` and,
    where asked for, kernel functions. Nothing is recorded any more when this is left; ``stopped`` stops it sooner, to
    be read. Raises UntraceableError where the tracer refuses, or is in use.
    """
    own = folder / "instances" / name
    with ExitStack() as stack:
        try:
            if functions and (theirs := (folder / "current_tracer").read_text().strip()) != "nop":
                raise UntraceableError(f"the tracer is in use: somebody has set it to {theirs!r}")
            own.mkdir()
            stack.callback(_removed, own)
            (own / "tracing_on").write_text("0")
            (own / "buffer_size_kb").write_text(str(min(_MOST_KIB_PER_CPU, _MOST_KIB // (os.cpu_count() or 1))))
            (own / "options/event-fork").write_text("1")  # before the tasks: it holds for those that are named after it
            wanted = list(map(str, tasks()))
            if functions:
                (own / "options/function-fork").write_text("1")
                (own / "set_ftrace_pid").write_text(" ".join(wanted))
                (own / "current_tracer").write_text("function")
            (own / "set_event_pid").write_text(" ".join(wanted))
            (own / _CALLS).write_text("1")
            (own / "tracing_on").write_text("1")
        except OSError as error:
            at = Path(error.filename or own).name
            raise UntraceableError(f"the kernel's tracer is refused: {at}: {error.strerror}") from error
        yield own


def stopped(own: Path) -> Path:
    """Stop a recording; return the file that holds it. Raises UntraceableError where some of it was lost."""
    (own / "tracing_on").write_text("0")
    lost = sum(_overrun(file) for file in own.glob("per_cpu/cpu*/stats"))
    if lost:
        raise UntraceableError(f"the trace ran over: {lost} events of it are lost, and what was in them is not known")
    return own / "trace"


def leftover(dead: Callable[[str], bool]) -> list[str]:
    """Remove the recordings that runs for which ``dead`` holds have left; return one line for each."""
    found = []
    with suppress(UntraceableError), tracefs() as folder:
        for own in (folder / "instances").iterdir():
            if (run := run_of(own.name)) is not None and dead(run):
                _removed(own)
                found.append(f"recording {own.name}")
    return found


def _overrun(stats: Path) -> int:
    words = dict(line.split(":", 1) for line in stats.read_text().splitlines() if ":" in line)
    return int(words["overrun"]) + int(words["dropped events"])


def _removed(own: Path) -> None:
    for file, word in (("tracing_on", "0"), (os.fspath(_CALLS), "0"), ("current_tracer", "nop")):
        with suppress(OSError):
            (own / file).write_text(word)
    own.rmdir()


def _mounted() -> int:
    """Return a descriptor of the file system's root, mounted nowhere."""
    libc = ctypes.CDLL(None, use_errno=True)
    context = libc.syscall(_FSOPEN, b"tracefs", _CLOEXEC)
    if context < 0:
        raise _refused("fsopen")
    try:
        if libc.syscall(_FSCONFIG, context, _CREATE, None, None, 0) < 0:
            raise _refused("fsconfig")
        root = int(libc.syscall(_FSMOUNT, context, _CLOEXEC, 0))
        if root < 0:
            raise _refused("fsmount")
        return root
    finally:
        os.close(context)


def _refused(what: str) -> UntraceableError:
    why = os.strerror(ctypes.get_errno())
    return UntraceableError(
        f"this host has no tracefs, or gives us none ({what}: {why})",
        remedy="Run as root on a kernel with tracing, as in a lab host: tools/lab run debian13",
    )
