"""Whether a Docker engine answers, and where."""

from __future__ import annotations

import http.client
import json
import os
import socket
from typing import Any

SYSTEM_URL = "unix:///var/run/docker.sock"
OWN_URL = "unix:///run/isobench/docker.sock"
"""Where ``bench.engine`` lets its own engine listen."""

PING_S = 5.0

_RUNC = ("io.containerd.runc.", "io.containerd.runtime.")
"""How containerd spells runc."""


def engine_answers() -> str | None:
    """Return the base URL of the first engine that answers a ping: the user's, the system's, our own."""
    urls = (os.environ.get("DOCKER_HOST"), SYSTEM_URL, OWN_URL)
    return next((url for url in urls if url and answers(url)), None)


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=PING_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def answers(url: str) -> bool:
    """Whether a Docker engine answers a ping at this address within PING_S."""
    if not url.startswith("unix://"):
        return _answers_over_network(url)
    connection = _UnixConnection(url.removeprefix("unix://"))
    try:
        connection.request("GET", "/_ping")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _answers_over_network(url: str) -> bool:
    import docker  # noqa: PLC0415 - slow to import, and needed only for tcp, ssh and TLS
    from docker.errors import DockerException  # noqa: PLC0415

    try:
        client = docker.from_env(environment={**os.environ, "DOCKER_HOST": url}, timeout=int(PING_S))
        return bool(client.ping())
    except (DockerException, OSError):
        return False


def engine_info(url: str) -> dict[str, Any]:
    """Return what a local engine says of itself; empty where none answers, or not in JSON.

    The answer to ``GET /info`` of the Docker Engine API, as it came.
    """
    if not url.startswith("unix://"):
        return {}
    connection = _UnixConnection(url.removeprefix("unix://"))
    try:
        connection.request("GET", "/info")
        info = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    finally:
        connection.close()
    return info if isinstance(info, dict) else {}


def engine_runtimes() -> tuple[str, ...]:
    """Return the runtimes registered with a local engine, its default first; none where no engine answers."""
    info = engine_info(engine_answers() or "")
    default = str(info.get("DefaultRuntime", ""))
    others = (name for name in sorted(info.get("Runtimes") or ()) if not name.startswith(_RUNC))
    return (default, *(name for name in others if name != default)) if default else ()
