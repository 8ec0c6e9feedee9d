"""What a Docker engine is asked for: an image it has, one it can pull, one it builds."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import ImageError
from bench.host.engine.docker_ping import engine_answers, silence
from bench.images import cache
from bench.model import Say, short_digest

if TYPE_CHECKING:
    import docker

_TIMEOUT_S = 600
"""An engine may be silent for as long as a command of a Dockerfile is."""

_BUILT = "isobench-built"
_TAIL_LINES = 15

_AS_A_FILE = (
    "take the image along as a file: `docker save -o FILE NAME` where it is, and FILE in place of the name here"
)
_PULL = f"Correct the name, make its registry reachable, or {_AS_A_FILE}"
_LOAD = "Load the image that it starts from into the engine (docker load), or make its registry reachable"
_MEND = "Mend the Dockerfile; the engine builds it as `DOCKER_BUILDKIT=0 docker build` does"
_UNREACHABLE = re.compile(r"pull access denied|manifest unknown|no such host|dial tcp|lookup|i/o timeout|not found: ")


def local_image(reference: str, wanted_by: str, say: Say) -> str:
    """Return the ID of the image that ``reference`` names, pulled first where the engine does not have it.

    Raises ImageError when no engine answers, or when there is no such image to be had.
    """
    with _engine(wanted_by, say) as api:
        found = _id_of(api, reference)
        if found is None:
            say(f"{wanted_by}: pulling {reference}")
            _pull(api, reference, wanted_by)
            found = _id_of(api, reference)
    if found is None:
        raise ImageError(f"{wanted_by}: the engine has pulled {reference!r}, and does not have it", remedy=_PULL)
    return found


def built_image(dockerfile: Path, wanted_by: str, say: Say) -> str:
    """Return the ID of the image that the engine builds from a Dockerfile, with its folder as the context.

    The image stays in the engine under a name of ours, so that the next build finds every step made. Raises
    ImageError, with what the build said last, when a step fails.
    """
    name = f"{_BUILT}:{short_digest(str(dockerfile).encode())}"
    failure = f"{wanted_by} could not be built from {dockerfile}"
    say(f"{wanted_by}: the engine builds {dockerfile}")
    with _engine(wanted_by, say) as api:
        before = _id_of(api, name)
        said = api.build(
            path=str(dockerfile.parent), dockerfile=dockerfile.name, tag=name, rm=True, forcerm=True, decode=True
        )
        _follow(said, failure, lambda why: _LOAD if _UNREACHABLE.search(why) else _MEND)
        built = _id_of(api, name)
        if before is not None and before != built:
            _forget(api, before)
    if built is None:
        raise ImageError(failure, remedy=_MEND)
    return built


def save(image_id: str, to: Path, wanted_by: str) -> None:
    """Write an image as ``docker save`` does; raises ImageError when it cannot be had, or there is no room for it."""
    with _engine(wanted_by) as api, to.open("wb") as out:
        size_bytes = int(api.inspect_image(image_id)["Size"])  # type: ignore[no-untyped-call]
        cache.require_free(to.parent, size_bytes, wanted_by)
        for number, chunk in enumerate(api.get_image(image_id, chunk_size=cache.MIB)):
            if number % 64 == 0:
                cache.require_free(to.parent, 64 * cache.MIB, wanted_by)
            out.write(chunk)


@contextmanager
def _engine(wanted_by: str, say: Say = lambda _line: None) -> Iterator[docker.APIClient]:
    """Open the engine that answers; let none of the client's own errors through."""
    import docker  # noqa: PLC0415 - a run without such an image needs no docker
    import requests.exceptions  # noqa: PLC0415
    import urllib3.exceptions  # noqa: PLC0415

    from bench.images.oci.logins import Readable  # noqa: PLC0415

    url = engine_answers()
    if url is None:
        silent = silence()
        raise ImageError(
            f"{wanted_by} needs a Docker engine: {silent.reason}", remedy=f"{silent.remedy}; or {_AS_A_FILE}"
        )
    raw = (docker.errors.DockerException, requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError)
    try:
        api = docker.APIClient(base_url=url, timeout=_TIMEOUT_S)
        # The client offers no other way to say how logins are read.
        api._auth_configs = Readable(api._auth_configs, lambda line: say(f"{wanted_by}: {line}"))  # type: ignore[attr-defined]
        try:
            yield api
        finally:
            api.close()
    except raw as error:
        raise ImageError(f"{wanted_by}: the Docker engine failed: {error}", remedy="python -m bench doctor") from error


def _id_of(api: docker.APIClient, name: str) -> str | None:
    from docker.errors import ImageNotFound  # noqa: PLC0415 - as above

    try:
        return str(api.inspect_image(name)["Id"])  # type: ignore[no-untyped-call]
    except ImageNotFound:
        return None


def _pull(api: docker.APIClient, reference: str, wanted_by: str) -> None:
    from docker.errors import APIError  # noqa: PLC0415 - as above
    from docker.utils import parse_repository_tag  # noqa: PLC0415

    failure = f"{wanted_by}: the engine has no image {reference!r}, and cannot pull it"
    repository, tag = parse_repository_tag(reference)
    try:
        _follow(api.pull(repository, tag=tag or "latest", stream=True, decode=True), failure, lambda _why: _PULL)
    except APIError as error:
        raise ImageError(f"{failure}: {error.explanation or error}", remedy=_PULL) from error


def _forget(api: docker.APIClient, image_id: str) -> None:
    """Remove what an earlier build has left, unless somebody else has given it a name, or runs it."""
    from docker.errors import APIError  # noqa: PLC0415 - as above

    try:
        api.remove_image(image_id)
    except APIError:
        return


def _follow(said: Iterable[Mapping[str, object]], failure: str, remedy: Callable[[str], str]) -> None:
    """Read what the engine says to its end; raise ImageError, with the last lines, when that is an error."""
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    for line in said:
        tail += [text for key in ("stream", "status") if (text := str(line.get(key, "")).strip())]
        if "error" in line:
            error = ImageError(f"{failure}: {line['error']}", remedy=remedy(str(line["error"])))
            error.add_note("the engine said:\n" + "\n".join(tail))
            raise error
