"""Virtual machines keep the contract, and end as they should when their boot goes wrong."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from bench import images
from bench.errors import PortTakenError
from bench.isolations.base import Isolation
from bench.isolations.processes import named
from bench.isolations.vm import VirtualMachine, run_of
from bench.model import Cell, Image, Kind, Scenario, Trial
from bench.placement import free_port
from bench.runner import Runner
from bench.signals import Interruptions
from tests.isolations.contract import START_S, IsolationContract, checked, envelope, start


@pytest.fixture(scope="module")
def isolation(image: Image, run_id: str) -> Isolation:
    return checked(VirtualMachine(run_id), image)


@pytest.mark.vm
class TestVirtualMachine(IsolationContract):
    roles = frozenset({"vmm"})

    def leftovers(self, run: str) -> list[str]:
        return [f"QEMU {process.pid}" for process in named("qemu-system-x86_64") if run_of(process.pid) == run]

    def test_a_guest_without_its_disk_powers_off_and_says_why(
        self, isolation: Isolation, image: Image, tmp_path: Path
    ) -> None:
        empty = replace(image, folder=tmp_path, disk_bytes=16 << 20)
        (tmp_path / "disk-16.ext4").write_bytes(b"\0" * empty.disk_bytes)
        with start(isolation, empty, self.stays) as instance:
            assert instance.wait("start", "closed", timeout_s=START_S) == "closed"
            assert any("cannot mount /dev/vda" in line for line in instance.console.tail())

    def test_a_port_that_was_taken_meanwhile_is_told_apart(self, isolation: Isolation, image: Image) -> None:
        port = free_port()
        with socket.create_server(("127.0.0.1", port)):
            launched = start(isolation, image, self.stays, network="published", port=port)
            with pytest.raises(PortTakenError, match="port to be forwarded"), launched:
                pass

    def test_a_guest_that_never_boots_is_a_trial_that_timed_out(
        self, isolation: Isolation, image: Image, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(images, "KERNEL_ARGUMENTS", ("console=ttyS1",))  # whatever it does, nothing is heard of it
        scenario = Scenario(
            name="silent",
            title="Silent",
            question="Is it given up?",
            version="0",
            image=image.name,
            command=("/bin/true",),
            envelope=envelope(),
            start_timeout_s=3.0,
        )
        trial = Trial(
            number=9000, round=1, cell=Cell(scenario=scenario, parameters={}, isolation="vm"), nonce="5f5f5f5f5f5f5f5f"
        )
        runner = Runner({"vm": isolation}, {"vm": isolation.describe()}, {"silent": image}, Interruptions())
        measurement, _console = runner.measure(trial)
        assert measurement.outcome.kind is Kind.TIMED_OUT
        assert measurement.outcome.reason == "no start mark within 3 s"
