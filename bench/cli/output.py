"""Output that cannot be written ends no command half way: it is said when the command is over."""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from bench.cli.exits import ExitCode, say
from bench.errors import StoreError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Lasting(io.FileIO):
    """A descriptor; the first failure to write to it is remembered, and from then on nothing is written.

    But for a pipe that nobody reads any more: that ends a command, as everywhere.
    """

    failure: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, or pretend to."""
        try:
            if self.failure is None:
                return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            self.failure = error
        return memoryview(data).nbytes


def lost() -> bool:
    """Whether standard output could not be written, which is said when the command is over."""
    sys.stdout.flush()
    stream = getattr(sys.stdout, "buffer", None)
    raw = getattr(stream, "raw", stream)
    return isinstance(raw, _Lasting) and raw.failure is not None


@contextmanager
def lasting() -> Iterator[None]:
    """Let standard output and standard error last within this block, which a SystemExit may leave.

    What could not be written is said on standard error, unless it was for a terminal that has gone.
    """
    before, code = (sys.stdout, sys.stderr), 0
    (sys.stdout, out), (sys.stderr, _err) = map(_lasting, before)
    try:
        try:
            yield
        except SystemExit as left:
            code = int(left.code or 0)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        if out and out.failure and out.failure.errno != errno.EIO:
            say(StoreError(f"cannot write to standard output: {out.failure.strerror}", remedy="The rest was done"))
            code = code or ExitCode.SOME_FAILED
        sys.stderr.flush()
    finally:
        sys.stdout, sys.stderr = before
    if code:
        raise SystemExit(code)


def _lasting(stream: TextIO) -> tuple[TextIO, _Lasting | None]:
    """Return a stream to the same descriptor; the same stream where it is none of the process's own."""
    if stream not in (sys.__stdout__, sys.__stderr__) or not isinstance(stream, io.TextIOWrapper):
        return stream, None
    stream.flush()
    raw = _Lasting(stream.fileno(), "wb", closefd=False)
    lasting = io.TextIOWrapper(
        raw if stream.write_through else io.BufferedWriter(raw),  # unbuffered where Python was told to be (-u)
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
    return lasting, raw
