"""Where an instance that a gate starts will stand, before it does."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.host import cgroup, run_names
from bench.isolations.base import Launch
from bench.model import Network, Role, Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where an instance will stand: what to launch, its scratch folder, its control groups."""

    launch: Launch
    folder: Path
    group: cgroup.Cgroup
    """All that belongs to the instance."""
    account: cgroup.Cgroup
    """The group that holds the workload: the same, or one below it."""
    helpers: Mapping[str, Role] = field(default_factory=dict)
    """Programs that help this isolation, and their roles."""
    door: Sequence[str] | None = ()
    """The words before a command that is to run beside the workload; empty: by ``nsenter``; None: by the entry."""

    @property
    def name(self) -> str:
        """A name that no other instance of this host bears; it holds the run's."""
        return run_names.instance(self.folder.parent.name, self.folder.name)

    @property
    def place(self) -> str:
        """The path of its control group, in every hierarchy."""
        return cgroup.path_of(f"isobench/{self.folder.parent.name}/{self.folder.name}")

    @property
    def root(self) -> Path:
        """The image's tree with a layer that can be written to, mounted in the gate's namespace."""
        return self.folder / "root"

    @property
    def volume(self) -> Path:
        """The host's folder behind the workload's data, where its storage is a volume."""
        return self.folder / "volume"

    @property
    def data(self) -> Storage | None:
        """What is to be mounted for the workload's data; None where they lie on the root's own layer, or nowhere."""
        storage = self.launch.storage
        return None if storage is None or storage.kind == "layer" else storage

    @property
    def network(self) -> Network:
        """The network mode."""
        return self.launch.envelope.network

    @property
    def told(self) -> str:
        """What an init of ours reads inside: the trial as a shell's variables, the entry as its words."""
        data = self.data
        values = {
            "network": self.network,
            "pids": str(self.launch.envelope.pids),
            "storage": data.kind if data else "",
            "data": data.path if data else "",
            "bytes": str(data.size_bytes) if data else "",
            "volume": str(self.volume),
        }
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in values.items()]
        return "".join((*lines, f"set -- {shlex.join(self.launch.entry)}\n"))


def init_of_ours(seat: Seat, script: Path) -> Path:
    """Put an init, and what it reads, into the root's own layer; return their folder there."""
    folder = seat.folder / "upper/.isobench"
    folder.mkdir(parents=True)
    init = folder / "init"
    init.write_bytes(script.read_bytes())
    init.chmod(0o755)
    (folder / "trial").write_text(seat.told, errors="surrogateescape")
    return folder
