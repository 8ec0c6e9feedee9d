"""Bare: the image's own binaries, started from the image's root as a plain process.

The gate sets up root, network and control group before the stopwatch starts. What is timed is what a plain process
costs: fork, chroot, exec.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import psutil

from bench.host import cgroup
from bench.host.accounting import HostProcess
from bench.host.run_state import scratch
from bench.isolations import leftovers
from bench.isolations.base import HOST_STACK, LOOPBACK, Availability, Instance, Launch, Route, console_of
from bench.isolations.launched.gate import Gate, Gated, GatedInstance
from bench.isolations.launched.seat import Seat
from bench.isolations.timeline import Timeline
from bench.isolations.variants import BareOptions, chosen
from bench.model import Envelope, Network

_CLIENT_PIDS = 4096


class BareInstance(GatedInstance):
    """A plain process: whatever it is called, it is the workload."""

    def processes(self) -> Mapping[str, Sequence[HostProcess]]:
        """Return what the gate has started, all of it the workload."""
        return {"workload": [one for found in super().processes().values() for one in found]}


class Bare(Gated):
    """A plain process in a chroot of the image."""

    name = "bare"
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, to the arrival of the "
        "workload's first line; mounts, namespaces and the control group are set up before"
    )
    tools = ()
    instance_type = BareInstance
    furnished = rootless = True

    def __init__(self, run: str, words: Sequence[str] = ()) -> None:
        super().__init__(run, words)
        if not chosen(self.family, words, BareOptions()).chroot:
            self.waits = "inside"
            self.stopwatch = (
                "from the go to a waiting shell that already stands in its control group and in the image's root, "
                "to the arrival of the workload's first line"
            )

    def command(self, seat: Seat) -> Sequence[str]:
        """Return the entry, in its root; where the gate waits inside, there is no root left to change to."""
        return seat.launch.entry if self.waits == "inside" else ("chroot", str(seat.root), *seat.launch.entry)

    def describe(self) -> Availability:
        """Say what bare means here."""
        user = "" if os.geteuid() == 0 else " in a user namespace"
        how = "fork and exec inside the image's root" if self.waits == "inside" else "chroot into the image"
        return Availability(isolation=self.name, fault=None, detail=how + user, versions={"kernel": os.uname().release})

    def route(self, network: Network) -> Route | None:
        """Return the way to a plain process: there is nothing between, also where others publish a port."""
        return LOOPBACK if network == "none" else HOST_STACK

    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        """Remove control groups of dead runs, with the processes in them, and processes that are in none of ours."""
        removed = []
        for run, group in cgroup.below("isobench").items():
            if dead(run):
                pids = group.pids()
                group.remove()
                removed.append(f"control group of run {run}" + (f", with processes {pids}" if pids else ""))
        ended = leftovers.end(leftovers.running(), leftovers.root_of, dead)
        return removed + [f"process {pid} of run {run}" for run, pid in ended]


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
    bare = Bare(run)
    with ExitStack() as stack:
        folder = stack.enter_context(scratch(run, launch.label, "client"))
        group = bare.group(folder.name, seated, folder)
        stack.callback(group.remove)
        seat = Seat(launch=seated, folder=folder, group=group, account=group)
        opened = Gate(furnished=True).opened(seat, bare.command(seat), console, timeline, group.entrances)
        gate = stack.enter_context(opened)
        gate.go()
        yield gate
