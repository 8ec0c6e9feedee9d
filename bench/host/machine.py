"""The record of a host: what it is. Standard library only: who reads a run knows it, too."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host's fingerprint, and what a reader must know before believing its numbers."""

    name: str
    cpu_model: str
    cpus: int
    topology: str = ""
    """What the CPUs that a run may use share, in a phrase; empty in runs that did not tell."""
    memory_bytes: int
    swap_bytes: int = 0
    os: str
    kernel: str
    architecture: str
    cgroup: str
    virtual: str = ""
    """Name of the hypervisor this host itself runs under; empty for none known."""
    caveats: tuple[str, ...] = ()
