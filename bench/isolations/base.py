"""The seam: what every isolation offers, and all that the runner and the meters may know of it.

An isolation says whether it can really run here, turns an image into the form it needs (never timed), and
launches instances (timed). An instance offers its timeline, its console, its host processes by role, its
cgroup account if it has one, and its exit.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from bench.isolations.console import LIMIT_BYTES, Console
from bench.isolations.timeline import Timeline
from bench.model import Envelope, Image, Network, Phase, Storage, Trial

Say = Callable[[str], None]
"""Receives one line of progress; the core itself never prints."""

SEAM_VERSION = 1
"""Raised when an isolation written for an older version of this module would no longer work. 1: the first."""

Guard = Callable[[], AbstractContextManager[None]]
"""Makes what is entered around a start, to hold back signals until nothing can be left behind."""


class Clock(Protocol):
    """Where an isolation's time comes from; the fake has one of its own."""

    def now_ns(self) -> int:
        """Nanoseconds on a clock that never goes back."""

    def sleep(self, seconds: float) -> None:
        """Let that much of this clock's time pass."""


class MonotonicClock:
    """The host's monotonic clock."""

    def now_ns(self) -> int:
        """Read CLOCK_MONOTONIC."""
        return time.monotonic_ns()

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(max(0.0, seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessMemory:
    """One host process's memory now: proportional, unique and resident set, and its own peak."""

    pss_bytes: int
    uss_bytes: int
    rss_bytes: int
    peak_rss_bytes: int


class HostProcess(Protocol):
    """A host process that exists because of an instance. Readings raise Unreadable when it has ended."""

    @property
    def pid(self) -> int:
        """Host process id."""

    def memory(self) -> ProcessMemory:
        """Read memory; takes the process's memory lock for as long as it walks the mappings."""

    def peak_rss_bytes(self) -> int:
        """Peak resident set from the kernel (VmHWM); cheap."""

    def cpu_s(self) -> float:
        """User plus system CPU seconds, of all its threads."""

    def written_bytes(self) -> int:
        """Bytes it has caused to be written to disks, children that it has waited for included."""


class Unreadable(Exception):  # noqa: N818 - reads as what happened; never leaves the meters
    """The process ended before it could be read, or belongs to somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReading:
    """A cgroup's own books. None: this host's cgroup version does not keep that figure."""

    memory_bytes: int | None = None
    memory_peak_bytes: int | None = None
    anon_bytes: int | None = None
    file_bytes: int | None = None
    shmem_bytes: int | None = None
    cpu_s: float | None = None
    throttled: int | None = None
    oom_kills: int | None = None
    written_bytes: int | None = None
    """Written to disks in its name since it exists, groups below it included."""


class Account(Protocol):
    """A cgroup that holds an instance's processes."""

    def read(self) -> AccountReading:
        """Read everything the cgroup accounts for."""

    def limits(self) -> Mapping[str, str]:
        """Return the limits that hold: ``memory_limit``, ``pids_limit``, ``cpu_set``, as the kernel writes them."""

    def pids(self) -> list[int]:
        """Return every process in the cgroup or below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How an instance ended: the workload's status as its isolation reports it, None where it cannot."""

    status: int | None
    out_of_memory: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why an isolation cannot run here, what to do about it, and a way to do it where there is one."""

    reason: str
    remedy: str
    fix: Callable[[], None] | None = None
    change: str = ""
    """What ``fix`` changes on this machine, exactly: shown before anybody consents to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """The answer to "does it really run here?", found by running it."""

    isolation: str
    fault: Fault | None
    detail: str
    emulated: bool = False
    own_kernel: bool = False
    """Whether the workload was seen to run on another kernel than the host's."""
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether a real trial start succeeded."""
        return self.fault is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What an isolation needs to know to start one instance."""

    trial: Trial
    image: Image
    envelope: Envelope
    command: tuple[str, ...]
    """The workload's words, nothing left to fill in; empty: an instance in which only what the host sends runs."""
    stays: bool = False
    """Whether the command is a service, and the instance obeys the host's lines until it is dismissed."""
    storage: Storage | None = None
    port: int = 0
    """The port that is published, where the envelope's network is."""
    patterns: Mapping[str, str] = field(default_factory=dict)
    """Events by the pattern of the console line that brings them: ``ready``, ``window_begin``, ``window_finish``."""
    answers: bool = False
    """Whether ``ready`` comes from the service's own first answer, not from the console."""
    console_limit_bytes: int = LIMIT_BYTES
    named: str = ""
    """What the instance's name ends in, beside the trial's number."""

    @property
    def label(self) -> str:
        """What tells this instance from others of the run, in names of folders, control groups, containers, guests."""
        return f"{self.trial.number:04d}{self.named and '-'}{self.named}"

    @property
    def entry(self) -> tuple[str, ...]:
        """What every isolation runs inside the image."""
        mode, folder = "stay" if self.stays else "once", self.storage.path if self.storage else "-"
        return ("/.isobench/entry", self.trial.nonce, mode, folder, *self.command)


def console_of(launch: Launch, timeline: Timeline) -> Console:
    """Return the console of an instance about to be launched; its events become marks of the timeline."""
    return Console(
        launch.trial.nonce,
        patterns=launch.patterns,
        ready_at_start="ready" not in launch.patterns and not launch.answers,
        on_event=timeline.mark,
        limit_bytes=launch.console_limit_bytes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How an instance in some network mode is reached."""

    bind: str
    """The address inside on which a service listens."""
    address: str
    """The address at which the host reaches it, at the launch's port; empty: not at all."""
    how: str
    """For a person: what lies between."""


LOOPBACK = Route(bind="127.0.0.1", address="", how="loopback only")
HOST_STACK = Route(bind="127.0.0.1", address="127.0.0.1", how="the host's own network stack")


class Instance(ABC):
    """One started isolation unit."""

    def __init__(self, timeline: Timeline, console: Console) -> None:
        self.timeline = timeline
        self.console = console

    @abstractmethod
    def processes(self) -> Mapping[str, Sequence[HostProcess]]:
        """Return the host processes that exist because of this instance now, by role.

        ``shared:ROLE`` names daemons that serve every instance (an engine); they are never summed with
        the instance's own.
        """

    @property
    @abstractmethod
    def account(self) -> Account | None:
        """The cgroup that holds the workload, where there is one."""

    def held(self) -> Mapping[str, str]:
        """Return the limits that the host holds this instance to now: none of a cgroup in which it has no process."""
        account = self.account
        return account.limits() if account is not None and account.pids() else {}

    def wait(self, *events: str, timeout_s: float) -> str | None:
        """Wait for the first of the console's events; None when none came in time."""
        return self.console.wait(*events, timeout_s=timeout_s)

    @abstractmethod
    def send(self, line: str) -> None:
        """Write a line to the entry; what an instance that is gone does not take is lost."""

    def dismiss(self) -> None:
        """Let the entry go on: a service stops; after the workload's end, when counters have been read, all leaves."""
        self.send("")

    @abstractmethod
    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Wait until the instance has ended by itself; None when it has not in time."""


class Isolation(ABC):
    """A way to run a workload."""

    name: str
    """The family's name; an instance of a variant bears the variant's."""
    stopwatch: str
    """Where the start-up stopwatch starts and stops, in a sentence for the report."""
    phases: tuple[Phase, ...]
    """The marks this isolation can set, in their usual order."""

    most_cpus: int | None = None
    """How many CPUs an instance can have at most; None: as many as the host."""

    boots: int = 1
    """How often a probe may start it: more than once where a guest is known to hang at random as it boots."""

    boot_timeout_s: float | None = None
    """Longest time to the start mark, after which a guest counts as hung; None: as long as the scenario allows."""

    clock: Clock = MonotonicClock()

    def __init__(self, run: str, words: Sequence[str] = ()) -> None:
        """``words`` name the variant; the family that has any looks them up in ``bench.isolations.variants``."""
        self.family = self.name
        self.name = f"{self.name}:{'+'.join(words)}" if words else self.name
        self.run = run
        """Id of the run that everything made here is labelled with."""
        self.guard: Guard = nullcontext
        """Entered around starts that are no trials (probes); the session holds back signals with it."""

    @abstractmethod
    def missing(self) -> Fault | None:
        """Return the first thing that keeps this isolation from running, by looking; None: try it."""

    @abstractmethod
    def prepare(self, image: Image, say: Say) -> None:
        """Bring the image into the form this isolation runs. Never timed; idempotent."""

    def started(self, start_s: float) -> None:  # noqa: B027 - most have nothing to learn from it
        """Take note of how long the start of a probe took, from the request to the start mark."""

    def altered(self, envelope: Envelope) -> Envelope:
        """Return the envelope as this variant changes it; what it then asks for is checked like any other."""
        return envelope

    def route(self, network: Network) -> Route | None:
        """Return how an instance in this network mode is reached; None: this isolation has no such mode."""
        return LOOPBACK if network == "none" else None

    @abstractmethod
    def launch(self, launch: Launch) -> AbstractContextManager[Instance]:
        """Start an instance; on leaving, stop it and verify that nothing of it is left.

        Raises IsolationError when the start fails, LeftoverError when the teardown does.
        """

    @abstractmethod
    def describe(self) -> Availability:
        """Return versions and caveats, as far as they are known after ``prepare``."""

    @abstractmethod
    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        """Remove what runs for which ``dead`` holds left behind; return one line for each thing removed."""
