"""The way ``install``: packages installed by commands in a fresh system, as on a server set up by hand.

The fresh system, with the scenario's files already in it, is there when the stopwatch starts, as an installed machine
would be. Forms: ``document`` the commands as text, ``downloaded`` the packages that everybody who follows them fetches.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench import images
from bench.errors import ImageError
from bench.images import cache
from bench.images.debian import mmdebstrap
from bench.images.forms import PRIVATE
from bench.measuring.provision.inventory import of_tree
from bench.measuring.provision.order import Made, Order, folder_of, timed
from bench.measuring.provision.reference import (
    DriftReport,
    Reference,
    compared,
    day,
    installed,
    keep_reference,
    kept_reference,
)
from bench.model import Image, short_digest

_SCRIPT = Path(__file__).with_name("install.sh")
_ROOM_BYTES = 2 << 30
"""A fresh system with a database takes 630 MiB here; twice that, and downloads."""


def prepare(order: Order) -> None:
    """Make the fresh system and, once for this machine, the installation that later ones are compared with."""
    _reference(order)


@contextmanager
def making(order: Order, folder: Path, _nonce: str) -> Iterator[Made]:
    """Install into a fresh system below ``folder``."""
    with ExitStack() as stack:
        stack.callback(cache.remove, folder / PRIVATE)
        with order.allowed():
            reference, system = _reference(order), _unpacked(_fresh(order), folder, order)
            os.sync()
        with timed(order, "the installation") as watch:
            _install(system, order)
        root = images.tree(system, order.say)
        yield Made(
            image=system,
            took_s=watch.took_s,
            shared_bytes={"document": len("\n".join(commands(order)).encode()), "downloaded": _downloaded_bytes(root)},
            compare=partial(_compare, reference, root),
        )


def commands(order: Order) -> tuple[str, ...]:
    """Return what is typed, line by line."""
    names = " ".join(sorted(set(order.recipe.packages)))
    return "apt-get update", f"apt-get install --no-install-recommends {names}"


def _fresh(order: Order) -> Image:
    return images.build(replace(order.recipe, packages=()), order.files, say=order.say)


def _unpacked(fresh: Image, folder: Path, order: Order) -> Image:
    """Return the fresh system with a tree of its own below ``folder``, which may be written to."""
    system = folder_of(fresh, folder)
    system.tar.symlink_to(fresh.tar)
    images.tree(system, order.say)
    return system


def _reference(order: Order) -> Reference:
    """Return the first installation of these packages on this machine, made now if there is none."""
    fresh = _fresh(order)
    key = short_digest(fresh.digest.encode(), *(line.encode() for line in commands(order)), _SCRIPT.read_bytes())
    make = partial(_make_reference, fresh=fresh, order=order)
    return kept_reference(cache.once(cache.shelf("installations") / key, make, say=order.say))


def _make_reference(folder: Path, *, fresh: Image, order: Order) -> None:
    order.say(f"image {order.recipe.name!r}: installing its packages by hand, once, to compare others with")
    cache.require_free(folder.parent, _ROOM_BYTES, f"an installation of image {order.recipe.name!r}")
    cache.new_folder(folder)
    system = _unpacked(fresh, folder, order)
    root = images.tree(system, order.say)
    _install(system, order)
    what = f"the first installation on this machine, {day(datetime.now(UTC))}"
    keep_reference(Reference(what=what, files=of_tree(root), packages=_packages(root)), folder)
    cache.remove(root.parent)
    system.tar.unlink()


def _install(system: Image, order: Order) -> None:
    root = images.tree(system, order.say)
    if os.geteuid() != 0:
        raise ImageError("installing packages into a fresh system needs root", remedy="Run as root")
    packages = sorted(set(order.recipe.packages))
    # setpriv: a harness that is killed takes the installation with it.
    words = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"]
    status, tail = run([*words, "/bin/sh", os.fspath(_SCRIPT), os.fspath(root), *packages])
    if status != 0:
        raise mmdebstrap._complaint(tail, suite=order.recipe.suite, wanted_by=f"installing {order.recipe.name!r}")


def run(words: Sequence[str]) -> tuple[int, list[str]]:
    """Run a command in a process group that ends with the block around it; return status and last complaints."""
    return mmdebstrap._run(words, dict(os.environ))


def _compare(reference: Reference, root: Path) -> DriftReport:
    return compared(reference, of_tree(root), _packages(root))


def _packages(root: Path) -> dict[str, str]:
    return installed(root / "var/lib/dpkg/status")


def _downloaded_bytes(root: Path) -> int:
    return sum(archive.stat().st_size for archive in (root / "var/cache/apt/archives").glob("*.deb"))
