"""Named volumes of the Docker engine: made for one container, labelled with their run, gone with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import docker
import docker.errors

from bench.errors import LeftoverError
from bench.isolations.docker_api import RAW
from bench.model import Storage

LABEL = "isobench.run"


@contextmanager
def volume(api: docker.APIClient, storage: Storage | None, name: str, run: str) -> Iterator[tuple[str, ...]]:
    """Make a volume where the storage is one; yield the bindings of the container that uses it."""
    if storage is None or storage.kind != "volume":
        yield ()
        return
    api.create_volume(name, labels={LABEL: run})
    try:
        yield (f"{name}:{storage.path}",)
    finally:
        try:
            api.remove_volume(name)
        except docker.errors.NotFound:
            pass
        except RAW as error:
            raise LeftoverError(
                f"volume {name} could not be removed: {error}",
                remedy="When the engine answers again: python -m bench clean",
            ) from error


def abandoned_volumes(api: docker.APIClient, dead: Callable[[str], bool]) -> list[str]:
    """Remove the volumes of dead runs; return one line for each."""
    removed = []
    for found in api.volumes(filters={"label": LABEL})["Volumes"] or []:
        run = found["Labels"][LABEL]
        if dead(run):
            api.remove_volume(found["Name"])
            removed.append(f"volume {found['Name']} of run {run}")
    return removed
