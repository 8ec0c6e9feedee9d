"""The Docker engine's API in our words: errors, the attached stream, removal that is verified."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import docker
import docker.errors
import psutil
import requests.exceptions
import urllib3.exceptions

from bench.errors import IsolationError, LeftoverError, PortTakenError
from bench.isolations.console import Console
from bench.isolations.engines.docker_leaks import reap
from bench.isolations.remedy import missing_package
from bench.isolations.timeline import Timeline

_STOPPING_S, _AGAIN_S = 10.0, 0.1
"""How long an engine may refuse to remove a container, and how soon it is asked again."""

_FRAME_HEADER = struct.Struct(">BxxxL")

RAW = (
    docker.errors.DockerException,
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
)


class TooLongError(IsolationError):
    """The engine did not answer in time."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Let none of the SDK's own errors through."""
    try:
        yield
    except requests.exceptions.ReadTimeout as error:
        raise TooLongError(f"cannot {doing}: the Docker engine did not answer in time") from error
    except requests.exceptions.ConnectionError as error:
        if "timed out" in str(error).lower():
            raise TooLongError(f"cannot {doing}: the Docker engine did not answer in time") from error
        raise IsolationError(
            f"cannot {doing}: the Docker engine went away",
            remedy="python -m bench doctor says how to start it",
        ) from error
    except RAW as error:
        if "port is already allocated" in str(error) or "address already in use" in str(error):
            raise PortTakenError(f"cannot {doing}: {error}", remedy="Run again: another port is chosen") from error
        no_nft = "unable to execute nft" in str(error)  # netavark's, without which podman 5 publishes no port
        remedy = str(missing_package("", "nftables").remedy) if no_nft else "python -m bench doctor"
        raise IsolationError(f"cannot {doing}: {error}", remedy=remedy) from error


def bridge_gateway(api: docker.APIClient) -> str:
    """Return the host's own address on the engine's default bridge; empty where the engine has none.

    Read from the interface: an engine does not name the gateway before its first container.
    """
    with translated("inspect the bridge"):
        try:
            options = api.inspect_network("bridge")["Options"]
        except docker.errors.NotFound:
            return ""
    name = str(options.get("com.docker.network.bridge.name", ""))
    addresses = psutil.net_if_addrs().get(name, [])
    return next((one.address for one in addresses if one.family == socket.AF_INET), "")


@contextmanager
def attached(api: docker.APIClient, container: str) -> Iterator[socket.socket]:
    """Attach to a container before it starts, so that no first line is lost."""
    wrapper = api.attach_socket(container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
    stream: socket.socket = getattr(wrapper, "_sock", wrapper)
    stream.settimeout(None)  # a workload may be silent for longer than the API's timeout
    try:
        yield stream
    finally:
        with contextlib.suppress(OSError):
            stream.shutdown(socket.SHUT_RDWR)
        # With the socket below it: a response whose socket is closed first complains when it is collected.
        getattr(wrapper, "_response", wrapper).close()


def demultiplex(stream: socket.socket, console: Console) -> None:
    """Feed a console from the engine's multiplexed stream: frames of a stream number, a length, the bytes.

    Source: Docker Engine API, "Attach to a container", stream format.
    """
    buffer = b""
    while True:
        try:
            data = stream.recv(65536)
        except OSError:  # closed by the teardown
            data = b""
        at_ns = time.monotonic_ns()
        if not data:
            console.close(at_ns)
            return
        buffer += data
        while len(buffer) >= _FRAME_HEADER.size:
            _stream, length = _FRAME_HEADER.unpack_from(buffer)
            finish = _FRAME_HEADER.size + length
            if len(buffer) < finish:
                break
            console.feed(buffer[_FRAME_HEADER.size : finish], at_ns)
            buffer = buffer[finish:]


def remove(api: docker.APIClient, container: str, timeline: Timeline) -> None:
    """Remove a container, running or not; verify that the engine knows it no more and that no process of it is left."""
    identity = ""
    try:
        with contextlib.suppress(docker.errors.NotFound):
            identity = str(api.inspect_container(container)["Id"])
            _removed(api, container)
        api.inspect_container(container)
    except docker.errors.NotFound:
        timeline.mark("gone", time.monotonic_ns())
    except RAW as error:
        raise LeftoverError(
            f"container {container} could not be removed: {error}",
            remedy="When the engine answers again: python -m bench clean",
        ) from error
    else:
        raise LeftoverError(f"container {container} is still there after its removal")
    if identity:
        reap(identity)


def _removed(api: docker.APIClient, container: str) -> None:
    """Remove a container; an engine's error of its own (podman's, of one that is just stopping) may pass."""
    deadline = time.monotonic() + _STOPPING_S
    while True:
        try:
            return api.remove_container(container, force=True, v=True)
        except docker.errors.APIError as error:
            busy = error.is_server_error() or error.status_code == HTTPStatus.CONFLICT  # or it is being removed
            if not busy or time.monotonic() > deadline:
                raise
        time.sleep(_AGAIN_S)
