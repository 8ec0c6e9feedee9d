"""The way ``load``: the ready image, as it is shared, loaded by the engine. Forms: see ``sharing``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import docker

from bench.measuring.provision import container
from bench.measuring.provision.drift import drift_between
from bench.measuring.provision.order import Made, Order, folder_of, timed
from bench.measuring.provision.reference import DriftReport
from bench.measuring.provision.sharing import PackedServer, files_of, shared_image


def prepare(order: Order) -> None:
    """Pack the image."""
    shared_image(order)


@contextmanager
def making(order: Order, folder: Path, _nonce: str) -> Iterator[Made]:
    """Load into an engine that has no part of the image."""
    api = container.engine()
    with order.allowed():
        shared = shared_image(order)
        os.sync()
    with container.passing(api, container.tag_of(shared.digest)):
        with timed(order, "loading the image") as watch:
            container.load(api, shared.archive, container.tag_of(shared.digest))
        yield Made(
            image=folder_of(order.image, folder, shared.digest),
            took_s=watch.took_s,
            shared_bytes=shared.shared_bytes,
            compare=partial(_compare, shared, api, folder / "back.tar"),
        )


def _compare(shared: PackedServer, api: docker.APIClient, back: Path) -> DriftReport:
    """Let the engine give the image back, and compare with what was packed."""
    try:
        container.save(api, container.tag_of(shared.digest), back)
        drift = drift_between(files_of(shared), container.inventory(back))
    finally:
        back.unlink(missing_ok=True)
    return DriftReport(reference="what was packed", drift=drift)
