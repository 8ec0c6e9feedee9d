"""What every isolation must keep: one suite, inherited by each isolation's own tests, also in other packages."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.host import cgroup
from bench.host.cpus import free_port
from bench.isolations.base import Exit, Instance, Isolation
from bench.isolations.envelope import mismatches
from bench.measuring.meters.answer import Asking
from bench.measuring.meters.cpu import read_cpu
from bench.model import Answer, Image, Storage, StorageKind
from bench.testing import furnishing
from bench.testing.launching import LEAVE_S, START_S, envelope, holding, reachable, start, tried

FURNISHING_PIDS = 1024
"""For gVisor, whose own threads count, and which is gone when it gets no more of them."""
FLOOD_BYTES = 128 << 10
LITTLE_BYTES = 128 << 20
"""Memory that is soon eaten, also in an emulated machine."""
FLOODS_AGAIN = ("/bin/sh", "-c", "echo ready; while :; do cat /dev/zero; done")
"""For gVisor, in which one in some dozens of writes that fill the host's pipe is told EAGAIN, and cat gives up."""
COMMON = ("requested", "start", "ready", "end", "bye", "exited", "gone")
EATS = 'BEGIN { s = "x"; while (length(s) < 4000000) s = s s; while (1) a[i++] = s i }'
"""An awk program that takes memory in pieces small enough to be granted, until it is killed."""

LOOPBACK = furnishing.CHECKS["loopback"].script

LOOKS = r"""
busybox=/.isobench/busybox
for number in 1 2; do
    [ -p /proc/self/fd/$number ] && [ ! -t $number ] && echo "$number is a pipe"
done
set -- $($busybox find /proc /.isobench /run -maxdepth 2 -type f ! -name mem ! -name pagemap ! -name 'k*')
$busybox cat "$@" 2>/dev/null | $busybox tr -cs 0-9a-f '\n' | $busybox awk 'length >= 16 && !seen[$0]++'
echo "looked at ${#} files"
: c0ffee00c0ffee00
"""
"""Says what output is, and every run of 16 hexadecimal digits that a file below /proc or beside the entry holds.

Left out is the memory of processes: who may read that may change it, too, and makes the entry say what it likes.
"""

FORGES = """
say() {{ echo "@isobench {secret} $1"; }}; say 'saw cpus 64'; say 'saw memory_limit max'; say 'end 0';
kill -KILL $PPID; exit 7
"""
"""What a workload that has learned the secret may try."""


class WholeLife(NamedTuple):
    """An instance that has lived its whole life, how it ended, and the limits that the host held it to."""

    instance: Instance
    left: Exit | None
    held: Mapping[str, str]


