"""The way ``copy``: the ready machine's disk, as it is shared, unpacked to where it runs. Forms: see ``sharing``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench import images
from bench.errors import ImageError
from bench.images import cache
from bench.measuring.provision.drift import Drift
from bench.measuring.provision.order import Made, Order, folder_of, timed
from bench.measuring.provision.reference import DriftReport
from bench.measuring.provision.sharing import PackedServer, shared_disk, shell


def prepare(order: Order) -> None:
    """Pack the disk."""
    shared_disk(order)


@contextmanager
def making(order: Order, folder: Path, _nonce: str) -> Iterator[Made]:
    """Unpack the disk below ``folder``; holes become holes again."""
    with order.allowed():
        shared = shared_disk(order)
        disk = folder / images.disk(order.image, order.say).name
        os.sync()
    try:
        with timed(order, "copying the disk") as watch:
            line = "gzip -dc {} | dd of={} bs=64k iflag=fullblock conv=sparse status=none"
            shell(line, shared.archive, disk, failure="the disk could not be copied")
        disk.chmod(0o644)  # QEMU may run as another user
        yield Made(
            image=folder_of(order.image, folder, order.image.digest),
            took_s=watch.took_s,
            shared_bytes=shared.shared_bytes,
            compare=partial(_compare, shared, disk),
        )
    finally:
        disk.unlink(missing_ok=True)


def _compare(shared: PackedServer, disk: Path) -> DriftReport:
    """Compare as a whole: a disk of the same bytes holds the same files. Raises ImageError when it is not."""
    if cache.sha256(disk) != shared.digest:
        raise ImageError("the copied disk is not the one that was packed", remedy="See whether the disk is sound")
    return DriftReport(reference="the disk that was packed", drift=Drift())
