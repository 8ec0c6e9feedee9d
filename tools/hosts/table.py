"""The table of hosts and systems, as ``hosts.toml`` has it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from bench.errors import UnknownNameError

FILE = Path(__file__).with_name("hosts.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What is installed: a suite's packages on a disk of ``disk_gib``, of which only what is written takes room."""

    name: str
    suite: str
    architecture: str
    """Debian's word for it."""
    packages: tuple[str, ...]
    aptopts: tuple[str, ...]
    disk_gib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """How a system is booted, and as whom commands run there."""

    name: str
    system: System
    cpus: int
    topology: str
    """QEMU's words for sockets, cores and threads; empty: a socket for each CPU."""
    memory_mib: int
    user: str
    groups: tuple[str, ...]
    """Which the user joins."""
    kvm: bool
    """Whether virtual machines inside find KVM; it runs on emulated SVM."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _System(_Row):
    suite: str
    architecture: str = "amd64"
    packages: list[str] = []
    aptopts: list[str] = []
    disk_gib: int = 24


class _Host(_Row):
    system: str
    cpus: int = 2
    topology: str = ""
    memory_mib: int = 6144
    user: str = "root"
    groups: list[str] = []
    kvm: bool = False


class _File(_Row):
    packages: list[str]
    architectures: dict[str, list[str]]
    systems: dict[str, _System]
    hosts: dict[str, _Host]


def hosts(file: Path = FILE) -> Mapping[str, Host]:
    """Return all hosts by name; raises ValueError for a file that is wrong, UnknownNameError for a name in it."""
    read = _File.model_validate(tomllib.loads(file.read_text()))
    systems = {name: _system(name, system, read) for name, system in read.systems.items()}
    found: dict[str, Host] = {}
    for name, host in read.hosts.items():
        if host.system not in systems:
            raise UnknownNameError("system", host.system, systems)
        found[name] = Host(
            name=name,
            system=systems[host.system],
            cpus=host.cpus,
            topology=host.topology,
            memory_mib=host.memory_mib,
            user=host.user,
            groups=tuple(host.groups),
            kvm=host.kvm,
        )
    return found


def _system(name: str, row: _System, read: _File) -> System:
    if row.architecture not in read.architectures:
        raise UnknownNameError("architecture", row.architecture, read.architectures)
    return System(
        name=name,
        suite=row.suite,
        architecture=row.architecture,
        packages=tuple(sorted({*read.packages, *read.architectures[row.architecture], *row.packages})),
        aptopts=tuple(row.aptopts),
        disk_gib=row.disk_gib,
    )


def host(name: str) -> Host:
    """Return one host; raises UnknownNameError."""
    known = hosts()
    if name not in known:
        raise UnknownNameError("lab host", name, known)
    return known[name]
