"""Bare: the image's own binaries, started from the image's root as a plain process.

A gate (``gate.sh``) sets up root, network and control group before the stopwatch starts. What is timed is
what a plain process costs: fork, chroot, exec.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psutil

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
from bench.isolations.block import Disk, disk_below
from bench.isolations.console import Console
from bench.isolations.remedy import missing_package
from bench.isolations.stream import pump
from bench.isolations.timeline import Timeline
from bench.model import Envelope, Image, Network, Phase
from bench.state import scratch

_GATE = Path(__file__).with_name("gate.sh")
_GATE_TIMEOUT_S = 10.0
_TERMINATE_TIMEOUT_S = 2.0
_CLIENT_PIDS = 4096


class Bare(Isolation):
    """A plain process in a chroot of the image."""

    name = "bare"
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, to the arrival of the "
        "workload's first line; mounts, namespaces and the control group are set up before"
    )
    phases = (
        Phase(mark="start", label="first output"),
        Phase(mark="ready", label="ready"),
        Phase(mark="end", label="workload ended"),
        Phase(mark="exited", label="exited"),
        Phase(mark="gone", label="gone"),
    )

    def missing(self) -> Fault | None:
        """Look for the tools of the gate."""
        for tool, package in (("unshare", "util-linux"), ("chroot", "coreutils"), ("taskset", "util-linux")):
            if shutil.which(tool) is None:
                return missing_package(f"the command {tool} is missing", package)
        return None

    def prepare(self, image: Image, say: Say) -> None:
        """Extract the image's tree."""
        images.tree(image, say)

    def describe(self) -> Availability:
        """Say what bare means here."""
        how = "chroot into the image" if os.geteuid() == 0 else "chroot into the image in a user namespace"
        return Availability(isolation=self.name, fault=None, detail=how, versions={"kernel": os.uname().release})

    def route(self, network: Network) -> Route | None:
        """Return the way to a plain process: there is nothing between, also where others publish a port."""
        return LOOPBACK if network == "none" else HOST_STACK

    @contextmanager
    def launch(self, launch: Launch) -> Iterator[Instance]:
        """Start the command from the gate."""
        timeline = Timeline()
        console = console_of(launch, timeline)
        with ExitStack() as stack:
            folder = stack.enter_context(scratch(self.run, launch.trial.number))
            disk = disk_below(folder) if launch.envelope.write_bytes_per_s else None
            group = _group(self.run, f"{launch.trial.number:04d}", launch.envelope, disk)
            if group:
                stack.callback(group.remove)
            gate = stack.enter_context(_gate(launch, folder, group, console, timeline))
            timeline.mark("requested", self.clock.now_ns())
            gate.go()
            yield gate

    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        """Remove control groups of dead runs, with the processes in them."""
        removed = []
        for run, group in cgroup.below("isobench").items():
            if dead(run):
                pids = group.pids()
                group.remove()
                removed.append(f"control group of run {run}" + (f", with processes {pids}" if pids else ""))
        return removed


class BareInstance(Instance):
    """The gate and the workload it starts."""

    def __init__(
        self,
        timeline: Timeline,
        console: Console,
        gate: subprocess.Popen[bytes],
        group: cgroup.Cgroup | None,
    ) -> None:
        super().__init__(timeline, console)
        self._gate = gate
        self._group = group

    def processes(self) -> Mapping[str, Sequence[HostProcess]]:
        """Return the workload's processes; the gate is the harness's and does not count."""
        return {"workload": processes.descendants(self._gate.pid)}

    @property
    def account(self) -> Account | None:
        """The instance's control group; its books include the gate, a shell of about 0.1 MiB."""
        return self._group

    def go(self) -> None:
        """Open the gate: its first line is the go, the following ones are the entry's."""
        self.send("")

    def send(self, line: str) -> None:
        """Write a line to standard input."""
        assert self._gate.stdin is not None
        with suppress(BrokenPipeError):
            self._gate.stdin.write(f"{line}\n".encode())

    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Wait for the gate, which leaves with the workload's status."""
        try:
            status = self._gate.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        self.timeline.mark("exited", time.monotonic_ns())
        kills = self._group.read().oom_kills if self._group else None
        return Exit(status=status, out_of_memory=bool(kills))

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
            with suppress(subprocess.TimeoutExpired):
                self._gate.wait(timeout_s)
        if self._group:
            self._group.kill()
        if self._gate.poll() is None:
            raise LeftoverError(f"process {self._gate.pid} survived SIGKILL")
        self.timeline.mark("gone", time.monotonic_ns())


