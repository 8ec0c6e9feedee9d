"""What an engine keeps for a run, labelled with it: named volumes, each made for one container and gone with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import docker
import docker.errors

from bench.errors import LeftoverError
from bench.host import run_names
from bench.isolations.engines.docker_api import RAW, remove, translated
from bench.isolations.timeline import Timeline
from bench.model import Storage

LABEL = "isobench.run"


@contextmanager
def engine_volume(api: docker.APIClient, storage: Storage | None, name: str, run: str) -> Iterator[tuple[str, ...]]:
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


def abandoned(api: docker.APIClient, dead: Callable[[str], bool]) -> list[str]:
    """Remove the containers and volumes of dead runs; return one line for each.

    Label and name must agree: a label is handed down to whatever is made from a container.
    """
    removed = []
    with translated("list containers and volumes"):
        for found in api.containers(all=True, filters={"label": LABEL}):
            name, run = found["Names"][0].lstrip("/"), found["Labels"][LABEL]
            if run_names.run_of(name) == run and dead(run):
                remove(api, found["Id"], Timeline())
                removed.append(f"container {name} of run {run}")
        for found in api.volumes(filters={"label": LABEL})["Volumes"] or []:
            name, run = found["Name"], found["Labels"][LABEL]
            if run_names.run_of(name) == run and dead(run):
                api.remove_volume(name)
                removed.append(f"volume {name} of run {run}")
    return removed
