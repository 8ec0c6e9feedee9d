"""What one command starts: the command waits in a gate until everything the envelope needs stands.

The gate (``gate.sh``) is a shell in a mount namespace of its own. It mounts the image's tree with a layer that can be
written to, joins the control group, and waits for the go; the stopwatch starts there. A family says which command
follows, and what that command does by itself.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from bench import images
from bench.errors import IsolationError, LeftoverError
from bench.isolations import cgroup, processes
from bench.isolations.base import (
    HOST_STACK,
    LOOPBACK,
    Account,
    Availability,
    Exit,
    Fault,
    HostProcess,
    Instance,
    Isolation,
    Launch,
    Route,
    Say,
    console_of,
)
from bench.isolations.block import disk_below
from bench.isolations.console import Console
from bench.isolations.remedy import missing_package
from bench.isolations.roles import by_role
from bench.isolations.stream import pump
from bench.isolations.timeline import Timeline
from bench.isolations.waiting import ended_within
from bench.model import Image, Network, Phase, Storage
from bench.placement import kept_to
from bench.state import scratch

_GATE = Path(__file__).with_name("gate.sh")
FURNISH = Path(__file__).with_name("furnish.sh")
_GATE_TIMEOUT_S = 10.0
_TERMINATE_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where an instance will stand: what to launch, its scratch folder, its control groups."""

    launch: Launch
    folder: Path
    group: cgroup.Cgroup | None
    """All that belongs to the instance. None without root: the envelope's check will say what is missing."""
    account: cgroup.Cgroup | None
    """The group that holds the workload: the same, or one below it."""

    @property
    def name(self) -> str:
        """A name that no other instance of this host bears; it holds the run's."""
        return f"isobench-{self.folder.parent.name}-{self.folder.name}"

    @property
    def root(self) -> Path:
        """The image's tree with a layer that can be written to, mounted in the gate's namespace."""
        return self.folder / "root"

    @property
    def volume(self) -> Path:
        """The host's folder behind the workload's data, where its storage is a volume."""
        return self.folder / "volume"

    @property
    def data(self) -> Storage | None:
        """What is to be mounted for the workload's data; None where they lie on the root's own layer, or nowhere."""
        storage = self.launch.storage
        return None if storage is None or storage.kind == "layer" else storage

    @property
    def network(self) -> Network:
        """The network mode."""
        return self.launch.envelope.network