class LifeContract:
    """A whole life, and a service on a volume that the host asks: what every way to start an instance must keep.

    Subclasses give the fixtures ``isolation``, checked and prepared, and ``image``, the stock one.
    """

    # The workloads, in the words of a shell; the fake has words of its own.
    speaks_and_leaves_with_three: Sequence[str] = (
        "/bin/sh",
        "-c",
        r"echo one; echo two >&2; echo '@isobench 0000 end 0'; printf 'thr\377ee\nlast\n'; exit 3",
    )
    loopback_beside_a_service: bool = True
    """Whether an instance outlives that what runs beside its service connects to loopback."""
    stays: Sequence[str] = ("/bin/sh", "-c", "echo ready; exec sleep 600")
    works: Sequence[str] = ("/bin/sh", "-c", "echo ready; i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done")
    eats_memory: Sequence[str] = ("/.isobench/busybox", "awk", EATS)
    floods: Sequence[str] = ("/bin/sh", "-c", "echo ready; exec cat /dev/zero")
    leaves_a_child: Sequence[str] = (
        "/bin/sh",
        "-c",
        "sleep 600 & setsid sleep 600 & echo mine > /dev/shm/mine; exit 4",
    )
    fills_memory: Sequence[str] = ("/bin/sh", "-c", "for i in 1 2 3; do cat /dev/zero > /run/full$i; done; exit 5")
    furnishes: Sequence[str] = ("/bin/sh", "-c", furnishing.script())
    roles: frozenset[str] | None = None
    """Which its processes have; None: any of those that its row names, and the workload's."""
    alike = ""
    """By which name it is excused from checks of its furnishing; empty: the family's."""

    def leftovers(self, run: str) -> list[str]:
        """Return whatever of a run's instances is still on the host: what bears its id, groups and mounts.

        An engine's isolation adds what its engine keeps.
        """
        groups = [f"control group {name}" for name in cgroup.below("isobench") if name == run]
        return groups + [line for line in Path("/proc/self/mounts").read_text().splitlines() if run in line]

    @pytest.fixture(autouse=True)
    def _leaves_nothing(self, isolation: Isolation) -> Iterator[None]:
        yield
        assert self.leftovers(isolation.run) == []

    def test_really_starts_here(self, isolation: Isolation, image: Image) -> None:
        availability = tried(isolation, image)
        assert availability.ready, availability.detail
        assert availability.detail

    @pytest.fixture(scope="class")
    @classmethod
    def finished(cls, isolation: Isolation, image: Image) -> WholeLife:
        """One instance that has lived its whole life, for all tests that only look back on it."""
        with start(isolation, image, cls.speaks_and_leaves_with_three) as instance:
            assert instance.wait("end", "closed", timeout_s=START_S) == "end"
            held = instance.held()
            instance.dismiss()
            left = instance.wait_exit(LEAVE_S)
        return WholeLife(instance, left, held)

    def test_marks_come_in_order_and_no_others(self, isolation: Isolation, finished: WholeLife) -> None:
        marks = finished.instance.timeline.marks_ns
        assert [marks[mark] for mark in COMMON] == sorted(marks[mark] for mark in COMMON)
        phases = {phase.mark for phase in isolation.phases}
        assert phases <= set(marks) <= phases | {*COMMON, "closed"}

    def test_output_is_kept_to_the_byte_and_a_forged_mark_is_output(self, finished: WholeLife) -> None:
        lines = [line.data for line in finished.instance.console.lines()]
        assert sorted(lines) == sorted([b"one", b"two", b"thr\xffee", b"@isobench 0000 end 0", b"last"])

    def test_exit_status_arrives_by_console_and_by_isolation(self, finished: WholeLife) -> None:
        instance, left, _held = finished
        assert instance.console.status == 3
        assert left is not None
        assert left.status == 3
        assert not left.out_of_memory

    def test_envelope_arrives(self, isolation: Isolation, finished: WholeLife) -> None:
        wanted = isolation.altered(envelope())
        assert mismatches(finished.instance.console.seen, wanted, held=finished.held) == []

    @pytest.fixture(scope="class")
    @classmethod
    def furnished(cls, isolation: Isolation, image: Image) -> Mapping[str, str]:
        """What a workload has found in one instance, by check, while the host's own shared memory was not empty."""
        others = Path("/dev/shm") / f"isobench-{secrets.token_hex(4)}"
        others.touch()
        try:
            with start(isolation, image, cls.furnishes, pids=FURNISHING_PIDS) as instance:
                assert instance.wait("end", "closed", timeout_s=START_S) == "end", instance.console.tail()
                instance.dismiss()
                instance.wait_exit(LEAVE_S)
        finally:
            others.unlink()
        return furnishing.found(line.text for line in instance.console.lines())

    @pytest.mark.parametrize("check", furnishing.CHECKS)
    def test_the_workload_finds_what_it_finds_everywhere(
        self,
        isolation: Isolation,
        furnished: Mapping[str, str],
        check: str,
        record_property: Callable[[str, object], None],
    ) -> None:
        asked, found = furnishing.CHECKS[check], furnished[check]
        if not (excuse := self.excused(isolation, check)):
            assert found == asked.wanted
        elif found != asked.wanted:
            record_property("excused", excuse)
        else:
            assert excuse in asked.excused_at_times.values(), "it needs no excuse any more"

    def excused(self, isolation: Isolation, check: str) -> str:
        """Return what is other in an isolation, by its class, its own name or that of those like it; empty: nothing."""
        known = furnishing.CHECKS[check].excuses
        names = (isolation.name, self.alike or isolation.family)
        return next((known[name] for name in names if name in known), isolation.excuses.get(check, ""))

    def test_a_child_left_behind_is_ended(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.leaves_a_child) as instance:
            assert instance.wait("end", "closed", timeout_s=START_S) == "end"
            instance.dismiss()
            left = instance.wait_exit(LEAVE_S)
        assert left is not None, "it did not return"
        assert left.status == 4

    def test_loopback_is_up_in_the_hosts_network(self, isolation: Isolation, image: Image) -> None:
        wanted = isolation.altered(replace(envelope(), network="host")).network
        if isolation.route(wanted) is None or reachable(isolation)[0] == "host":
            pytest.skip("it has no part in it, or its service, which is asked as well, is reached through it")
        with start(isolation, image, ("/bin/sh", "-c", LOOPBACK), network="host", port=free_port()) as instance:
            assert instance.wait("end", "closed", timeout_s=START_S) == "end", instance.console.tail()
            instance.dismiss()
            instance.wait_exit(LEAVE_S)
        assert [line.text for line in instance.console.lines()] == ["connected"]

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
            if self.loopback_beside_a_service:
                assert self.does(instance, "3", LOOPBACK) == 0
                assert [line.text for line in console.lines("3")] == ["connected"]
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
            if self.roles is None:
                assert own
                assert set(own) <= {"workload", *(role.name for role in isolation.helpers.values())}
            else:
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

    def test_the_secret_stands_in_no_file_and_output_is_a_pipe(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, ("/bin/sh", "-c", LOOKS)) as instance:
            assert instance.wait("end", "closed", timeout_s=START_S) == "end", instance.console.tail()
            assert holding(instance.console.secret, isolation.run) == []
            said = [line.text for line in instance.console.lines()]  # before a tool tells how its container was ended
        assert said[:2] == ["1 is a pipe", "2 is a pipe"]
        assert "c0ffee00c0ffee00" in said, "the look finds what stands on its own command line"
        assert said[-1].startswith("looked at "), said[-1]
        assert not [line for line in said if instance.console.secret in line]

    def test_an_end_that_the_workload_forges_is_not_believed(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, (), stays=True) as instance:
            assert instance.wait("ready", "closed", timeout_s=START_S) == "ready"
            forges = FORGES.format(secret=instance.console.secret)
            instance.send(f"run 1 {shlex.join(('/bin/sh', '-c', forges.replace(chr(10), ' ')))}")
            assert instance.wait("end", "closed", timeout_s=LEAVE_S) == "end"
            assert instance.console.status == 0
            instance.dismiss()
            instance.dismiss()
            left = instance.wait_exit(LEAVE_S)
        assert left is not None
        assert instance.doubt(left)

    def test_out_of_memory_is_told_apart(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.eats_memory, memory_bytes=LITTLE_BYTES) as instance:
            assert instance.wait("end", "closed", timeout_s=START_S) is not None
            instance.dismiss()
            left = instance.wait_exit(LEAVE_S)
        assert left is not None
        assert left.out_of_memory, instance.console.tail()

    def test_memory_that_a_file_fills_is_out_of_memory_too(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.fills_memory, memory_bytes=LITTLE_BYTES) as instance:
            assert instance.wait("end", "closed", timeout_s=START_S) is not None
            instance.dismiss()
            left = instance.wait_exit(LEAVE_S)
        assert left is not None
        assert left.out_of_memory is not bool(self.excused(isolation, "room")), instance.console.tail()

    def test_a_flood_is_bounded(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.floods, ready="^ready$", console_limit_bytes=FLOOD_BYTES) as instance:
            assert instance.wait("overflow", timeout_s=START_S) == "overflow"
        assert FLOOD_BYTES < len(instance.console.raw) < 2 * FLOOD_BYTES
