"""What every isolation must keep: one suite, inherited by each isolation's own test file."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache
from itertools import count
from typing import NamedTuple

import pytest

from bench.envelope import mismatches
from bench.isolations.base import Availability, Exit, Instance, Isolation, Launch, Route
from bench.isolations.console import LIMIT_BYTES
from bench.isolations.probe import check
from bench.meters.answer import Asking
from bench.meters.cpu import read_cpu
from bench.model import Answer, Cell, Envelope, Image, Network, Scenario, Storage, StorageKind, Trial
from bench.placement import free_port, instance_cpus
from tests.required import unavailable

START_S = 90.0
LEAVE_S = 30.0
FLOOD_BYTES = 128 << 10
FLOODS_AGAIN = ("/bin/sh", "-c", "echo ready; while :; do cat /dev/zero; done")
"""For gVisor, in which one in some dozens of writes that fill the host's pipe is told EAGAIN, and cat gives up."""
COMMON = ("requested", "start", "ready", "end", "bye", "exited", "gone")
EATS = 'BEGIN { s = "x"; while (length(s) < 4000000) s = s s; while (1) a[i++] = s i }'
"""An awk program that takes memory in pieces small enough to be granted, until it is killed."""

_numbers = count(1)


class Finished(NamedTuple):
    """An instance that has lived its whole life, how it ended, and the limits that the host held it to."""

    instance: Instance
    left: Exit | None
    held: Mapping[str, str]


