"""Variants of an isolation: words after a colon, each of which changes one thing.

``docker:read-only`` is Docker with a root that cannot be written to; ``vm:q35+vcpus-2`` changes two things. What a word
changes stands here as data: the fields of its family's options. Standard library only, so that names can be listed
without loading any engine's library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from bench.errors import UnknownNameError
from bench.model import Network

OptionsT = TypeVar("OptionsT", "BareOptions", "DockerOptions", "GvisorOptions", "MachineOptions", "UmlOptions")


@dataclass(frozen=True, slots=True, kw_only=True)
class BareOptions:
    """How a plain process starts."""

    chroot: bool = True
    """Whether changing to the image's root is part of the start; else the shell that starts it is there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerOptions:
    """How a container is asked for."""

    runtime: str = ""
    """As it is registered with the engine; empty: the engine's default."""
    network: Network | None = None
    """Instead of the envelope's; None: the envelope's."""
    seccomp: bool = True
    new_privileges: bool = True
    writable_root: bool = True
    client: Literal["api", "cli"] = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class GvisorOptions:
    """How gVisor intercepts system calls."""

    platform: str = ""
    """Empty: the first of systrap, KVM and ptrace that starts here."""
    directfs: bool | None = None
    """Whether the sentry opens files itself, not the gofer for it; None: as the release does (since 2023: yes)."""
    network: Network | None = None
    """Instead of the envelope's; None: the envelope's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UmlOptions:
    """How User-Mode Linux intercepts system calls."""

    intercepts: Literal["ptrace", "seccomp"] = "ptrace"


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineOptions:
    """What a virtual machine is made of, and who starts it."""

    machine: Literal["pc", "q35", "microvm"] = "pc"
    through: Literal["libvirt", "qemu"] = "libvirt"
    vcpus: int | None = None
    """Instead of the envelope's number of CPUs, on the same host CPUs; None: the envelope's."""
    tb_mib: int | None = None
    """Size of the buffer that holds translated code under emulation; None: QEMU's default."""
    root: Literal["disk", "virtiofs"] = "disk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One word: what is other than usual, in a sentence's part, and the options it sets."""

    says: str
    changes: Mapping[str, object]


VARIANTS: Mapping[str, Mapping[str, Variant]] = {
    "bare": {
        "fork": Variant(
            says="started by a shell that is in the image's root already: fork and exec alone",
            changes={"chroot": False},
        ),
        "twin": Variant(says="the same once more, so that chance alone can be seen", changes={}),
    },
    "docker": {
        "net-none": Variant(says="no network but loopback", changes={"network": "none"}),
        "net-host": Variant(says="the host's network stack", changes={"network": "host"}),
        "net-bridge": Variant(says="the engine's bridge", changes={"network": "published"}),
        "no-seccomp": Variant(says="no filter of system calls", changes={"seccomp": False}),
        "no-new-privileges": Variant(says="no new privileges by exec", changes={"new_privileges": False}),
        "read-only": Variant(says="a root that cannot be written to", changes={"writable_root": False}),
        "cli": Variant(says="started by the docker command, not by the API", changes={"client": "cli"}),
    },
    "podman": {
        "cli": Variant(says="started by the podman command, not by the API", changes={"client": "cli"}),
    },
    "runsc": {
        **{
            name: Variant(says=f"gVisor's platform {name}", changes={"platform": name})
            for name in ("systrap", "kvm", "ptrace")
        },
        "directfs": Variant(says="the sentry opens files itself", changes={"directfs": True}),
        "no-directfs": Variant(says="the gofer opens every file for the sentry", changes={"directfs": False}),
        "host-network": Variant(says="the host's network stack, passed through", changes={"network": "host"}),
    },
    "vm": {
        "pc": Variant(says="machine type pc", changes={"machine": "pc"}),
        "q35": Variant(says="machine type q35", changes={"machine": "q35"}),
        "microvm": Variant(
            says="machine type microvm, which libvirt cannot express, so QEMU is started directly",
            changes={"machine": "microvm", "through": "qemu"},
        ),
        "direct": Variant(says="QEMU started directly, without libvirt", changes={"through": "qemu"}),
        "vcpus-1": Variant(says="one virtual CPU", changes={"vcpus": 1}),
        "vcpus-2": Variant(says="two virtual CPUs on the same host CPUs", changes={"vcpus": 2}),
        "tb-16": Variant(says="a translation buffer of 16 MiB", changes={"tb_mib": 16}),
        "virtiofs": Variant(says="a folder of the host as root, over virtiofs", changes={"root": "virtiofs"}),
    },
    "uml": {
        "seccomp": Variant(says="system calls intercepted by seccomp, not ptrace", changes={"intercepts": "seccomp"}),
    },
}
"""Family -> word -> what it changes. ``docker`` also takes the name of any runtime registered with the engine."""


def chosen(family: str, words: Sequence[str], options: OptionsT) -> OptionsT:
    """Return the options as these words change them, one after another.

    Raises UnknownNameError for a word that the family does not have.
    """
    for word in words:
        known = VARIANTS.get(family, {})
        if word not in known:
            raise UnknownNameError(f"variant of {family}", word, known)
        options = replace(options, **known[word].changes)  # type: ignore[arg-type]  # a test holds the table
    return options
