"""A scripted instance for the meters: numbers chosen so that sums can be checked by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.host.accounting import Account, AccountReading, HostProcess, ProcessMemory, Unreadable
from bench.isolations.base import Exit, Instance
from bench.isolations.console import Console
from bench.isolations.timeline import Timeline


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process of fixed size; ``gone``: it has ended between being listed and being read."""

    pss_bytes: int = 0
    uss_bytes: int = 0
    rss_bytes: int = 0
    peak_bytes: int = 0
    used_s: float = 0.0
    wrote_bytes: int = 0
    gone: bool = False
    pid: int = 1

    def memory(self) -> ProcessMemory:
        self._check()
        return ProcessMemory(
            pss_bytes=self.pss_bytes,
            uss_bytes=self.uss_bytes,
            rss_bytes=self.rss_bytes,
            peak_rss_bytes=self.peak_bytes,
        )

    def peak_rss_bytes(self) -> int:
        self._check()
        return self.peak_bytes

    def cpu_s(self) -> float:
        self._check()
        return self.used_s

    def written_bytes(self) -> int:
        self._check()
        return self.wrote_bytes

    def _check(self) -> None:
        if self.gone:
            raise Unreadable("process 1 has ended")


@dataclass(frozen=True, kw_only=True)
class Books:
    """An account that always reads the same."""

    reading: AccountReading = field(default_factory=AccountReading)

    def read(self) -> AccountReading:
        return self.reading

    def limits(self) -> Mapping[str, str]:
        return {}

    def pids(self) -> list[int]:
        return []


class Scripted(Instance):
    """An instance that is nothing but its processes and its books."""

    def __init__(self, processes: Mapping[str, Sequence[HostProcess]], reading: AccountReading | None = None) -> None:
        super().__init__(Timeline(), Console("0"))
        self._processes = processes
        self._books = None if reading is None else Books(reading=reading)

    def processes(self) -> Mapping[str, Sequence[HostProcess]]:
        return self._processes

    @property
    def account(self) -> Account | None:
        return self._books

    def send(self, line: str) -> None:
        """Nobody listens."""

    def wait_exit(self, timeout_s: float) -> Exit | None:
        return None
