"""Which engine it is, and what of its settings changes how a container starts: for the manifest, and so for readers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import psutil

from bench.errors import UnavailableError
from bench.host.engine.docker_asked import asked
from bench.isolations.engines.docker_config import config_file, engine_process

_SAID = {"id": "ID", "version": "ServerVersion", "storage driver": "Driver", "default runtime": "DefaultRuntime"}
"""What an engine says of itself, by its key in the answer to ``GET /info``."""
_TOLD = (
    "userns-remap", "init", "cgroup-parent", "default-ulimits", "default-shm-size", "default-ipc-mode",
    "default-cgroupns-mode", "no-new-privileges", "seccomp-profile", "selinux-enabled", "exec-opts", "storage-opts",
    "userland-proxy", "iptables", "icc", "bridge", "live-restore", "features",
)  # fmt: skip
"""Keys of daemon.json that change what is done for a container when it starts. Most are not in ``GET /info``."""


def address(url: str) -> dict[str, str]:
    """Return where the engine is, and what asked for it, if anything did."""
    wanted = asked()
    return {"address": url, **({"asked for by": wanted.by} if wanted else {})}


def said(info: Mapping[str, Any]) -> dict[str, str]:
    """Return what an engine says of itself."""
    groups = f"{info.get('CgroupDriver', 'unknown')}, version {info.get('CgroupVersion', 'unknown')}"
    return {
        **{name: str(info[key]) for name, key in _SAID.items() if info.get(key)},
        "control groups": groups,
        "security": "; ".join(map(str, info.get("SecurityOptions") or ())) or "none",
    }


def told(url: str) -> dict[str, str]:
    """Return what a Docker engine was told by its configuration file and its command line, as the file calls it."""
    try:
        words = engine_process(url).cmdline()
        file = config_file(words)
        config = json.loads(file.read_text()) if file.exists() else {}
        found = {**config, **_flags(words)}
    except (UnavailableError, psutil.Error, OSError, ValueError, TypeError) as error:
        return {"settings": f"cannot be read ({error})"}
    return {name: _plain(found[name]) for name in _TOLD if found.get(name) not in (None, "", [], {})}


def _flags(words: Sequence[str]) -> dict[str, object]:
    """Return the settings on a command line; a flag that may be repeated is a list, as in the file."""
    found: dict[str, object] = {}
    for place, word in enumerate(words):
        name, equals, value = word.removeprefix("--").partition("=")
        if word.startswith("--"):
            following = words[place + 1 : place + 2]
            text = value if equals else next((one for one in following if not one.startswith("-")), "true")
            several = f"{name}s"
            if several in _TOLD:
                listed = found.setdefault(several, [])
                assert isinstance(listed, list)
                listed.append(text)
            else:
                found[name] = text
    return found


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
