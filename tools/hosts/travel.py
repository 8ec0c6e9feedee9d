"""What goes with a job and comes back: the checkout, the images it measures, a folder of results."""

from __future__ import annotations

import io
import os
import shlex
import tarfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench import images
from bench.errors import InputError
from bench.host.subprocesses import ran
from bench.images import cache, forms
from bench.images.boot.kit import kit
from bench.images.debian.base_layer import debian_base
from bench.model import Recipe, Say, short_digest
from bench.scenario import load_recipe, stock_folder
from tools.hosts.errors import LabError
from tools.hosts.table import Host

RESULTS = "/srv/results"
"""Inside: what lies there comes back."""
_JOB = ".lab-job"
CHECKOUT_BYTES = 4 << 30
IMAGES_BYTES = 12 << 30
RESULTS_BYTES = 8 << 30
"""How much goes along and may come back; only what is written takes room."""


def checkout(
    disk: Path, root: Path, host: Host, command: Sequence[str], *, limit_s: float, beside: Sequence[Path] = ()
) -> None:
    """Write what git knows or would add, as it is now, and the job to ``disk``, as a tar.

    The command is ended after ``limit_s``; ``beside`` are further files and folders, each found there by its name.
    Raises LabError where ``root`` is no clone, InputError for what is not there, too much or of a name that is taken.
    """
    listed = ran("git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed.returncode != 0:
        raise LabError(f"{root} is no clone of git: {listed.stderr.strip()}", remedy="Run the lab in a clone")
    words = {
        "user": shlex.quote(host.user),
        "groups": ",".join(host.groups),
        "limit": f"{limit_s:g}",
        "command": f"({shlex.join(command)})",
    }
    job = "".join(f"{name}={value}\n" for name, value in words.items()).encode()
    with tarfile.open(disk, "w") as tar:
        for name in sorted(set(listed.stdout.split("\0")) - {""}):
            if os.path.lexists(root / name):  # not what was removed and is not committed yet
                tar.add(root / name, name, recursive=False)
        for path in beside:
            if not path.exists() or os.path.lexists(root / path.name):
                raise InputError(
                    f"{path} cannot go along: {'its name is taken' if path.exists() else 'it is not there'}",
                    remedy="Name a file or folder that has a name of its own",
                )
            tar.add(path, path.name)
        member = tarfile.TarInfo(_JOB)
        member.size = len(job)
        tar.addfile(member, io.BytesIO(job))
    if disk.stat().st_size > CHECKOUT_BYTES:
        raise InputError(
            f"the checkout and what goes along are {disk.stat().st_size >> 20} MiB, of {CHECKOUT_BYTES >> 20}",
            remedy="Leave something out",
        )
    os.truncate(disk, CHECKOUT_BYTES)


def image_disk(names: Sequence[str], *, say: Say) -> Path:
    """Return a disk with the stock images of these names as Isobench caches them; built now where they are not cached.

    Raises ImageError.
    """
    recipes = [load_recipe(stock_folder() / "images" / f"{name}.toml") for name in sorted(set(names))]
    built = [images.build(recipe, say=say) for recipe in recipes]
    key = short_digest(*(image.digest.encode() for image in built))
    folder = cache.shelf("lab") / f"images-{key}"
    return cache.once(folder, partial(_make_images, recipes=recipes, say=say), say=say) / "disk"


def empty(disk: Path, size: int) -> None:
    """Make a disk that has nothing on it, such as the one on which results come back."""
    with disk.open("wb") as stream:
        stream.truncate(size)


def overlay(file: Path, below: Path) -> Path:
    """Make ``file`` a disk that is a copy of ``below`` until it is written to, and return it; raises LabError."""
    kind = "qcow2" if below.suffix == ".qcow2" else "raw"
    done = ran("qemu-img", "create", "-q", "-f", "qcow2", "-F", kind, "-b", below, file)
    if done.returncode != 0:
        raise LabError(
            f"no overlay of {below} could be made: {done.stderr.strip()}", remedy="Is there room on the disk?"
        )
    return file


def came_back(disk: Path) -> bool:
    """Whether anything was written to the disk of results."""
    return disk.exists() and disk.stat().st_blocks > 0


def unpack(disk: Path, folder: Path) -> int:
    """Unpack what came back on ``disk`` into ``folder``, made where it is missing; return how many files.

    Raises LabError where there is nothing, or not all of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(disk, "r:") as tar:
            members = tar.getmembers()
            tar.extractall(folder, members, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise LabError(
            f"the results could not be unpacked into {folder}: {error}",
            remedy="Is there room, and may you write there?",
        ) from error
    return sum(member.isfile() for member in members)


def _make_images(folder: Path, *, recipes: Sequence[Recipe], say: Say) -> None:
    """Lay out a cache with kits, layers and images, and format a disk with it."""
    say(f"a disk for the lab with the images {', '.join(recipe.name for recipe in recipes)}")
    tree = folder / "tree"
    for recipe in recipes:
        image = images.build(recipe, say=say)
        forms.disk(image, say)
        for part in (kit(recipe.suite, say=say).initrd.parent, debian_base(recipe, say=say), image.folder):
            _link(part, tree / part.parent.name / part.name)
    words = ["mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", "-E", "lazy_itable_init=1,root_owner=0:0"]
    done = ran(*words, "-d", tree, folder / "disk", f"{IMAGES_BYTES // 1024}k")
    if done.returncode != 0:
        raise LabError(f"no disk could be made of images: {done.stderr.strip()}", remedy="Is there room on the disk?")
    cache.remove(tree)


def _link(found: Path, target: Path) -> None:
    """Have a folder of the cache in another place, without copying its files."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    done = ran("cp", "--archive", "--link", found, target)
    if done.returncode != 0:
        raise LabError(f"{found} could not be copied: {done.stderr.strip()}", remedy="Is there room on the disk?")
