"""Virtual machines keep the contract, and end as they should when their boot goes wrong.

All of the contract is shown on ``vm``. A variant's machine boots the same guest, so what the guest alone decides is
not shown again: what a workload finds and leaves behind (but on ``vm:virtiofs``, whose root is another file system),
data in memory, memory that runs out, a flood. ``vm:q35`` has other buses: a whole life, and a service,
with a disk, a volume and a network on them. ``vm:microvm`` is started by us and not by libvirt, and ``vm:virtiofs`` has
a second process: there also their processes and how they are ended.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import psutil
import pytest

from bench import images
from bench.errors import IsolationError, PortTakenError
from bench.host import cgroup
from bench.host.cpus import free_port
from bench.host.processes import named
from bench.host.signals import Interruptions
from bench.isolations.base import Instance, Isolation, Launch
from bench.isolations.leftovers import machine_of
from bench.isolations.machines import qemu_command, vm
from bench.isolations.machines.accelerator import Choice
from bench.isolations.probe import check
from bench.isolations.registry import open_isolation
from bench.measuring.runner import Runner
from bench.model import Cell, Image, Kind, Scenario, Trial
from bench.testing.contract import IsolationContract, LifeContract, ProcessContract
from bench.testing.launching import LEAVE_S, START_S, checked, envelope, launch_of, start, unavailable
from tests.isolations.coming_back import comes_back, holds_still

pytestmark = pytest.mark.vm


class Machine(LifeContract):
    """One machine type, one way to start it, one kind of root: how it is opened, and all that it may leave."""

    name: ClassVar[str]
    roles = frozenset({"vmm"})
    works = ("/bin/sh", "-c", "echo ready; i=0; while [ $i -lt 6000 ]; do i=$((i+1)); done")  # emulated, it is slow

    @pytest.fixture(scope="class")
    @classmethod
    def isolation(cls, image: Image, run_id: str) -> Isolation:
        return checked(open_isolation(cls.name, run_id), image)

    def leftovers(self, run: str) -> list[str]:
        machines = [f"QEMU {process.pid}" for process in named("qemu-system-x86_64") if machine_of(process.pid) == run]
        groups = [f"control group {name}" for name in cgroup.below("isobench") if name == run]
        served = [f"virtiofsd {one.pid}" for one in named("virtiofsd") if run in command_line(one.pid)]
        mounts = [line for line in Path("/proc/self/mounts").read_text().splitlines() if run in line]
        return machines + groups + served + mounts


class Forwarding(Machine):
    """Also what is said, by libvirt or by QEMU itself, of a port that cannot be had."""

    def test_a_port_that_was_taken_meanwhile_is_told_apart(self, isolation: Isolation, image: Image) -> None:
        port = free_port()
        with socket.create_server(("127.0.0.1", port)):
            launched = start(isolation, image, self.stays, network="published", port=port)
            with pytest.raises(PortTakenError, match="port to be forwarded"), launched:
                pass


class TestPc(Forwarding, IsolationContract):
    name = "vm"

    def test_a_domain_is_paused_and_goes_on(self, isolation: Isolation, image: Image) -> None:
        holds_still(isolation, image)

    def test_a_guest_without_its_disk_powers_off_and_says_why(
        self, isolation: Isolation, image: Image, tmp_path: Path
    ) -> None:
        empty = replace(image, folder=tmp_path, disk_bytes=16 << 20)
        (tmp_path / "disk-16.ext4").write_bytes(b"\0" * empty.disk_bytes)
        with start(isolation, empty, self.stays) as instance:
            assert instance.wait("start", "closed", timeout_s=START_S) == "closed"
            assert any("cannot mount /dev/vda" in line for line in instance.console.tail())


class SameGuest(Machine):
    """One that differs outside the guest alone."""

    test_the_workload_finds_what_it_finds_everywhere = None  # type: ignore[assignment]  # left out
    test_a_child_left_behind_is_ended = None  # type: ignore[assignment]  # left out


class TestQ35(SameGuest):
    name = "vm:q35"


class TestMicrovm(SameGuest, Forwarding, ProcessContract):
    name = "vm:microvm"

    @pytest.mark.parametrize("mapped", [False, True])
    def test_a_machine_is_paused_written_down_and_brought_back(
        self, isolation: Isolation, image: Image, tmp_path: Path, *, mapped: bool
    ) -> None:
        comes_back(isolation, image, tmp_path, mapped=mapped)

    @pytest.mark.parametrize("bound_s", [2.0, 60.0])
    def test_a_guest_that_never_boots_is_a_trial_that_hung_and_is_not_tried_again(
        self, isolation: Isolation, image: Image, monkeypatch: pytest.MonkeyPatch, bound_s: float
    ) -> None:
        monkeypatch.setattr(images, "KERNEL_ARGUMENTS", ("console=ttyS1", "quiet"))  # nothing is heard of it
        launched: list[Launch] = []
        launch = isolation.launch

        def counted(wanted: Launch) -> AbstractContextManager[Instance]:
            launched.append(wanted)
            return launch(wanted)

        monkeypatch.setattr(isolation, "launch", counted)
        monkeypatch.setattr(isolation, "boot_timeout_s", bound_s)
        runner = Runner({self.name: isolation}, {self.name: isolation.describe()}, {"silent": image}, Interruptions())
        measurement, _console = runner.measure(silent(self.name, image, start_timeout_s=3.0))
        assert measurement.outcome.kind is Kind.TIMED_OUT
        assert measurement.outcome.reason == f"no start mark within {min(bound_s, 3):g} s: it hung silently at boot"
        assert len(launched) == 1

    def test_its_boots_are_bounded_by_what_the_probe_took(self, isolation: Isolation) -> None:
        assert isolation.boots == 3
        assert isolation.boot_timeout_s is not None
        assert 10 <= isolation.boot_timeout_s < START_S


class TestVirtiofs(Machine, ProcessContract):
    name = "vm:virtiofs"
    roles = frozenset({"vmm", "virtiofsd"})

    def test_its_root_is_fresh_each_time_the_tree_never_written_and_writing_as_slow_as_asked_for(
        self, isolation: Isolation, image: Image
    ) -> None:
        tree = images.tree(image, lambda _line: None)
        writes = "dd if=/dev/zero of=/etc/mine bs=1M count=8 oflag=direct 2>&1 | grep -o '[0-9.]* s,'"
        took_s = []
        for limit in (4 << 20, None):
            launch = launch_of(isolation, image, ("/bin/sh", "-c", f"test ! -e /etc/mine && {writes}"))
            instance = lived(
                isolation.launch(replace(launch, envelope=replace(launch.envelope, write_bytes_per_s=limit)))
            )
            [took] = [line.text for line in instance.console.lines()]
            took_s.append(float(took.removesuffix(" s,")))
            assert not (tree / "etc/mine").exists()
        assert took_s[0] == pytest.approx(2.0, rel=0.25)
        assert took_s[1] < 1.0

    def test_a_root_that_cannot_be_shared_is_said(
        self, isolation: Isolation, image: Image, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(images, "tree", lambda _image, say: Path("/nowhere"))
        with (
            pytest.raises(IsolationError, match=r"could not be mounted: .*/root"),
            start(isolation, image, self.stays),
        ):
            pass


@pytest.mark.parametrize(
    ("name", "cpus", "shown"),
    [
        ("vm:tb-16+vcpus-2", 2, ("-machine pc-", "-smp 2,", "-accel tcg,tb-size=16 ")),
        ("vm:microvm+tb-16+vcpus-2", 2, ("-machine microvm,", "-smp 2,", "-accel tcg,tb-size=16 ")),
        (
            "vm:q35+direct+virtiofs",
            1,
            ("-machine q35,", "-smp 1,", "-accel tcg -m", "chardev=monitor", "vhost-user-fs-pci", "share=on"),
        ),
    ],
)
def test_an_ablation_changes_what_it_names(
    name: str, cpus: int, shown: Sequence[str], image: Image, run_id: str
) -> None:
    isolation = open_isolation(name, run_id)
    if (fault := isolation.missing()) is not None:
        unavailable(f"{name}: {fault.reason}. {fault.remedy}")
    isolation.prepare(image, lambda _line: None)
    with start(isolation, image, ("/bin/sh", "-c", "grep -c ^processor /proc/cpuinfo")) as instance:
        assert instance.wait("start", "closed", timeout_s=START_S) == "start", instance.console.tail()
        [qemu] = instance.processes()["vmm"]
        said = command_line(qemu.pid)
        assert [part for part in shown if part not in said] == [], said
        assert psutil.Process(qemu.pid).cpu_affinity() == list(envelope().cpu_set)
        assert instance.wait("end", "closed", timeout_s=START_S) == "end"
        instance.dismiss()
        assert instance.wait_exit(LEAVE_S) is not None
    assert [line.text for line in instance.console.lines()] == [str(cpus)]
    assert instance.timeline.marks_ns.keys() >= {phase.mark for phase in isolation.phases}


def test_a_translation_buffer_is_refused_where_machines_are_not_emulated(
    image: Image, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolation = open_isolation("vm:tb-16", run_id)
    if (fault := isolation.missing()) is not None:
        unavailable(f"{isolation.name}: {fault.reason}. {fault.remedy}")
    monkeypatch.setattr(vm, "choose", lambda *_words, unfit: Choice(kvm=True, why="as on a host that has it"))
    answer = check(isolation, image, lambda _line: None)
    assert answer.fault is not None
    assert "translation buffer exists under emulation only" in answer.fault.reason


def test_a_machine_that_qemu_refuses_says_why_in_qemus_words(
    image: Image, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolation = open_isolation("vm:direct", run_id)
    if (fault := isolation.missing()) is not None:
        unavailable(f"{isolation.name}: {fault.reason}. {fault.remedy}")
    monkeypatch.setattr(qemu_command, "_SANDBOX", "nonsense=on")
    with pytest.raises(IsolationError, match=r"QEMU ended at once with status 1: .*nonsense"):
        isolation.launch(launch_of(isolation, image, ("/bin/true",))).__enter__()


def command_line(pid: int) -> str:
    """Return it; nothing of a process that has ended meanwhile."""
    with suppress(psutil.NoSuchProcess):  # a zombie is one, too
        return " ".join(psutil.Process(pid).cmdline())
    return ""


def lived(launched: AbstractContextManager[Instance]) -> Instance:
    """Return an instance that has done its work and gone."""
    with launched as instance:
        assert instance.wait("end", "closed", timeout_s=START_S) == "end", instance.console.tail()
        instance.dismiss()
        assert instance.wait_exit(LEAVE_S) is not None
    return instance


def silent(name: str, image: Image, *, start_timeout_s: float) -> Trial:
    scenario = Scenario(
        name="silent",
        title="Silent",
        question="Is it given up?",
        version="0",
        image=image.name,
        command=("/bin/true",),
        envelope=envelope(),
        start_timeout_s=start_timeout_s,
    )
    cell = Cell(scenario=scenario, parameters={}, isolation=name)
    return Trial(number=9000, round=1, cell=cell, nonce="5f5f5f5f5f5f5f5f")
