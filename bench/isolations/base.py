"""The seam: what every isolation offers, and all that the runner and the meters may know of it.

An isolation says whether it can really run here, turns an image into the form it needs (never timed), and launches
instances (timed). An instance offers timeline, console, host processes by role, its group's account and its exit.
"""

from __future__ import annotations

import secrets
import shlex
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, get_args

from bench.errors import IsolationError
from bench.isolations.console import LIMIT_BYTES, Console
from bench.isolations.moved import moved
from bench.isolations.timeline import Clock, MonotonicClock, Timeline
from bench.model import Envelope, Image, Kind, Network, Outcome, Phase, Storage, Trial, Virtualization

if TYPE_CHECKING:
    from bench.host.accounting import Account, HostProcess
    from bench.images.boot.guest_kernel import GuestKernel
    from bench.model import Role, Say

SEAM_VERSION = 2
"""Raised when an isolation written for an older version of this module would no longer work.

1: the first. 2: the first line of the entry's input is its console's secret, and how it exits must agree with it.
"""

SHM_BYTES = 64 << 20
"""Size of ``/dev/shm``, in every isolation: the one Docker gives, which images are made for."""

HOSTNAME = "isobench"
"""What an instance with names of its own is called, in every isolation; the images' ``/etc/hosts`` knows it."""

Guard = Callable[[], AbstractContextManager[None]]
"""Makes what is entered around a start, to hold back signals until nothing can be left behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How an instance ended, as the host sees it and whatever it has said itself."""

    status: int | None
    """The entry's status; that of a signal is negative, or 128 more than its number. None: nobody has seen it."""
    out_of_memory: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why an isolation cannot run here, what to do about it, and a way to do it where there is one."""

    reason: str
    remedy: str
    fix: Callable[[], None] | None = None
    change: str = ""
    """What ``fix`` changes on this machine, exactly: shown before anybody consents to it."""
    of_host: bool = False
    """Whether the host is why, by processor or release, which no set-up mends: tests are skipped then, in CI too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """The answer to "does it really run here?", found by running it."""

    isolation: str
    fault: Fault | None
    detail: str
    emulated: bool = False
    """The same as ``virtualization="emulation"``: one may be said for the other."""
    virtualization: Virtualization = ""
    own_kernel: bool = False
    """Whether the workload was seen to run on another kernel than the host's."""
    versions: Mapping[str, str] = field(default_factory=dict)
    engine: Mapping[str, str] = field(default_factory=dict)
    """Which engine starts its instances, and the settings of it that change a start; empty: no engine does."""
    took_s: float | None = None
    """How long an instance that does nothing took, from before its start until it was gone; None: not known."""

    def __post_init__(self) -> None:
        if self.emulated and not self.virtualization:
            object.__setattr__(self, "virtualization", "emulation")
        object.__setattr__(self, "emulated", self.virtualization == "emulation")

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
    padding_bytes: int = 0
    """By how much the workload's environment is larger."""
    memory_file: Path | None = None
    """The file in which a machine's memory is to lie, so that its checkpoint can be mapped; None: in none."""
    line: Callable[[], None] = lambda: None
    """Returns when it is its turn to be asked for: of many at once, each stands here until all are prepared."""

    @property
    def label(self) -> str:
        """What tells this instance from others of the run, in names of folders, control groups, containers, guests."""
        return f"{self.trial.number:04d}{self.named and '-'}{self.named}"

    @property
    def entry(self) -> tuple[str, ...]:
        """What every isolation runs inside the image; the first line of its input is its console's secret."""
        mode, folder = "stay" if self.stays else "once", self.storage.path if self.storage else "-"
        return ("/.isobench/entry", mode, folder, str(self.padding_bytes), *self.command)


