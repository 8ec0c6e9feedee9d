"""Does the harness itself change what it measures? Ratios and differences, measured side by side in one run."""

from __future__ import annotations

import re
import secrets
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import docker
import pytest

from bench import images
from bench.engine_ping import engine_answers
from bench.images.kernel import Bus
from bench.isolations import open_isolation
from bench.isolations.bare import Bare
from bench.isolations.base import Isolation
from bench.isolations.docker import Docker
from bench.isolations.qemu import qemu_binary
from bench.isolations.tsc import tsc_khz
from bench.model import Image
from bench.placement import harness_cpus, instance_cpus, kept_to
from tests.isolations.contract import checked, envelope, start

ATTEMPTS = 6
"""As many as outlast a neighbour who takes a CPU for a minute: three in a row have failed then."""
READY = ("/bin/sh", "-c", "echo ready")
SYSBENCH = ("sysbench", "cpu", "--threads=1", "--time=2", "--cpu-max-prime=10000", "run")


def median_of(*measured: Callable[[], float], rounds: int) -> list[float]:
    """Call all in turn, so that the host's drift falls on each alike; return the median of each."""
    values: list[list[float]] = [[] for _ in measured]
    for _round in range(rounds):
        for found, measure in zip(values, measured, strict=True):
            found.append(measure())
    return [statistics.median(found) for found in values]


def holds(bar: Callable[[], bool]) -> bool:
    """Whether a bar holds in one of several measurements: a fault of ours fails all, a noisy neighbour does not."""
    with kept_to(harness_cpus(1)):
        return any(bar() for _attempt in range(ATTEMPTS))


def ready_s(isolation: Isolation, image: Image) -> float:
    with start(isolation, image, READY, ready="^ready$") as instance:
        assert instance.wait("end", timeout_s=90) == "end"
        instance.dismiss()
        instance.wait_exit(30)
    since = instance.timeline.since_request_s("ready")
    assert since is not None
    return since


@pytest.mark.root
def test_bare_is_within_a_millisecond_of_a_raw_timer(image: Image, run_id: str) -> None:
    bare = checked(Bare(run_id), image)
    tree = images.tree(image, lambda _line: None)
    command = ["chroot", str(tree), "/.isobench/entry", "nonce", "once", "-", *READY]

    def raw_s() -> float:
        with kept_to(instance_cpus(1)):  # the child inherits it, at no cost to the command
            began_ns = time.monotonic_ns()
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
            )
        assert process.stdout is not None
        while b"ready" not in process.stdout.readline():
            pass
        found = (time.monotonic_ns() - began_ns) / 1e9
        process.communicate(b"\n")
        return found

    def bar() -> bool:
        inside, raw = median_of(lambda: ready_s(bare, image), raw_s, rounds=25)
        print(f"bare ready {inside * 1e3:.2f} ms, raw timer {raw * 1e3:.2f} ms")
        return abs(inside - raw) < 0.001

    assert holds(bar)


@pytest.mark.docker
def test_docker_is_within_five_percent_of_the_same_calls_by_hand(image: Image, run_id: str) -> None:
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
    command = ["/.isobench/entry", "nonce", "once", "-", *READY]

    def by_hand_s() -> float:
        began_ns = time.monotonic_ns()
        container = api.create_container(name, command, stdin_open=True, host_config=host_config)
        stream = api.attach_socket(container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
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

    def bar() -> bool:
        inside, by_hand = median_of(lambda: ready_s(isolation, image), by_hand_s, rounds=15)
        print(f"docker ready {inside * 1e3:.0f} ms, by hand {by_hand * 1e3:.0f} ms: {inside / by_hand:.3f}")
        return inside / by_hand < 1.05

    assert holds(bar)


BY_HAND = {"vm": ("pc", "virtio-blk-pci"), "vm:microvm": ("microvm", "virtio-blk-device")}
"""Machine type and disk of the command that a person would type: libvirt's cost, and ours alone."""


@pytest.mark.vm
@pytest.mark.parametrize("name", BY_HAND)
def test_vm_starts_within_a_third_of_plain_qemu(name: str, image: Image, run_id: str, tmp_path: Path) -> None:
    isolation = checked(open_isolation(name, run_id), image)
    if not isolation.describe().emulated:
        pytest.skip("the bar is for emulated machines; this host has hardware virtualization")

    def start_s() -> float:
        with start(isolation, image, READY) as instance:
            assert instance.wait("start", timeout_s=90) == "start"
        since = instance.timeline.since_request_s("start")
        assert since is not None
        return since

    def bar() -> bool:
        inside, plain = median_of(start_s, lambda: _plain_qemu_s(image, tmp_path, *BY_HAND[name]), rounds=3)
        print(f"{name} start {inside:.2f} s, plain QEMU {plain:.2f} s: {inside / plain:.2f}")
        return inside / plain < 1.3

    assert holds(bar)


def _plain_qemu_s(image: Image, folder: Path, machine: str, disk_device: str) -> float:
    """Boot the same kernel and disk with QEMU alone, on the same CPU; return the seconds to the start mark."""
    kit = images.kit(image.suite, say=lambda _line: None)
    bus: Bus = "mmio" if machine == "microvm" else "pci"
    arguments = (*images.KERNEL_ARGUMENTS, *((f"tsc_early_khz={tsc_khz()}",) if machine == "microvm" else ()))
    nonce = secrets.token_hex(8)
    initrd = folder / "initrd"
    entry = (images.ENTRY, nonce, "once", "-", *READY)
    initrd.write_bytes(kit.initrd.read_bytes() + images.trial_cpio(nonce=nonce, pids=128, entry=entry, bus=bus))
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
            _await_line(qemu, f"@isobench {nonce} start".encode())
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
def test_bare_throughput_is_that_of_outside_and_the_harness_stays_quiet(image: Image, run_id: str) -> None:
    bare = checked(Bare(run_id), image)
    tree = images.tree(image, lambda _line: None)
    cpus = ",".join(str(cpu) for cpu in instance_cpus(1))
    shares: list[float] = []
    ratios: list[float] = []  # of all attempts: a busy host's seconds differ by several percent, a loss of ours stays

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

    def bar() -> bool:
        ratios.extend(inside() / outside() for _round in range(5))
        ratio, share = statistics.geometric_mean(ratios), statistics.median(shares)
        print(f"sysbench inside / outside {ratio:.4f} in {len(ratios)} rounds; harness {share:.3%} of a core")
        return ratio >= 0.99 and share < 0.01

    assert holds(bar)


def _events(output: str) -> float:
    found = re.search(r"events per second:\s+([0-9.]+)", output)
    assert found, output
    return float(found[1])
