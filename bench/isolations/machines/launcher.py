"""Who starts a virtual machine: libvirt, or we ourselves. What is started looks the same from here."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from bench.isolations.base import Fault
from bench.isolations.machines.machine import Machine
from bench.model import Phase


class RunningMachine(Protocol):
    """A machine that was started; it may have ended already."""

    @property
    def pid(self) -> int | None:
        """The QEMU process; None where it is gone already.

        Raises IsolationError when the machine runs and its process cannot be found: its end could not be verified.
        """

    def known(self) -> bool:
        """Whether who started it still knows it."""

    def destroy(self) -> None:
        """End it at once; one that is gone already is no error."""

    def pause(self) -> None:
        """Stop its processors. Raises IsolationError."""

    def thaw(self) -> None:
        """Let them go on. Raises IsolationError."""

    def save(self, file: Path) -> None:
        """Write its state and memory into a file, which stops it. Raises IsolationError, also where it never can."""


class Launcher(Protocol):
    """A way to start machines."""

    started: Phase
    """The mark that is set when ``start`` returns."""
    asks: str
    """What is asked for, in the sentence about the stopwatch."""

    def missing(self) -> Fault | None:
        """Return the first thing that keeps it from starting machines, by looking."""

    def start(self, machine: Machine) -> RunningMachine:
        """Start a machine.

        Raises PortTakenError when the forwarded port is in use by now, IsolationError for any other refusal.
        """

    @property
    def versions(self) -> dict[str, str]:
        """Versions of what takes part, QEMU's under ``qemu``."""

    @property
    def detail(self) -> str:
        """What starts the machines, for a person."""
