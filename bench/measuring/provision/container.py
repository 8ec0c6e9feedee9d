"""Images of the Docker engine that exist for one making: imported, loaded, read back, and gone again."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import docker
import docker.errors

from bench.errors import ImageError, LeftoverError, UnavailableError
from bench.host.engine.docker_ping import engine_answers, silence
from bench.host.run_state import is_alive, registered_runs
from bench.isolations.engines.docker_api import RAW, translated
from bench.measuring.provision.inventory import Inventory, of_tar
from bench.model import ImageFile

LABEL = "isobench.provision"
"""On every image made here: the run it was made for, or ``shared`` for what is packed once and loaded often."""

SHARED = "shared"

_ANSWER_TIMEOUT_S = 600
"""It answers once it has unpacked an image, which may take minutes on a slow disk."""
_SETTLE_S = 30.0
"""How long an engine may go on with what it was given, once nobody listens any more."""


def engine() -> docker.APIClient:
    """Return a connection to the engine; raises UnavailableError where none answers."""
    host = engine_answers()
    if host is None:
        silent = silence()
        raise UnavailableError(silent.reason, remedy=silent.remedy)
    with translated("connect"):
        return docker.APIClient(base_url=host, timeout=_ANSWER_TIMEOUT_S)


def tag_of(digest: str) -> str:
    """Return under which name the isolation ``docker`` looks for an image."""
    return f"isobench:{digest.removeprefix('sha256:')[:12]}"


@contextmanager
def passing(api: docker.APIClient, *tags: str) -> Iterator[None]:
    """Make sure that the engine has no images of these names before the block, and none after it."""
    _forget(api, *tags)
    try:
        yield
    finally:
        _forget(api, *tags)


def bring(api: docker.APIClient, tar: Path, tag: str, label: str) -> None:
    """Import a root file system as an image of one layer."""
    repository, name = tag.split(":")
    with translated("import an image"), tar.open("rb") as stream, _settled(api, tag, stream):
        answer = api.import_image_from_data(stream, repository=repository, tag=name, changes=[f"LABEL {LABEL}={label}"])
        _refuse_errors("import an image", answer.splitlines() if isinstance(answer, str) else [])


def load(api: docker.APIClient, archive: Path, tag: str) -> None:
    """Load an image, which bears this name, from an archive, compressed or not."""
    with translated("load an image"), archive.open("rb") as stream, _settled(api, tag, stream):
        answer = api.load_image(stream, quiet=True)  # type: ignore[no-untyped-call]
        _refuse_errors("load an image", [json.dumps(line) for line in answer or ()])


def save(api: docker.APIClient, tag: str, path: Path) -> None:
    """Write an image as an archive, as ``docker save`` does."""
    with translated("save an image"), path.open("wb") as archive:
        for chunk in api.get_image(tag):
            archive.write(chunk)


def change(api: docker.APIClient, tag: str, changed: str, file: ImageFile) -> None:
    """Make an image of one more layer, which holds one file, as a Dockerfile that copies it would."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo(file.path.strip("/"))
        member.size, member.mode = len(file.content), file.mode
        archive.addfile(member, io.BytesIO(file.content))
    repository, name = changed.split(":")
    with translated("change an image"):
        config = api.create_container_config(tag, ["/bin/true"], labels={LABEL: SHARED})
        container = api.create_container_from_config(config)["Id"]  # type: ignore[no-untyped-call]
        try:
            api.put_archive(container, "/", stream.getvalue())
            api.commit(container, repository=repository, tag=name)
        finally:
            with suppress(docker.errors.NotFound):
                api.remove_container(container, force=True, v=True)


def layers(archive: tarfile.TarFile) -> list[str]:
    """Return the names of the members that are the layers of a saved image, the lowest first."""
    manifest = archive.extractfile("manifest.json")
    assert manifest is not None
    found: list[str] = json.load(manifest)[0]["Layers"]
    return found


def inventory(path: Path) -> Inventory:
    """Take the inventory of a saved image; raises ImageError unless it has one layer."""
    with tarfile.open(path) as archive:
        found = layers(archive)
        if len(found) != 1:
            raise ImageError(f"an image of one layer came back with {len(found)}")
        layer = archive.extractfile(found[0])
        assert layer is not None
        return of_tar(layer)


def remove_leftover_images(dead: Callable[[str], bool]) -> list[str]:
    """Remove images that dead runs have left in the engine; return one line for each."""
    if engine_answers() is None:
        return []
    api = engine()
    alive = [run for run in registered_runs() if is_alive(run)]
    removed = []
    with translated("list images"):
        for image in api.images(filters={"label": LABEL}):
            label = (image["Labels"] or {}).get(LABEL, "")
            if not alive if label == SHARED else dead(label):
                api.remove_image(image["Id"], force=True)
                removed.append(f"image {(image['RepoTags'] or [image['Id'][7:19]])[0]} of a making, label {label}")
    return removed


def _forget(api: docker.APIClient, *tags: str) -> None:
    for tag in tags:
        try:
            api.remove_image(tag, force=True)
        except docker.errors.NotFound:
            continue
        except RAW as error:
            raise LeftoverError(
                f"the image {tag} could not be removed from the Docker engine: {error}",
                remedy="When the engine answers again: python -m bench clean",
            ) from error


@contextmanager
def _settled(api: docker.APIClient, tag: str, stream: IO[bytes]) -> Iterator[None]:
    """When the block is cut short, wait until the engine has done with what it was given, so that it can be removed.

    An engine that has received everything goes on although nobody waits for its answer.
    """
    try:
        yield
    except (docker.errors.APIError, ImageError):  # it has answered
        raise
    except BaseException:
        size_bytes, deadline = Path(stream.name).stat().st_size, time.monotonic() + _SETTLE_S
        while stream.tell() == size_bytes and not api.images(name=tag) and time.monotonic() < deadline:
            time.sleep(0.1)
        raise


def _refuse_errors(doing: str, answer: list[str]) -> None:
    """Raise what the engine says in an answer whose status was well: it begins before the work is done."""
    for line in answer:
        with suppress(ValueError):
            told = json.loads(line)
            if isinstance(told, dict) and "error" in told:
                raise ImageError(f"the Docker engine could not {doing}: {told['error']}")