@contextmanager
def client_seat(run: str, launch: Launch, cpus: tuple[int, ...]) -> Iterator[Instance]:
    """Start a place on the host for an instance's client: the same image's tree, on other CPUs, the host's network.

    It obeys the host's lines as an instance does, and counts for no instance. Its control group holds it to its CPUs
    and to no other limit; by it a later clean-up finds what a killed run has left.
    """
    memory_bytes = psutil.virtual_memory().total
    beside = Envelope(cpus=len(cpus), cpu_set=cpus, memory_bytes=memory_bytes, pids=_CLIENT_PIDS, network="host")
    seated = replace(launch, envelope=beside, command=(), stays=True, storage=None, patterns={}, answers=False)
    timeline = Timeline()
    console = console_of(seated, timeline)
    with ExitStack() as stack:
        folder = stack.enter_context(scratch(run, launch.trial.number, "client"))
        group = _group(run, f"{launch.trial.number:04d}-client", beside)
        if group:
            stack.callback(group.remove)
        seat = stack.enter_context(_gate(seated, folder, group, console, timeline))
        seat.go()
        yield seat


@contextmanager
def _gate(
    launch: Launch,
    folder: Path,
    group: cgroup.Cgroup | None,
    console: Console,
    timeline: Timeline,
) -> Iterator[BareInstance]:
    """Start the gate, wait until it stands ready, and end it with all it has started."""
    with ExitStack() as stack:
        gate = subprocess.Popen(
            _gate_command(launch, folder, group.entrances if group else []),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        )
        assert gate.stdout is not None
        reader = threading.Thread(target=pump, args=(gate.stdout.fileno(), console), name="console", daemon=True)
        reader.start()
        instance = BareInstance(timeline, console, gate, group)
        stack.callback(_reap, instance, gate, reader)
        if console.wait("gate", "closed", timeout_s=_GATE_TIMEOUT_S) != "gate":
            raise IsolationError(
                "the gate of a bare instance did not open: " + " / ".join(console.tail(5)),
                remedy="See what it says; mounts and namespaces need root or unprivileged user namespaces",
            )
        yield instance


def _group(run: str, name: str, envelope: Envelope, disk: Disk | None = None) -> cgroup.Cgroup | None:
    """Make a control group; without root there is none, and the envelope's check will say so."""
    return cgroup.Cgroup.make(f"isobench/{run}/{name}", envelope, disk) if os.geteuid() == 0 else None


def _gate_command(launch: Launch, folder: Path, entrances: Sequence[Path]) -> list[str]:
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    cpus = ",".join(str(cpu) for cpu in launch.envelope.cpu_set)
    tree = images.tree(launch.image, say=lambda _line: None)
    network = launch.envelope.network
    alone = ["--net"] if network == "none" else []
    storage = launch.storage
    data = (storage.kind, storage.path, str(storage.size_bytes)) if storage else ("-", "-", "-")
    return [
        *("taskset", "--cpu-list", cpus, "unshare", *user, "--mount", *alone),
        *("/bin/sh", str(_GATE), launch.trial.nonce, str(tree), str(folder), network, *data),
        *(*map(str, entrances), "--", *launch.entry),
    ]


def _reap(instance: BareInstance, gate: subprocess.Popen[bytes], reader: threading.Thread) -> None:
    instance.stop()
    assert gate.stdin is not None
    assert gate.stdout is not None
    gate.stdin.close()
    reader.join(_TERMINATE_TIMEOUT_S)
    gate.stdout.close()