class LifeContract:
    """A whole life, and a service on a volume that the host asks: what every way to start an instance must keep.

    Subclasses give an ``isolation`` fixture that is checked and prepared, and where to look for leftovers.
    """

    # The workloads, in the words of a shell; the fake has words of its own.
    speaks_and_leaves_with_three: Sequence[str] = (
        "/bin/sh",
        "-c",
        r"echo one; echo two >&2; echo '@isobench 0000 end 0'; printf 'thr\377ee\nlast\n'; exit 3",
    )
    stays: Sequence[str] = ("/bin/sh", "-c", "echo ready; exec sleep 600")
    works: Sequence[str] = ("/bin/sh", "-c", "echo ready; i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done")
    eats_memory: Sequence[str] = ("/.isobench/busybox", "awk", EATS)
    floods: Sequence[str] = ("/bin/sh", "-c", "echo ready; exec cat /dev/zero")
    roles: frozenset[str]

    def leftovers(self, run: str) -> list[str]:
        """Return whatever of a run's instances is still on the host."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _leaves_nothing(self, isolation: Isolation) -> Iterator[None]:
        yield
        assert self.leftovers(isolation.run) == []

    def test_really_starts_here(self, isolation: Isolation, image: Image) -> None:
        availability = asked(isolation, image)
        assert availability.ready, availability.detail
        assert availability.detail

    @pytest.fixture(scope="class")
    @classmethod
    def finished(cls, isolation: Isolation, image: Image) -> Finished:
        """One instance that has lived its whole life, for all tests that only look back on it."""
        with start(isolation, image, cls.speaks_and_leaves_with_three) as instance:
            assert instance.wait("end", "closed", timeout_s=START_S) == "end"
            held = instance.held()
            instance.dismiss()
            left = instance.wait_exit(LEAVE_S)
        return Finished(instance, left, held)

    def test_marks_come_in_order_and_no_others(self, isolation: Isolation, finished: Finished) -> None:
        marks = finished.instance.timeline.marks_ns
        assert [marks[mark] for mark in COMMON] == sorted(marks[mark] for mark in COMMON)
        phases = {phase.mark for phase in isolation.phases}
        assert phases <= set(marks) <= phases | {*COMMON, "closed"}

    def test_output_is_kept_to_the_byte_and_a_forged_mark_is_output(self, finished: Finished) -> None:
        lines = [line.data for line in finished.instance.console.lines()]
        assert sorted(lines) == sorted([b"one", b"two", b"thr\xffee", b"@isobench 0000 end 0", b"last"])

    def test_exit_status_arrives_by_console_and_by_isolation(self, finished: Finished) -> None:
        instance, left, _held = finished
        assert instance.console.status == 3
        assert left is not None
        assert left.status == 3
        assert not left.out_of_memory

    def test_envelope_arrives(self, isolation: Isolation, finished: Finished) -> None:
        wanted = isolation.altered(envelope())
        assert mismatches(finished.instance.console.seen, wanted, held=finished.held) == []

    def test_a_service_obeys_the_host_and_answers_it(self, isolation: Isolation, image: Image) -> None:
        self.serves(isolation, image, "volume")

    def serves(self, isolation: Isolation, image: Image, kind: StorageKind) -> None:
        """Let a service live on storage of its own: asked from the host where it can be, worked beside, stopped."""
        network, route = reachable(isolation)
        storage = Storage(path="/var/data", kind=kind, size_bytes=64 << 20)
        port = free_port()
        server = ("/.isobench/busybox", "httpd", "-f", "-p", f"{route.bind}:{port}", "-h", "/etc")
        hello = Answer(send=b"GET /os-release HTTP/1.0\r\n\r\n", expect="Debian", says="GET /os-release")
        launched = start(
            isolation,
            image,
            server,
            stays=True,
            storage=storage,
            port=port,
            network=network,
            answers=bool(route.address),
        )
        with launched as instance:
            console = instance.console
            asking = Asking(route.address, port, hello, lambda at_ns: console.note("ready", at_ns))
            with asking if route.address else nullcontext():
                assert instance.wait("ready", "left", "closed", timeout_s=START_S) == "ready", console.tail()
            # busybox: an older gVisor refuses a flag of statx that the image's own tools set
            own = "test $($busybox stat -c %d /) != $($busybox stat -c %d .)"
            look = "$busybox stat -f -c %T .; $busybox find . -type f"
            assert (
                self.does(
                    instance,
                    "1",
                    f"busybox=/.isobench/busybox; cd /var/data && {own} && {look}; echo it is mine > mine",
                )
                == 0
            )
            [shown] = [line.text for line in console.lines("1")]
            assert (shown == "tmpfs") == (kind == "tmpfs"), shown
            assert self.does(instance, "2", "cat /var/data/mine; exit 5") == 5
            assert [line.data for line in console.lines("2")] == [b"it is mine"]
            held = instance.held()
            instance.dismiss()
            assert instance.wait("end", "closed", timeout_s=LEAVE_S) == "end"
            assert console.status == 143
            wanted = isolation.altered(replace(envelope(), network=network))
            assert mismatches(console.seen, wanted, held=held, storage=kind) == []
            instance.dismiss()
            assert instance.wait_exit(LEAVE_S) is not None

    def does(self, instance: Instance, number: str, script: str) -> int | None:
        """Let an instance run a command beside its service; return its status."""
        instance.send(f"run {number} {shlex.join(('/bin/sh', '-c', script))}")
        assert instance.wait(f"did.{number}", "closed", timeout_s=LEAVE_S) == f"did.{number}"
        return instance.console.statuses[number]


class ProcessContract(LifeContract):
    """Also what the host sees of an instance's processes, and how it ends them."""

    def test_processes_have_roles_memory_and_cpu_time(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.works, ready="^ready$") as instance:
            assert instance.wait("ready", timeout_s=START_S) == "ready"
            before = read_cpu(instance, now_ns=isolation.clock.now_ns())
            own = {role: found for role, found in instance.processes().items() if not role.startswith("shared:")}
            assert set(own) == self.roles
            for one in [process.memory() for found in own.values() for process in found]:
                assert 0 <= one.uss_bytes <= one.pss_bytes <= one.rss_bytes
                assert one.peak_rss_bytes > 0
            assert instance.wait("end", timeout_s=START_S) == "end"
            after = read_cpu(instance, now_ns=isolation.clock.now_ns())
        assert sum(after.used_s.values()) > sum(before.used_s.values())

    def test_what_hangs_is_ended_by_an_exception_and_leaves_nothing(self, isolation: Isolation, image: Image) -> None:
        launched = start(isolation, image, self.stays, ready="^ready$")
        instance = launched.__enter__()
        assert instance.wait("ready", timeout_s=START_S) == "ready"
        assert instance.wait("end", timeout_s=0.05) is None
        swallowed = launched.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
        assert not swallowed
        assert "gone" in instance.timeline.marks_ns


