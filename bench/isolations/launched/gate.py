"""What one command starts: the command waits in a gate until everything the envelope needs stands.

The gate (``gate.sh``) is a shell in a mount namespace of its own. It mounts the image's tree with a layer that can be
written to, joins the control group, and waits for the go; the stopwatch starts there. A family says which command
follows, and what that command does by itself.
"""

from __future__ import annotations

import os
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

import psutil

from bench import images
from bench.errors import IsolationError, StartTimeoutError
from bench.host import cgroup, patience, processes, programs
from bench.host.accounting import Account, HostProcess
from bench.host.block import disk_below
from bench.host.groups import freezer
from bench.host.run_state import kept, scratch
from bench.host.subprocesses import Child, status_of, version_of
from bench.host.user import ids
from bench.isolations.base import (
    HOST_STACK,
    LOOPBACK,
    Availability,
    Exit,
    Fault,
    Instance,
    Isolation,
    Launch,
    Route,
    console_of,
)
from bench.isolations.console import Console
from bench.isolations.kernel_kills import killed_for_memory
from bench.isolations.launched.seat import Seat
from bench.isolations.remedy import missing_package
from bench.isolations.revival.offers import Pausing
from bench.isolations.roles import by_role
from bench.isolations.stream import pump
from bench.isolations.timeline import Timeline
from bench.model import Image, Network, Phase, Say

_GATE = Path(__file__).with_name("gate.sh")
FURNISH = Path(__file__).with_name("furnish.sh")
_GATE_S = 10.0
"""Within which a gate stands on a fast host."""
_TERMINATE_TIMEOUT_S = 2.0
_LAST_WORDS_S = 0.1
_HOST_PIDS = 32768
"""What a kernel of its own has of the host's: threads, or a twin of every process inside."""