class GatedInstance(Instance):
    """The gate and what it starts."""

    def __init__(self, timeline: Timeline, console: Console, gate: subprocess.Popen[bytes], seat: Seat) -> None:
        super().__init__(timeline, console)
        self._gate = gate
        self._group = seat.group
        self._account = seat.account
        self._oom_kills = 0

    def processes(self) -> Mapping[str, Sequence[HostProcess]]:
        """Return what the gate has started and what its control group holds; the gate is the harness's, uncounted."""
        found = {process.pid: process for process in processes.descendants(self._gate.pid)}
        others = set(self._group.pids() if self._group else ()) - {*found, self._gate.pid}
        return by_role([*found.values(), *processes.readable(sorted(others))])

    @property
    def account(self) -> Account | None:
        """The instance's control group; where the gate is in it, its books include a shell of about 0.1 MiB."""
        return self._account

    def go(self) -> None:
        """Open the gate: its first line is the go, the following ones are the entry's."""
        self.send("")

    def send(self, line: str) -> None:
        """Write a line to standard input."""
        assert self._gate.stdin is not None
        with suppress(BrokenPipeError):
            self._gate.stdin.write(f"{line}\n".encode())

    def dismiss(self) -> None:
        """Let the entry go on; a runtime may take the group's books away with it, so kills are counted before."""
        self._count_kills()
        super().dismiss()

    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Wait for the gate, which leaves with the status of what it started."""
        if not ended_within(self._gate, timeout_s):
            return None
        self.timeline.mark("exited", time.monotonic_ns())
        self._count_kills()
        return Exit(status=self._gate.returncode, out_of_memory=self._oom_kills > 0)

    def stop(self) -> None:
        """End everything: ask the process group, then kill it; verified."""
        for number, timeout_s in (
            (signal.SIGTERM, _TERMINATE_TIMEOUT_S),
            (signal.SIGKILL, _TERMINATE_TIMEOUT_S),
        ):
            if self._gate.poll() is not None:
                break
            with suppress(ProcessLookupError):
                os.killpg(self._gate.pid, number)
            ended_within(self._gate, timeout_s)
        # A runtime may outlive its shell and be about to make the group anew: first it, then what is in the group.
        if self._gate.poll() is None or not self._session_ended():
            raise LeftoverError(f"process {self._gate.pid}, or what it has started, survived SIGKILL")
        if self._group:
            self._group.kill()
        self.timeline.mark("gone", time.monotonic_ns())

    def _session_ended(self) -> bool:
        deadline = time.monotonic() + _TERMINATE_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                os.killpg(self._gate.pid, signal.SIGKILL)
            except ProcessLookupError:
                return True
            if not any(_lives(pid) for pid in _in_process_group(self._gate.pid)):
                return True  # dead, and not yet taken away by process 1
            time.sleep(0.005)
        return False

    def _count_kills(self) -> None:
        kills = self._account.read().oom_kills if self._account else None
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
            for layer in ("upper", "work", "root", "volume"):
                (seat.folder / layer).mkdir(exist_ok=True)  # User-Mode Linux has its init in "upper" by now
            with kept_to(seat.launch.envelope.cpu_set):  # what is started here inherits it: a command less than taskset
                gate = subprocess.Popen(
                    self._words(seat, command, entrances),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    bufsize=0,
                    start_new_session=True,
                )
            assert gate.stdout is not None
            reader = threading.Thread(target=pump, args=(gate.stdout.fileno(), console), name="console", daemon=True)
            reader.start()
            instance = self.instance(timeline, console, gate, seat)
            stack.callback(_reap, instance, gate, reader)
            if console.wait("gate", "closed", timeout_s=_GATE_TIMEOUT_S) != "gate":
                raise IsolationError(
                    "the gate of an instance did not open: " + " / ".join(console.tail(5)),
                    remedy="See what it says; mounts and namespaces need root or unprivileged user namespaces",
                )
            yield instance

    def _words(self, seat: Seat, command: Sequence[str], entrances: Sequence[Path]) -> list[str]:
        launch, storage = seat.launch, seat.launch.storage
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        tree = images.tree(launch.image, say=lambda _line: None)
        alone = ["--net"] if self.furnished and seat.network == "none" else []
        data = (storage.kind, storage.path, str(storage.size_bytes)) if storage else ("-", "-", "-")
        return [
            *("unshare", *user, "--mount", *alone),
            *(str(tree / ".isobench/busybox"), "sh", str(_GATE), launch.trial.nonce, str(tree), str(seat.folder)),
            *(str(FURNISH) if self.furnished else "-", self.waits, self.covers, seat.network, *data),
            *(*map(str, entrances), "--", *command),
        ]


class Gated(Isolation):
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
    furnished: ClassVar[bool] = False
    """Whether the gate sets up all of the root; else the command mounts proc, devices, tmp and data itself."""
    group_inside: ClassVar[str] = ""
    """The name of the group below the instance's own in which the command puts the workload, with limits that it sets
    itself; empty: the limits are ours, on the instance's own group."""
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

    def missing(self) -> Fault | None:
        """Look for the tools, the gate's own included, and for root."""
        for tool, package in (
            ("unshare", "util-linux"),
            ("chroot", "coreutils"),
            *self.tools,
        ):
            if shutil.which(tool) is None:
                return missing_package(f"the command {tool} is missing", package)
        return None if os.geteuid() == 0 else self.without_root()

    def without_root(self) -> Fault | None:
        """Return why it cannot run for who is not root; None: try it."""
        return Fault(reason="mounts and control groups need root here", remedy="Run as root")

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

    def group(self, seat_name: str, launch: Launch, folder: Path) -> cgroup.Cgroup | None:
        """Make the instance's control group, with the envelope's limits unless the command sets them itself."""
        if os.geteuid() != 0:
            return None
        disk = disk_below(folder) if launch.envelope.write_bytes_per_s else None
        envelope = None if self.group_inside else launch.envelope
        return cgroup.Cgroup.make(f"isobench/{self.run}/{seat_name}", envelope, disk)

    def group_path(self, seat: Seat) -> str:
        """Return the path, in every hierarchy, of the group that holds the workload."""
        inside = (self.group_inside,) if self.group_inside else ()
        return "/".join(("isobench", self.run, seat.folder.name, *inside))

    @contextmanager
    def launch(self, launch: Launch) -> Iterator[Instance]:
        """Start the command from the gate."""
        timeline = Timeline()
        console = console_of(launch, timeline)
        with ExitStack() as stack:
            folder = stack.enter_context(scratch(self.run, launch.label))
            group = self.group(folder.name, launch, folder)
            if group:
                stack.callback(group.remove)
            account = group.below(self.group_inside) if group else None
            seat = Seat(launch=launch, folder=folder, group=group, account=account)
            words = self.command(seat)
            joins = group.entrances if group and self.joins else ()
            how = Gate(instance=self.instance_type, furnished=self.furnished, waits=self.waits, covers=self.covers)
            gate = stack.enter_context(how.opened(seat, words, console, timeline, joins))
            timeline.mark("requested", self.clock.now_ns())
            gate.go()
            yield gate

    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        """Nothing beside control groups is left, and those go with ``bare``'s cleaning."""
        return []


def _in_process_group(group: int) -> list[int]:
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with suppress(OSError):
                if os.getpgid(int(entry.name)) == group:
                    found.append(int(entry.name))
    return found


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def version_of(tool: str) -> str:
    """Return the first version number in what a command says of itself; "unknown" where there is none."""
    done = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False, start_new_session=True)
    words = (done.stdout + done.stderr).replace("(", " ").split()
    return next((word for word in words if any(letter.isdigit() for letter in word)), "unknown").strip(",)")


def _reap(instance: GatedInstance, gate: subprocess.Popen[bytes], reader: threading.Thread) -> None:
    instance.stop()
    assert gate.stdin is not None
    assert gate.stdout is not None
    gate.stdin.close()
    reader.join(_TERMINATE_TIMEOUT_S)
    gate.stdout.close()
