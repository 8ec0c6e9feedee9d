"""Does the harness itself change what it measures? Ratios and differences, measured side by side in one run.

Each bar is one sequential test over pooled rounds (``tests.sequential``), with a known rate of false passes. ``make
bars`` judges them; any other run sees one round of each (``require``).
"""

from __future__ import annotations

import math
import re
import statistics
import subprocess
import time
from pathlib import Path

import docker
import pytest

from bench import images
from bench.host.cpus import instance_cpus, kept_to
from bench.host.engine.docker_ping import engine_answers
from bench.images.boot.kit import Bus
from bench.isolations.base import Isolation
from bench.isolations.engines.docker import Docker
from bench.isolations.launched.bare import Bare
from bench.isolations.machines.qemu import qemu_binary
from bench.isolations.machines.tsc import tsc_khz
from bench.isolations.registry import open_isolation
from bench.model import Image
from bench.testing.launching import checked, envelope, start
from tests.benchmarks.conftest import Require
from tests.sequential import difference, ratio

READY = ("/bin/sh", "-c", "echo ready")
SYSBENCH = ("sysbench", "cpu", "--threads=1", "--time=1", "--cpu-max-prime=10000", "run")


def ready_s(isolation: Isolation, image: Image) -> float:
    with start(isolation, image, READY, ready="^ready$") as instance:
        assert instance.wait("end", timeout_s=90) == "end"
        instance.dismiss()
        instance.wait_exit(30)
    since = instance.timeline.since_request_s("ready")
    assert since is not None
    return since


@pytest.mark.root
def test_bare_is_within_a_millisecond_of_a_raw_timer(image: Image, run_id: str, require: Require) -> None:
    bare = checked(Bare(run_id), image)
    tree = images.tree(image, lambda _line: None)
    command = ["chroot", str(tree), "/.isobench/entry", "once", "-", "0", *READY]

    def raw_s() -> float:
        with kept_to(instance_cpus(1)):  # the child inherits it, at no cost to the command
            began_ns = time.monotonic_ns()
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
            )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"secret\n")
        while b"ready" not in process.stdout.readline():
            pass
        found = (time.monotonic_ns() - began_ns) / 1e9
        process.communicate(b"\n")
        return found

    require(difference(lambda: ready_s(bare, image), raw_s), at_least=-0.001, at_most=0.001, most=300)