def console_of(launch: Launch, timeline: Timeline, secret: str = "") -> Console:
    """Return an instance's console; events become the timeline's marks. One that comes back knows its ``secret``."""
    return Console(
        secret or secrets.token_hex(8),  # from no seed, and nowhere else
        started=bool(secret),
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

    def enter(self, words: Sequence[str], timeout_s: float) -> int:
        """Run a command beside the workload, the way this isolation enters an instance; return its status at its end.

        Where nothing is said here: by a line to its entry. Raises IsolationError when there is no end in time.
        """
        number = str(time.monotonic_ns())
        self.send(f"run {number} {shlex.join(words)}")
        if self.wait(f"did.{number}", "closed", timeout_s=timeout_s) != f"did.{number}":
            raise IsolationError(f"{shlex.join(words)} had not ended {timeout_s:g} s after it was sent inside")
        return self.console.statuses[number]

    @abstractmethod
    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Wait until the instance has ended by itself; None when it has not in time."""

    def carried(self, status: int) -> int:
        """Return what ``wait_exit`` sees of an entry that exits so: the same, unless the isolation has its own view."""
        return status

    def see_off(self, timeout_s: float, *, may_outgrow_memory: bool = False) -> Outcome:
        """Wait until the instance, which was dismissed, has ended by itself; return how, by what host and entry saw."""
        left = self.wait_exit(timeout_s)
        if left is None:
            reason = f"still there {timeout_s:.0f} s after its workload had ended"
            return Outcome(kind=Kind.DID_NOT_RETURN, reason=reason)
        if left.out_of_memory and not may_outgrow_memory:
            reason = f"a process was killed for memory; the workload ended with {self.console.status}"
            return Outcome(kind=Kind.OUT_OF_MEMORY, reason=reason)
        doubt = self.doubt(left)
        return Outcome(kind=Kind.FAILED, reason=doubt) if doubt else Outcome(kind=Kind.OK)

    def doubt(self, left: Exit) -> str | None:
        """Return why what the entry said of its end is not to be believed; None where the host saw the same."""
        said = self.console.status
        if self.console.contradicts:
            return "somebody else has spoken in the entry's name: it said twice what it says once"
        if said is None or left.status != self.carried(said):
            return f"the entry said that its workload ended with status {said}, and the host saw {_seen(left.status)}"
        return None


def _seen(status: int | None) -> str:
    return "no status" if status is None else f"status {status}" if status >= 0 else f"signal {-status}"


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

    hushed: bool = False
    """Whether its tool is told to keep out of the workload's output; a failed probe starts it aloud, to learn why."""

    excuses: ClassVar[Mapping[str, str]] = {}
    """What a workload finds otherwise than elsewhere, by check (``bench.testing.furnishing``), in another package's."""

    boots: int = 1
    """How often a probe may start it: more than once where a guest is known to hang at random as it boots."""

    probe_s: float = 60.0
    """Within which a probe starts and ends on a fast host."""

    shown_s: float = 0.0
    """How long a start was seen to take while it was prepared; 0: none was made."""

    boot_timeout_s: float | None = None
    """Longest time to the start mark, after which a guest counts as hung; None: as long as the scenario allows."""

    entrance: str = "a line to its entry, which runs it"
    """How a command gets into an instance that runs already (``Instance.enter``), in a phrase; empty: in no way."""

    clock: Clock = MonotonicClock()

    def __init__(self, run: str, words: Sequence[str] = ()) -> None:
        """``words`` name the variant; the family that has any looks them up in ``bench.isolations.variants``."""
        self.family = self.name
        self.name = f"{self.name}:{'+'.join(words)}" if words else self.name
        self.run = run
        """Id of the run that everything made here is labelled with."""
        self.helpers: Mapping[str, Role] = {}
        """Its row's: programs that help it, and what each is to an instance."""
        self.daemons: Sequence[HostProcess] = ()
        """Once it is prepared, what starts its instances: an engine's."""
        self.guest_kernel: GuestKernel | None = None
        """A kernel of the user's own for guests; None: that of the image's release."""
        self.aside: tuple[int, ...] = ()
        """The CPUs for what serves every instance; empty: all of them."""
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

    def lacks(self, network: Network) -> Fault:
        """Say why there is no way to an instance in this network mode, and what to do about it."""
        modes = " or ".join(mode for mode in get_args(Network) if self.route(mode))
        other = f"Compare it in network mode {modes}, or isolations that have {network!r}"
        return Fault(reason=f"{self.name} has no network mode {network!r}", remedy=other)

    def request(self, launch: Launch, timeline: Timeline) -> None:
        """Start the stopwatch, when it is this one's turn: the last that a launch does before the call that asks."""
        launch.line()
        timeline.mark("requested", self.clock.now_ns())

    @abstractmethod
    def launch(self, launch: Launch) -> AbstractContextManager[Instance]:
        """Start an instance; on leaving, stop it and verify that nothing of it is left.

        Several threads may be in here at once, each with a launch of its own. Raises IsolationError when the start
        fails, LeftoverError when the teardown does.
        """

    @abstractmethod
    def describe(self) -> Availability:
        """Return versions and caveats, as far as they are known after ``prepare``."""

    @abstractmethod
    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        """Remove what runs for which ``dead`` holds left behind; return one line for each thing removed."""


__getattr__ = moved(__name__)
