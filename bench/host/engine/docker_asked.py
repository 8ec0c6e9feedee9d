"""Which engine the user asks for: by DOCKER_HOST, by a docker context, or none in particular.

The order is the docker command's own: DOCKER_HOST, DOCKER_CONTEXT, then the context that `docker context use` chose.
Source: docker/cli, ``cli/command/cli.go``, ``resolveContextName``. The SDK's reader takes a broken file for none.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

SYSTEM_URL = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An engine that was asked for by name."""

    by: str
    """What asks for it: an environment variable, or a context."""
    undo: str
    """How to ask for it no more, or rightly."""
    url: str = ""
    """Its address; empty: what asks for it leads to none."""
    lost: str = ""
    """Why it leads to none."""


def asked() -> Asked | None:
    """Return the engine that was asked for; None: any will do."""
    if url := os.environ.get("DOCKER_HOST"):
        return Asked(url=url, by="DOCKER_HOST", undo="unset DOCKER_HOST")
    if name := os.environ.get("DOCKER_CONTEXT"):
        return _of_context(name, "unset DOCKER_CONTEXT")
    file = _folder() / "config.json"
    try:
        name = _read(file).get("currentContext")
    except (OSError, ValueError) as error:
        lost = f"{file} cannot be read, and may name a context: {error}"
        return Asked(by=str(file), undo="set DOCKER_HOST to the engine's address", lost=lost)
    return _of_context(str(name), "run `docker context use default`") if name else None


def _of_context(name: str, undo: str) -> Asked | None:
    if name == "default":
        return None
    by = f"the docker context {name!r}"
    file = _folder() / "contexts/meta" / sha256(name.encode()).hexdigest() / "meta.json"
    if not file.exists():
        return Asked(by=by, undo=undo, lost="there is no such context")
    try:
        url = str(_read(file)["Endpoints"]["docker"].get("Host") or SYSTEM_URL)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        return Asked(by=by, undo=undo, lost=f"{file} cannot be read: {error!r}")
    return Asked(url=url, by=by, undo=undo)


def _folder() -> Path:
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def _read(file: Path) -> dict[str, Any]:
    """Return a JSON object, an empty one where there is no file; raises OSError, ValueError."""
    try:
        found = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    if not isinstance(found, dict):
        raise ValueError(f"{file} holds no JSON object")
    return found