class GatedInstance(Instance):
    """The gate and what it starts."""

    def __init__(self, timeline: Timeline, console: Console, gate: Child, seat: Seat) -> None:
        super().__init__(timeline, console)
        self.seat = seat
        self._gate = gate
        self._group = seat.group
        self._account = seat.account
        self._place = seat.place
        self._helpers = seat.helpers
        self._door = seat.door
        self._oom_kills = 0

    def processes(self) -> Mapping[str, Sequence[HostProcess]]:
        """Return what the gate has started and what its control group holds; the gate is the harness's, uncounted."""
        found = {process.pid: process for process in processes.descendants(self._gate.pid)}
        others = set(self._group.pids()) - {*found, self._gate.pid}
        return by_role([*found.values(), *processes.readable(sorted(others))], self._helpers)

    @property
    def account(self) -> Account | None:
        """The instance's control group; where the gate is in it, its books include a shell of about 0.1 MiB."""
        return self._account

    def go(self, *, again: bool = False) -> None:
        """Open the gate: its first line is the go, the following ones are the entry's, the secret before all others.

        An entry that starts ``again`` where it stood has read the secret long ago.
        """
        self.send("" if again else f"\n{self.console.secret}")

    def send(self, line: str) -> None:
        """Write a line to standard input."""
        with suppress(BrokenPipeError):
            self._gate.send(f"{line}\n".encode())

    def enter(self, words: Sequence[str], timeout_s: float) -> int:
        """Run a command the way the isolation's own tool does it, else by ``nsenter``, or by the entry."""
        if self._door is None:
            return super().enter(words, timeout_s)
        innermost = processes.descendants(self._gate.pid)[-1].pid
        namespaces = ("nsenter", f"--target={innermost}", "--all", "--root", "--wd", "--")
        return status_of([*(self._door or namespaces), *words], timeout_s)

    def dismiss(self) -> None:
        """Let the entry go on; a runtime may take the group's books away with it, so kills are counted before."""
        self._count_kills()
        super().dismiss()

    @property
    def freezer(self) -> Path | None:
        """The folder by which all of it is frozen; None: this host has none."""
        return freezer.place(self._account.unified, self._place)

    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Wait for the gate, which leaves with the status of what it started."""
        if not self._gate.ended_within(timeout_s):
            return None
        self.console.wait("bye", "closed", timeout_s=_LAST_WORDS_S)  # said before it left, and read by another thread
        self.timeline.mark("exited", time.monotonic_ns())
        self._count_kills()
        return Exit(status=self._gate.status, out_of_memory=self._oom_kills > 0 or self._died_for_memory())

    def _died_for_memory(self) -> bool:
        """Whether all of it was killed, the entry included, so that nobody was left to be asked before it went.

        The group around outlives the one that a runtime takes away with its container, and counts what was killed below
        it in version 2 of control groups; in version 1 only the kernel's log tells of them.
        """
        return not self.console.happened("end") and (
            bool(self._group.read().oom_kills) or killed_for_memory(self._place)
        )

    def stop(self) -> None:
        """End everything: ask the session, then kill it, then what is left in the control group; verified."""
        if self.freezer:
            freezer.thaw(self.freezer)  # what is frozen does not die
        self._gate.end()  # a runtime may outlive its shell and be about to make the group anew: first it
        self._group.kill()
        self.timeline.mark("gone", time.monotonic_ns())

    def _count_kills(self) -> None:
        kills = self._account.read().oom_kills
        self._oom_kills = max(self._oom_kills, kills or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """How a gate is set up, and what stands for what it starts; the names are those of ``Gated``."""

    instance: type[GatedInstance] = GatedInstance
    furnished: bool
    waits: Literal["outside", "inside"] = "outside"
    covers: str = "-"

    @contextmanager
    def opened(
        self, seat: Seat, command: Sequence[str], console: Console, timeline: Timeline, entrances: Sequence[Path]
    ) -> Iterator[GatedInstance]:
        """Start the gate, wait until it stands ready, and end it with all it has started.

        Raises IsolationError, with what it said, when it does not open.
        """
        with ExitStack() as stack:
            with kept(seat.folder):
                for layer in ("upper", "work", "root", "volume"):
                    (seat.folder / layer).mkdir(exist_ok=True)  # User-Mode Linux has its init in "upper" by now
            gate = Child(
                "the gate",
                self._words(seat, command, entrances),
                terminate_s=_TERMINATE_TIMEOUT_S,
                kill_s=_TERMINATE_TIMEOUT_S,
                placed_on=seat.launch.envelope.cpu_set,
                read_by=partial(pump, console=console),
            )
            stack.callback(gate.close)
            instance = self.instance(timeline, console, gate, seat)
            stack.callback(instance.stop)
            within_s = patience.limit_s(_GATE_S)
            reached = console.wait("gate", "closed", timeout_s=within_s)
            if reached is None:
                said = " / ".join(console.tail(5)) or "nothing"
                raise StartTimeoutError(
                    f"the gate of an instance did not open within {within_s:.0f} s; it said: {said}",
                    remedy=patience.longer(),
                )
            if reached != "gate":
                raise IsolationError(
                    "the gate of an instance did not open: " + " / ".join(console.tail(5)),
                    remedy="See what it says; mounts and namespaces need root or unprivileged user namespaces",
                )
            yield instance

    def _words(self, seat: Seat, command: Sequence[str], entrances: Sequence[Path]) -> list[str]:
        launch, storage = seat.launch, seat.launch.storage
        tree = images.tree(launch.image, say=lambda _line: None)
        alone = ["--net"] if self.furnished and seat.network == "none" else []
        data = (storage.kind, storage.path, str(storage.size_bytes)) if storage else ("-", "-", "-")
        return [
            *("env", "--default-signal"),  # under nohup a workload would ignore SIGHUP, here and nowhere else
            *("unshare", *ids.namespace(), "--mount", *alone),
            *(str(tree / ".isobench/busybox"), "sh", str(_GATE), str(tree), str(seat.folder)),
            *(str(FURNISH) if self.furnished else "-", self.waits, self.covers, seat.network, *data),
            *(*map(str, entrances), "--", *command),
        ]


class Gated(Isolation, Pausing):
    """An isolation that a command starts."""

    phases: tuple[Phase, ...] = (
        Phase(mark="start", label="first output"),
        Phase(mark="ready", label="ready"),
        Phase(mark="end", label="workload ended"),
        Phase(mark="exited", label="exited"),
        Phase(mark="gone", label="gone"),
    )
    tools: ClassVar[Sequence[tuple[str, str]]]
    """The commands it needs, each with the package that brings it."""
    entrance = "nsenter, into root and namespaces of its innermost process; not into its control group"
    furnished: ClassVar[bool] = False
    """Whether the gate sets up all of the root; else the command mounts proc, devices, tmp and data itself."""
    group_inside: ClassVar[str] = ""
    """The name of the group below the instance's own in which the command puts the workload, with limits that it sets
    itself; empty: the limits are ours, on the instance's own group."""
    rootless: ClassVar[bool] = False
    """Whether it runs for a user without root, in a user namespace and a control group that the user is given."""
    limited_inside: ClassVar[bool] = False
    """Whether a kernel of its own limits memory and processes, so that the instance's group holds its CPUs alone."""
    joins: bool = True
    """Whether the gate joins the instance's group, and the command with it; else the command sees to that."""
    instance_type: ClassVar[type[GatedInstance]] = GatedInstance
    waits: Literal["outside", "inside"] = "outside"
    """Where the gate waits for the go: outside the root, or in it."""
    covers: str = "-"
    """A folder of the host in whose place the command finds an empty one of its own."""

    @abstractmethod
    def command(self, seat: Seat) -> Sequence[str]:
        """Return what the gate starts at the go; files that it reads are written here, before the stopwatch."""

    def door(self, seat: Seat) -> Sequence[str]:
        """Return the words by which its own tool runs more in an instance; none: it has no such command."""
        return ()

    def missing(self) -> Fault | None:
        """Look for root, without which no tool helps, then for the tools, the gate's own included."""
        if os.geteuid() != 0 and (fault := self.without_root()):
            return fault
        for tool, package in (("unshare", "util-linux"), ("chroot", "coreutils"), *self.tools):
            if programs.found(tool) is None:
                return missing_package(f"the command {tool} is missing", package)
        return None

    def without_root(self) -> Fault | None:
        """Return why it cannot run for who is not root; None: try it."""
        if not self.rootless:
            return Fault(reason=f"{self.name} needs root for its mounts", remedy="Run as root")
        try:
            cgroup.ground()
        except IsolationError as error:
            return Fault(reason=error.what, remedy=str(error.remedy))
        return None

    def prepare(self, image: Image, say: Say) -> None:
        """Extract the image's tree."""
        images.tree(image, say)

    def describe(self) -> Availability:
        """Name the versions of the tools."""
        versions = {tool: version_of(tool) for tool, _package in self.tools}
        detail = ", ".join(f"{tool} {version}" for tool, version in versions.items())
        return Availability(isolation=self.name, fault=None, detail=detail, versions=versions)

    def route(self, network: Network) -> Route | None:
        """Return the way to the instance: the host's stack is shared where asked for; none of these publishes."""
        return {"none": LOOPBACK, "host": HOST_STACK}.get(network)

    def group(self, seat_name: str, launch: Launch, folder: Path) -> cgroup.Cgroup:
        """Make the instance's control group, with the envelope's limits unless the command sets them itself."""
        disk = disk_below(folder) if launch.envelope.disk_rates else None
        envelope = None if self.group_inside else launch.envelope
        if self.limited_inside:
            envelope = replace(launch.envelope, memory_bytes=psutil.virtual_memory().total, pids=_HOST_PIDS)
        return cgroup.Cgroup.make(f"isobench/{self.run}/{seat_name}", envelope, disk)

    def group_path(self, seat: Seat) -> str:
        """Return the path, in every hierarchy, of the group that holds the workload."""
        inside = (self.group_inside,) if self.group_inside else ()
        return "/".join((seat.place, *inside))

    @contextmanager
    def launch(self, launch: Launch) -> Iterator[Instance]:
        """Start the command from the gate."""
        with self.seated(launch, self.command) as gate:
            yield gate

    @contextmanager
    def seated(
        self, launch: Launch, command: Callable[[Seat], Sequence[str]], secret: str = ""
    ) -> Iterator[GatedInstance]:
        """Start what ``command`` returns for a seat; ``secret`` is that of an instance which comes back by it."""
        timeline = Timeline()
        console = console_of(launch, timeline, secret)
        with ExitStack() as stack:
            folder = stack.enter_context(scratch(self.run, launch.label))
            group = self.group(folder.name, launch, folder)
            stack.callback(group.remove)
            account = group.below(self.group_inside)
            seat = Seat(launch=launch, folder=folder, group=group, account=account, helpers=self.helpers)
            seat = replace(seat, door=None if self.entrance == Isolation.entrance else self.door(seat))
            with kept(folder):
                words = command(seat)
            joins = group.entrances if self.joins else ()
            how = Gate(instance=self.instance_type, furnished=self.furnished, waits=self.waits, covers=self.covers)
            gate = stack.enter_context(how.opened(seat, words, console, timeline, joins))
            self.request(launch, timeline)
            gate.go(again=bool(secret))
            yield gate

    def no_pause(self) -> Fault | None:
        """Return why no control group of ours can be frozen; None: it can."""
        if freezer.place(cgroup.ground().get(""), ""):
            return None
        reason = "this host mounts no hierarchy by which control groups are frozen"
        return Fault(reason=reason, remedy="Mount version 2, or the freezer of version 1, on /sys/fs/cgroup")

    def pause(self, instance: Instance) -> None:
        """Freeze its control group."""
        assert isinstance(instance, GatedInstance)
        assert instance.freezer is not None
        freezer.freeze(instance.freezer, instance.seat.group.pids)

    def thaw(self, instance: Instance) -> None:
        """Thaw it."""
        assert isinstance(instance, GatedInstance)
        assert instance.freezer is not None
        freezer.thaw(instance.freezer)

    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        """Nothing beside control groups is left, and those go with ``bare``'s cleaning."""
        return []
