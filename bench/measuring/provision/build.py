"""The way ``build``: the image built anew from its recipe, without the cache, and imported into the engine.

Forms: ``document`` the recipe as text, with all files it brings.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from bench.images import cache, lock
from bench.images.boot import kit
from bench.images.build import _make, _own_files
from bench.images.debian import architecture, base_layer
from bench.measuring.provision import container
from bench.measuring.provision.inventory import of_tar
from bench.measuring.provision.order import Made, Order, folder_of, timed
from bench.measuring.provision.reference import DriftReport, Reference, compared, of_image, versions
from bench.model import Image, short_digest


def prepare(order: Order) -> None:
    """Take the inventory of the image in the cache, which others are compared with."""
    of_image(order.image, order.say)


@contextmanager
def making(order: Order, folder: Path, nonce: str) -> Iterator[Made]:
    """Build below ``folder`` and import."""
    # A name of its own: the rebuilt image must not take the place of the cached one, should it be the same.
    digest = f"sha256:{short_digest(nonce.encode())}"
    api, tag = container.engine(), container.tag_of(digest)
    with ExitStack() as stack:
        stack.enter_context(container.passing(api, tag))
        stack.callback(cache.remove, folder / "image")
        stack.callback(cache.remove, folder / "base")
        with order.allowed():
            reference = of_image(order.image, order.say)
            os.sync()
        with timed(order, "the build") as watch:
            tar = _build(order, folder)
            container.bring(api, tar, tag, order.run)
        made = folder_of(order.image, folder / "image", digest)
        yield Made(
            image=made,
            took_s=watch.took_s,
            shared_bytes={"document": len(_document(order))},
            compare=partial(_compare, reference, made),
        )


def _build(order: Order, folder: Path) -> Path:
    """Do what ``images.build`` does, but for its cache; return the tar."""
    recipe = order.recipe
    packages = tuple(sorted(set(recipe.packages)))
    boot = kit.kit(recipe.suite, say=order.say)
    base_layer._make(folder / "base", recipe=recipe, packages=packages, machine=architecture.current(), say=_quiet)
    files = {file.path: file for file in (*recipe.files, *order.files)}
    content = (*_own_files(boot), *(files[path] for path in sorted(files)))
    _make(folder / "image", lower=folder / "base", boot=boot, content=content, name=recipe.name)
    return folder / "image" / "rootfs.tar"


def _document(order: Order) -> bytes:
    """Return the recipe as somebody would pass it on."""
    recipe = order.recipe
    files = [f"{file.path} {file.mode:04o}\n".encode() + file.content for file in (*recipe.files, *order.files)]
    return b"\n".join((f"suite = {recipe.suite}\npackages = {' '.join(recipe.packages)}".encode(), *files))


def _compare(reference: Reference, made: Image) -> DriftReport:
    with made.tar.open("rb") as stream:
        return compared(reference, of_tar(stream), _packages(made))


def _packages(made: Image) -> Mapping[str, str]:
    return versions(lock.read(made.lock))


def _quiet(_line: str) -> None:
    """The progress of a trial is the runner's to tell."""
