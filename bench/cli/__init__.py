"""The command line: the only place that prints and exits. One file per command.

Exit codes: 0 all went well; 1 some trials failed (doctor: an isolation is not ready); 2 the input is wrong;
3 nothing could be measured; 4 ``compare`` found something worse; 129 ended by SIGHUP; 130 ended by Ctrl-C;
143 ended by SIGTERM.
What was measured is kept in every case.
"""

from __future__ import annotations

import signal
from types import FrameType

from bench.cli.exits import leave_with
from bench.cli.output import lasting
from bench.errors import BenchError, Interrupted
from bench.host import programs

__all__ = ["main"]


def main() -> None:
    """Run the command line; errors raised on purpose become a message and an exit code, and so does Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    programs.reach_system_folders()
    with lasting():
        try:
            from bench.cli.app import app  # noqa: PLC0415 - typer takes its time, in which Ctrl-C may come

            app()
        except (BenchError, Interrupted) as error:
            leave_with(error)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    """End what has nothing of its own to take down; the next Ctrl-C does not cut that short."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise Interrupted(signal.Signals(number).name)
