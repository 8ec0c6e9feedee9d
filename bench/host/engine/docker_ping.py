"""Whether a Docker engine answers, and where; if none does, why."""

from __future__ import annotations

import errno
import http.client
import json
import os
import re
import socket
from dataclasses import dataclass
from typing import Any

from bench.host import patience
from bench.host.engine.docker_asked import SYSTEM_URL, asked

OWN_URL = "unix:///run/isobench/docker.sock"
"""Where ``bench.host.engine.private_docker`` lets its own engine listen."""

PING_S = 5.0
_INFO_S = 30.0
"""An engine counts its containers and asks each runtime for its version before it tells of itself."""

_RUNC = ("io.containerd.runc.", "io.containerd.runtime.")
"""How containerd spells runc."""

_START = "`python -m bench doctor --fix --yes` starts a private one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Why no engine answers, what to do, and whether one of our own may be started instead."""

    reason: str
    remedy: str
    startable: bool = False


def engine_answers() -> str | None:
    """Return the base URL of the engine to use, if it answers a ping.

    That is the one that was asked for, and no other; where none was, the system's, or else our own.
    """
    wanted = asked()
    urls = (wanted.url,) if wanted else (SYSTEM_URL, OWN_URL)
    return next((url for url in urls if url and answers(url)), None)


def silence() -> Silence:
    """Return why ``engine_answers`` finds none."""
    if wanted := asked():
        why = wanted.lost or f"{wanted.url}: {refusal(wanted.url) or 'it answers by now'}"
        return Silence(
            reason=f"the engine that {wanted.by} asks for does not answer ({why})",
            remedy=f"Start it, or {wanted.undo}: no other engine is used in its place",
        )
    for url in (SYSTEM_URL, OWN_URL):
        if refusal(url) == os.strerror(errno.EACCES):
            return Silence(
                reason=f"the engine at {url} does not admit this user",
                remedy="Join the group of that socket (docker, as a rule), or run as root",
            )
    root = os.geteuid() == 0
    remedy = f"Start one ({_START}), or set DOCKER_HOST" if root else f"As root, {_START}; or set DOCKER_HOST"
    return Silence(reason="no Docker engine answers", remedy=remedy, startable=root)


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, within_s: float) -> None:
        super().__init__("localhost", timeout=within_s * patience.asked())
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def answers(url: str) -> bool:
    """Whether a Docker engine answers a ping at this address within PING_S, stretched by the user's patience."""
    return not refusal(url)


def refusal(url: str) -> str:
    """Return why no Docker engine answers a ping at this address within PING_S; empty: one does."""
    if not url.startswith("unix://"):
        return _refusal_over_network(url)
    connection = _UnixConnection(url.removeprefix("unix://"), PING_S)
    try:
        connection.request("GET", "/_ping")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return getattr(error, "strerror", None) or str(error) or type(error).__name__
    finally:
        connection.close()
    return "" if status == http.HTTPStatus.OK else f"what listens there answers with HTTP status {status}"


def _refusal_over_network(url: str) -> str:
    import docker  # noqa: PLC0415 - slow to import, and needed only for tcp, ssh and TLS
    from docker.errors import DockerException  # noqa: PLC0415

    try:
        client = docker.from_env(
            environment={**os.environ, "DOCKER_HOST": url}, timeout=int(PING_S * patience.asked()) or 1
        )
        return "" if client.ping() else "it does not answer a ping"
    except (DockerException, OSError) as error:
        causes = re.findall(r"\[Errno -?\d+\] ([^'\")]+)", str(error))  # behind what four libraries make of them
        return causes[-1] if causes else str(error)


def engine_info(url: str) -> dict[str, Any]:
    """Return what a local engine says of itself; empty where none answers, or not in JSON.

    The answer to ``GET /info`` of the Docker Engine API, as it came.
    """
    if not url.startswith("unix://"):
        return {}
    connection = _UnixConnection(url.removeprefix("unix://"), _INFO_S)
    try:
        connection.request("GET", "/info")
        info = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    finally:
        connection.close()
    return info if isinstance(info, dict) else {}


def podman_version(url: str) -> str:
    """Return podman's version where it is podman's service that speaks the engine's API; empty where it is not."""
    info = engine_info(url)
    return str(info.get("ServerVersion", "")) if "BuildahVersion" in info else ""  # a key of podman's alone


def is_rootless(url: str) -> bool:
    """Whether a local engine runs in a user namespace, with a network stack that is not the host's."""
    return "name=rootless" in (engine_info(url).get("SecurityOptions") or ())


def engine_runtimes() -> tuple[str, ...]:
    """Return the runtimes registered with a local engine, its default first; none where none answers but podman."""
    info = engine_info(engine_answers() or "")
    if "BuildahVersion" in info:
        return ()
    default = str(info.get("DefaultRuntime", ""))
    others = (name for name in sorted(info.get("Runtimes") or ()) if not name.startswith(_RUNC))
    return (default, *(name for name in others if name != default)) if default else ()
