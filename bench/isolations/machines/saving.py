"""Machines that stand still, or lie on the disk: paused, written down as for a migration, brought back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from bench.isolations.base import Fault, Instance, Launch
from bench.isolations.machines.machine import Machine
from bench.isolations.machines.vm_instance import VirtualMachineInstance
from bench.isolations.revival.offers import Checkpoint, Checkpointing, Pausing, copied
from bench.isolations.variants import MachineOptions

_STATE, _RAM = "state", "ram"
"""The files of a checkpoint whose memory can be mapped; any other is one file."""


class SavedMachines(Pausing, Checkpointing):
    """What a virtual machine can do beside running."""

    name: str
    options: MachineOptions

    @abstractmethod
    def machine_of(
        self, launch: Launch, checkpoint: Checkpoint | None = None
    ) -> AbstractContextManager[VirtualMachineInstance]:
        """Start a machine, from a checkpoint where there is one."""

    def pause(self, instance: Instance) -> None:
        """Stop its processors."""
        assert isinstance(instance, VirtualMachineInstance)
        instance.running.pause()

    def thaw(self, instance: Instance) -> None:
        """Let them go on."""
        assert isinstance(instance, VirtualMachineInstance)
        instance.running.thaw()

    def no_checkpoint(self) -> Fault | None:
        """Return why it cannot: it takes a disk of its own, and a QEMU that we speak to ourselves."""
        if self.options.root != "disk":
            reason = f"{self.name} has its root on virtiofs, whose server keeps what a checkpoint would need"
            return Fault(reason=reason, remedy="Compare vm:direct, whose root is a disk")
        if self.options.through != "qemu":
            reason = f"{self.name} is libvirt's, which brings a domain back under the same name and files alone"
            return Fault(reason=reason, remedy="Compare vm:direct, the same machine started without libvirt")
        return None

    def no_mapping(self) -> Fault | None:
        """Whoever writes a machine down by QEMU can have its memory in a file from the beginning."""
        return None

    def mappable(self, launch: Launch, folder: Path) -> Launch:
        """Let the machine's memory lie in a file beside its state."""
        (folder / "memory").mkdir()
        return replace(launch, memory_file=folder / "memory" / _RAM)

    def checkpoint(self, instance: Instance, folder: Path) -> Checkpoint:
        """Write the machine down as for a migration, which ends it; keep its disk as it then lies."""
        assert isinstance(instance, VirtualMachineInstance)
        assert instance.disk is not None
        memory, layer = folder / "memory", folder / "layer"
        instance.running.save(memory / _STATE if memory.is_dir() else memory)
        copied(instance.disk, layer)
        return Checkpoint(memory=memory, layer=layer, secret=instance.console.secret)

    @contextmanager
    def restore(self, checkpoint: Checkpoint, launch: Launch) -> Iterator[Instance]:
        """Start QEMU on the checkpoint; its machine goes on when all of it has been read."""
        with self.machine_of(launch, checkpoint) as instance:
            instance.await_line()
            yield instance


def coming_back(machine: Machine, checkpoint: Checkpoint) -> Machine:
    """Return a machine that does not boot: where its state, and its memory, come from."""
    saved = checkpoint.memory
    return replace(
        machine,
        saved=saved / _STATE if saved.is_dir() else saved,
        memory_file=saved / _RAM if saved.is_dir() else None,
    )