@pytest.mark.docker
def test_docker_is_within_five_percent_of_the_same_calls_by_hand(image: Image, run_id: str, require: Require) -> None:
    isolation = checked(Docker(run_id), image)
    api = docker.APIClient(base_url=engine_answers())
    host_config = api.create_host_config(
        cpuset_cpus=",".join(str(cpu) for cpu in instance_cpus(1)),
        mem_limit=envelope().memory_bytes,
        memswap_limit=envelope().memory_bytes,
        pids_limit=envelope().pids,
        network_mode="none",
        tmpfs={"/tmp": "", "/run": ""},
        log_config=docker.types.LogConfig(type="none"),
    )
    name = f"isobench:{image.digest.removeprefix('sha256:')[:12]}"
    command = ["/.isobench/entry", "once", "-", "0", *READY]

    def by_hand_s() -> float:
        began_ns = time.monotonic_ns()
        container = api.create_container(name, command, stdin_open=True, host_config=host_config)
        stream = api.attach_socket(container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        stream._sock.sendall(b"secret\n")
        api.start(container)
        received = b""
        while b"ready" not in received:
            received += stream._sock.recv(4096)
        found = (time.monotonic_ns() - began_ns) / 1e9
        stream._sock.sendall(b"\n")
        api.wait(container)
        api.remove_container(container, force=True)
        stream.close()
        return found

    require(ratio(lambda: ready_s(isolation, image), by_hand_s), at_most=math.log(1.05), most=300)


BY_HAND = {"vm": ("pc", "virtio-blk-pci"), "vm:microvm": ("microvm", "virtio-blk-device")}
"""Machine type and disk of the command that a person would type: libvirt's cost, and ours alone."""


@pytest.mark.vm
@pytest.mark.parametrize("name", [pytest.param("vm", marks=pytest.mark.bars), "vm:microvm"])
def test_vm_starts_within_a_third_of_plain_qemu(
    name: str, image: Image, run_id: str, tmp_path: Path, require: Require
) -> None:
    isolation = checked(open_isolation(name, run_id), image)
    if not isolation.describe().emulated:
        pytest.skip("the bar is for emulated machines; this host has hardware virtualization")

    def start_s() -> float:
        with start(isolation, image, READY) as instance:
            assert instance.wait("start", timeout_s=90) == "start"
        since = instance.timeline.since_request_s("start")
        assert since is not None
        return since

    plain = ratio(start_s, lambda: _plain_qemu_s(image, tmp_path, *BY_HAND[name]))
    require(plain, at_most=math.log(1.3), most=20)


def _plain_qemu_s(image: Image, folder: Path, machine: str, disk_device: str) -> float:
    """Boot the same kernel and disk with QEMU alone, on the same CPU; return the seconds to the start mark."""
    kit = images.kit(image.suite, say=lambda _line: None)
    bus: Bus = "mmio" if machine == "microvm" else "pci"
    arguments = (*images.KERNEL_ARGUMENTS, *((f"tsc_early_khz={tsc_khz()}",) if machine == "microvm" else ()))
    initrd = folder / "initrd"
    entry = (images.ENTRY, "once", "-", "0", *READY)
    initrd.write_bytes(kit.initrd.read_bytes() + images.trial_cpio(pids=128, entry=entry, bus=bus))
    disk = folder / "disk.qcow2"
    base = images.disk(image, lambda _line: None)
    cpus = ",".join(str(cpu) for cpu in instance_cpus(1))
    command = [
        *("taskset", "--cpu-list", cpus, qemu_binary() or "", "-accel", "tcg", "-machine", machine, "-m", "256"),
        *("-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"),
        *("-kernel", str(kit.kernel), "-initrd", str(initrd), "-append", " ".join(arguments)),
        *("-drive", f"file={disk},id=root,if=none,format=qcow2,cache=none", "-device", f"{disk_device},drive=root"),
    ]
    began_ns = time.monotonic_ns()
    make = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(base), str(disk)]
    subprocess.run(make, check=True)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as qemu:
        try:
            _await_line(qemu, b"@isobench listening")
            assert qemu.stdin is not None
            qemu.stdin.write(b"secret\nsecret\n")
            _await_line(qemu, b"@isobench start")
            return (time.monotonic_ns() - began_ns) / 1e9
        finally:
            qemu.kill()


def _await_line(process: subprocess.Popen[bytes], wanted: bytes) -> None:
    assert process.stdout is not None
    while line := process.stdout.readline():
        if wanted in line:
            return
    raise AssertionError(f"{wanted!r} never came")


@pytest.mark.root
def test_bare_throughput_is_that_of_outside_and_the_harness_stays_quiet(
    image: Image, run_id: str, require: Require
) -> None:
    bare = checked(Bare(run_id), image)
    tree = images.tree(image, lambda _line: None)
    cpus = ",".join(str(cpu) for cpu in instance_cpus(1))
    shares: list[float] = []

    def inside() -> float:
        with start(bare, image, SYSBENCH, ready="^Threads started") as instance:
            assert instance.wait("ready", timeout_s=30) == "ready"
            at_ready, ready_at = time.process_time(), time.monotonic()
            assert instance.wait("end", timeout_s=30) == "end"
            shares.append((time.process_time() - at_ready) / (time.monotonic() - ready_at))
        return _events("\n".join(line.text for line in instance.console.lines()))

    def outside() -> float:
        command = ["taskset", "--cpu-list", cpus, "chroot", str(tree), *SYSBENCH]
        return _events(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    require(ratio(inside, outside), at_least=math.log(0.99), most=300)
    print(f"the harness takes {statistics.median(shares):.3%} of a core")
    assert statistics.median(shares) < 0.01


def _events(output: str) -> float:
    found = re.search(r"events per second:\s+([0-9.]+)", output)
    assert found, output
    return float(found[1])
