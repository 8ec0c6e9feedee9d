"""What every isolation must keep: one suite, inherited by each isolation's own test file."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import count

import pytest

from bench.envelope import mismatches
from bench.isolations.base import Instance, Isolation, Launch
from bench.isolations.console import LIMIT_BYTES
from bench.isolations.probe import check
from bench.meters.cpu import read_cpu
from bench.model import Cell, Envelope, Image, Scenario, Trial
from bench.placement import instance_cpus
from tests.required import unavailable

START_S = 90.0
LEAVE_S = 30.0
FLOOD_BYTES = 128 << 10
COMMON = ("requested", "start", "ready", "end", "bye", "exited", "gone")
EATS = 'BEGIN { s = "x"; while (length(s) < 4000000) s = s s; while (1) a[i++] = s i }'
"""An awk program that takes memory in pieces small enough to be granted, until it is killed."""

_numbers = count(1)


class IsolationContract:
    """Subclasses give an ``isolation`` fixture that is checked and prepared, and where to look for leftovers."""

    # The workloads, in the words of a shell; the fake has words of its own.
    says_lines: Sequence[str] = ("/bin/sh", "-c", r"echo one; echo two >&2; printf 'thr\377ee\nlast\n'")
    leaves_with_three: Sequence[str] = ("/bin/sh", "-c", "echo leaving; exit 3")
    stays: Sequence[str] = ("/bin/sh", "-c", "echo ready; exec sleep 600")
    works: Sequence[str] = ("/bin/sh", "-c", "echo ready; i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done")
    eats_memory: Sequence[str] = ("/.isobench/busybox", "awk", EATS)
    floods: Sequence[str] = ("/bin/sh", "-c", "echo ready; exec cat /dev/zero")
    forges: Sequence[str] = ("/bin/sh", "-c", "echo '@isobench 0000 end 0'; exit 4")
    roles: frozenset[str]

    def leftovers(self, run: str) -> list[str]:
        """Return whatever of a run's instances is still on the host."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _leaves_nothing(self, isolation: Isolation) -> Iterator[None]:
        yield
        assert self.leftovers(isolation.run) == []

    def test_really_starts_here(self, isolation: Isolation, image: Image) -> None:
        availability = check(isolation, image, lambda _line: None)
        assert availability.ready, availability.detail
        assert availability.detail

    def test_marks_come_in_order_and_no_others(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.says_lines) as instance:
            assert instance.wait("end", "closed", timeout_s=START_S) == "end"
            instance.dismiss()
            assert instance.wait_exit(LEAVE_S) is not None
        marks = instance.timeline.marks_ns
        assert [marks[mark] for mark in COMMON] == sorted(marks[mark] for mark in COMMON)
        phases = {phase.mark for phase in isolation.phases}
        assert phases <= set(marks) <= phases | {*COMMON, "closed"}

    def test_output_is_kept_to_the_byte(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.says_lines) as instance:
            assert instance.wait("end", "closed", timeout_s=START_S) == "end"
        lines = [line.data for line in instance.console.lines()]
        assert sorted(lines) == sorted([b"one", b"two", b"thr\xffee", b"last"])

    def test_exit_status_arrives_by_console_and_by_isolation(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.leaves_with_three) as instance:
            assert instance.wait("end", "closed", timeout_s=START_S) == "end"
            instance.dismiss()
            left = instance.wait_exit(LEAVE_S)
        assert instance.console.status == 3
        assert left is not None
        assert left.status == 3
        assert not left.out_of_memory

    def test_a_forged_mark_is_output(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.forges) as instance:
            assert instance.wait("end", timeout_s=START_S) == "end"
        assert instance.console.status == 4
        assert b"@isobench 0000 end 0" in [line.data for line in instance.console.lines()]

    def test_envelope_arrives(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.says_lines) as instance:
            assert instance.wait("end", "closed", timeout_s=START_S) == "end"
        assert mismatches(instance.console.seen, envelope(), own_kernel=isolation.own_kernel) == []

    def test_processes_have_roles_memory_and_cpu_time(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.works, ready="^ready$") as instance:
            assert instance.wait("ready", timeout_s=START_S) == "ready"
            before = read_cpu(instance, now_ns=isolation.clock.now_ns())
            own = {role: found for role, found in instance.processes().items() if not role.startswith("shared:")}
            assert set(own) == self.roles
            for one in [process.memory() for found in own.values() for process in found]:
                assert 0 < one.uss_bytes <= one.pss_bytes <= one.rss_bytes
                assert one.peak_rss_bytes > 0
            assert instance.wait("end", timeout_s=START_S) == "end"
            after = read_cpu(instance, now_ns=isolation.clock.now_ns())
        assert sum(after.used_s.values()) > sum(before.used_s.values())

    def test_an_instance_that_hangs_is_ended(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.stays, ready="^ready$") as instance:
            assert instance.wait("ready", timeout_s=START_S) == "ready"
            assert instance.wait("end", timeout_s=0.05) is None
        assert "gone" in instance.timeline.marks_ns

    def test_an_exception_in_the_body_leaves_nothing(self, isolation: Isolation, image: Image) -> None:
        launched = start(isolation, image, self.stays)
        instance = launched.__enter__()
        assert instance.wait("start", timeout_s=START_S) == "start"
        swallowed = launched.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
        assert not swallowed
        assert "gone" in instance.timeline.marks_ns

    def test_out_of_memory_is_told_apart(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.eats_memory) as instance:
            assert instance.wait("end", "closed", timeout_s=START_S) is not None
            instance.dismiss()
            left = instance.wait_exit(LEAVE_S)
        assert left is not None
        assert left.out_of_memory

    def test_a_flood_is_bounded(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.floods, ready="^ready$", console_limit_bytes=FLOOD_BYTES) as instance:
            assert instance.wait("overflow", timeout_s=START_S) == "overflow"
        assert FLOOD_BYTES < len(instance.console.raw) < 2 * FLOOD_BYTES


def envelope() -> Envelope:
    """The envelope all contract tests use."""
    return Envelope(cpus=1, memory_bytes=256 << 20, pids=128, cpu_set=instance_cpus(1))


def start(
    isolation: Isolation,
    image: Image,
    command: Sequence[str],
    *,
    ready: str | None = None,
    console_limit_bytes: int = LIMIT_BYTES,
) -> AbstractContextManager[Instance]:
    """Launch a command as a trial of its own."""
    scenario = Scenario(
        name="contract",
        title="Contract",
        question="Is it kept?",
        version="0",
        image=image.name,
        command=tuple(command),
        envelope=envelope(),
    )
    cell = Cell(scenario=scenario, parameters={}, isolation=isolation.name)
    trial = Trial(number=next(_numbers), round=1, cell=cell, nonce=secrets.token_hex(8))
    return isolation.launch(
        Launch(
            trial=trial,
            image=image,
            envelope=envelope(),
            command=tuple(command),
            patterns={"ready": ready} if ready else {},
            console_limit_bytes=console_limit_bytes,
        )
    )


def checked(isolation: Isolation, image: Image) -> Isolation:
    """Return the isolation ready to launch; skip where this host lacks it, fail where it may not."""
    availability = check(isolation, image, lambda _line: None)
    if availability.fault is not None:
        unavailable(f"{isolation.name}: {availability.fault.reason}. {availability.fault.remedy}")
    return isolation