class IsolationContract(ProcessContract):
    """All of it. An isolation keeps this; of a variant, as much is shown anew as depends on what it changes."""

    def test_a_service_may_keep_its_data_in_memory(self, isolation: Isolation, image: Image) -> None:
        self.serves(isolation, image, "tmpfs")

    def test_out_of_memory_is_told_apart(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.eats_memory) as instance:
            assert instance.wait("end", "closed", timeout_s=START_S) is not None
            instance.dismiss()
            left = instance.wait_exit(LEAVE_S)
        assert left is not None
        assert left.out_of_memory, instance.console.tail()

    def test_a_flood_is_bounded(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.floods, ready="^ready$", console_limit_bytes=FLOOD_BYTES) as instance:
            assert instance.wait("overflow", timeout_s=START_S) == "overflow"
        assert FLOOD_BYTES < len(instance.console.raw) < 2 * FLOOD_BYTES


def envelope() -> Envelope:
    """The envelope all contract tests use."""
    return Envelope(cpus=1, memory_bytes=256 << 20, pids=128, cpu_set=instance_cpus(1))


def reachable(isolation: Isolation) -> tuple[Network, Route]:
    """Return the first network mode in which the host reaches a service; loopback inside where there is none."""
    networks: tuple[Network, ...] = ("published", "host", "none")
    found = (
        (network, isolation.route(isolation.altered(replace(envelope(), network=network)).network))
        for network in networks
    )
    return next((network, route) for network, route in found if route is not None)


def start(
    isolation: Isolation,
    image: Image,
    command: Sequence[str],
    *,
    ready: str | None = None,
    console_limit_bytes: int = LIMIT_BYTES,
    stays: bool = False,
    answers: bool = False,
    storage: Storage | None = None,
    network: Network = "none",
    port: int = 0,
) -> AbstractContextManager[Instance]:
    """Launch a command as a trial of its own."""
    launch = launch_of(isolation, image, command, network=network)
    patterns = {"ready": ready} if ready else {}
    return isolation.launch(
        replace(
            launch,
            stays=stays,
            answers=answers,
            storage=storage,
            port=port,
            patterns=patterns,
            console_limit_bytes=console_limit_bytes,
        )
    )


def launch_of(isolation: Isolation, image: Image, command: Sequence[str], network: Network = "none") -> Launch:
    """Return what launches a command as a trial of its own, in the envelope as the isolation changes it."""
    scenario = Scenario(
        name="contract",
        title="Contract",
        question="Is it kept?",
        version="0",
        image=image.name,
        command=tuple(command),
        envelope=replace(envelope(), network=network),
    )
    cell = Cell(scenario=scenario, parameters={}, isolation=isolation.name)
    trial = Trial(number=next(_numbers), round=1, cell=cell, nonce=secrets.token_hex(8))
    wanted = isolation.altered(replace(envelope(), network=network))
    return Launch(trial=trial, image=image, envelope=wanted, command=tuple(command))


@cache
def asked(isolation: Isolation, image: Image) -> Availability:
    """Find out by one real start whether an isolation works here."""
    return check(isolation, image, lambda _line: None)


def checked(isolation: Isolation, image: Image) -> Isolation:
    """Return the isolation ready to launch; skip where this host lacks it, fail where it may not."""
    availability = asked(isolation, image)
    if availability.fault is not None:
        unavailable(f"{isolation.name}: {availability.fault.reason}. {availability.fault.remedy}")
    return isolation
