"""Facts of isolations for runs that do not tell them, which is all from before facts stood in the manifest.

This is history: an isolation's facts stand in its row (``bench.isolations.registry``), and nothing is added here.
"""

from __future__ import annotations

from collections.abc import Mapping

from bench.model import Facts, Role, Virtualization

_ORDER = ("bare", "unshare", "bubblewrap", "nspawn", "lxc", "crun", "runc", "runsc", "podman", "docker", "vm", "uml")
_COLOURS: Mapping[str, str] = {
    "bare": "#0072B2",
    "docker": "#E69F00",
    "vm": "#009E73",
    "docker:runsc": "#D55E00",
    "vm:microvm": "#CC79A7",
}
ROLES = (
    Role(name="workload", place=0),
    Role(name="shim", place=1, peak=2),
    Role(name="vmm", place=2, peak=1, machine=True),
    Role(name="monitor", place=3, peak=3),
    Role(name="sentry", place=4, peak=4),
    Role(name="gofer", place=5, peak=5),
    Role(name="conmon", place=6, peak=6),
    Role(name="client", place=7),
    Role(name="virtiofsd", place=8, peak=7),
)
"""Whatever isolation they were seen in."""


def untold(name: str) -> Facts:
    """Return the facts of an isolation whose run does not tell them; none of one that nobody knew then."""
    family = name.partition(":")[0]
    order = 10 * _ORDER.index(family) if family in _ORDER else None
    return Facts(order=order, colour=_COLOURS.get(name, ""))


def virtualization(told: Mapping[str, object]) -> Virtualization:
    """Return by what an isolation's machines ran, of an entry in a manifest that says only whether it was emulated."""
    if told.get("emulated"):
        return "emulation"
    versions = told.get("versions")
    return "hardware" if isinstance(versions, Mapping) and versions.get("accelerator") == "kvm" else ""
