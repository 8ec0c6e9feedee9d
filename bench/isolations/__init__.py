"""The ways to run a workload: a table of names, resolved only when asked for.

A name is a family, such as ``docker``, or a family and the words of a variant, such as ``docker:read-only`` or
``vm:q35+vcpus-2``. Third parties join through the entry-point group ``isobench.isolations``: an entry point's name is
the isolation's, and it leads to a ``Row``.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from bench.engine_ping import engine_runtimes
from bench.errors import UnavailableError, UnknownNameError
from bench.isolations.base import SEAM_VERSION, Isolation
from bench.isolations.variants import VARIANTS

GROUP = "isobench.isolations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Where an isolation is found."""

    place: str
    """``module:Class``, imported when the isolation is opened."""
    hint: str
    """How to install what that module needs."""
    seam: int
    """The version of the seam that the class was written for; a row in another package states it."""


def _ours(place: str, hint: str = "part of isobench") -> Row:
    return Row(place=place, hint=hint, seam=SEAM_VERSION)


_TABLE: Mapping[str, Row] = {
    "bare": _ours(place="bench.isolations.bare:Bare"),
    "unshare": _ours(place="bench.isolations.unshare:Unshare"),
    "bubblewrap": _ours(place="bench.isolations.bubblewrap:Bubblewrap"),
    "nspawn": _ours(place="bench.isolations.nspawn:Nspawn"),
    "lxc": _ours(place="bench.isolations.lxc:Lxc"),
    "runc": _ours(place="bench.isolations.oci:Runc"),
    "crun": _ours(place="bench.isolations.oci:Crun"),
    "runsc": _ours(place="bench.isolations.runsc:Runsc"),
    "podman": _ours(place="bench.isolations.podman:Podman", hint="pip install docker"),
    "docker": _ours(place="bench.isolations.docker:Docker", hint="pip install docker"),
    "vm": _ours(
        place="bench.isolations.vm:VirtualMachine",
        hint="apt-get install libvirt-dev gcc pkg-config, then pip install libvirt-python",
    ),
    "uml": _ours(place="bench.isolations.uml:Uml"),
    "fake": _ours(place="bench.isolations.fake:Fake"),
}
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
    row = _TABLE[family] if family in _TABLE else _row_of(_third_parties()[family])
    if row.seam != SEAM_VERSION:
        raise UnavailableError(
            f"isolation {family} was written for version {row.seam} of the seam, this is version {SEAM_VERSION}",
            remedy=row.hint,
        )
    module, _, attribute = row.place.partition(":")
    try:
        found: type[Isolation] = getattr(importlib.import_module(module), attribute)
        return found(run, words)
    except ImportError as error:
        raise UnavailableError(
            f"isolation {name} needs a library that is not there: {error}", remedy=row.hint
        ) from error
    except AttributeError as error:
        raise UnavailableError(f"isolation {name} is broken: {error}", remedy=row.hint) from error


def _row_of(point: EntryPoint) -> Row:
    """Load another package's row; whatever it raises is its own fault, and harms nobody else."""
    owner = point.dist.name if point.dist else "another package"
    try:
        row = point.load()
    except (Exception, SystemExit) as error:  # a package is foreign code: any fault of it means that it is broken
        raise UnavailableError(
            f"isolation {point.name} of {owner} is broken: {type(error).__name__}: {error}",
            remedy=f"pip install --upgrade {owner}, or pip uninstall {owner}",
        ) from error
    if not isinstance(row, Row):
        raise UnavailableError(
            f"isolation {point.name} of {owner} is broken: {point.value} is no bench.isolations.Row",
            remedy=f"pip install --upgrade {owner}",
        )
    return row


def _third_parties() -> Mapping[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in _TABLE}
