"""The engine's own configuration: a runtime is added to it, shown before, and the engine reloads it.

Never more than that: no restart, no other key. A runtime is one of the keys that an engine reads again on SIGHUP.
Source: Docker documentation, dockerd, "Miscellaneous options" and "Configuration reload behavior".
"""

from __future__ import annotations

import difflib
import json
import os
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.errors import IsolationError, UnavailableError, written
from bench.host import processes
from bench.host.engine.docker_ping import engine_info
from bench.model import short_digest

_DEFAULT = Path("/etc/docker/daemon.json")
_RELOAD_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigEdit:
    """A configuration file as it is and as it would be."""

    url: str
    engine: int
    """The pid of the engine that reads it."""
    file: Path
    before: str
    after: str
    runtimes: tuple[str, ...]

    @property
    def difference(self) -> str:
        """The change as a unified diff."""
        names = (str(self.file), str(self.file))
        lines = difflib.unified_diff(self.before.splitlines(), self.after.splitlines(), *names, lineterm="")
        return "\n".join(lines)

    @property
    def backup(self) -> Path:
        """Where the file as it was is kept; one for each content, so that none replaces an older one."""
        return self.file.with_name(f"{self.file.name}.before-isobench-{short_digest(self.before.encode())}")

    def apply(self) -> None:
        """Write the file, a copy of the old one beside it, and let the engine reload; undone if it does not take it.

        Raises StoreError, or IsolationError when the file has been changed since it was shown, or when the engine does
        not know the runtimes afterwards.
        """
        if (self.file.read_text() if self.file.exists() else "") != self.before:
            raise IsolationError(f"{self.file} has been changed by somebody else meanwhile", remedy="Try again")
        if self.before:
            with written(self.backup):
                shutil.copy2(self.file, self.backup)
        _replace(self.file, self.after)
        os.kill(self.engine, signal.SIGHUP)
        deadline = time.monotonic() + _RELOAD_TIMEOUT_S
        while not set(self.runtimes) <= set(engine_info(self.url).get("Runtimes") or {}):
            if time.monotonic() > deadline:
                self.undo()
                raise IsolationError(
                    f"the engine did not take up {', '.join(self.runtimes)} from {self.file}; that was taken back",
                    remedy="Look into the engine's log",
                )
            time.sleep(0.05)

    def undo(self) -> None:
        """Put the file back as it was, without a copy beside it, and let the engine reload."""
        _replace(self.file, self.before or "{}\n")
        self.backup.unlink(missing_ok=True)
        os.kill(self.engine, signal.SIGHUP)


def with_runtimes(url: str, runtimes: Mapping[str, Mapping[str, object]]) -> ConfigEdit:
    """Return the change that registers these runtimes with the engine at ``url``; every other key stays.

    Raises UnavailableError where its configuration cannot be read or must not be touched.
    """
    if os.geteuid() != 0:
        raise UnavailableError("only root can change an engine's configuration", remedy="Run as root")
    engine = engine_process(url)
    words = engine.cmdline()
    if any(word.startswith("--add-runtime") for word in words):  # an engine that finds both does not start again
        raise UnavailableError(
            "the engine is told its runtimes on its command line", remedy="Add --add-runtime there, and restart it"
        )
    file = config_file(words)
    try:
        before = file.read_text() if file.exists() else ""
        config = json.loads(before or "{}")
        registered = {**config.get("runtimes", {}), **runtimes}
        after = json.dumps({**config, "runtimes": registered}, indent=2) + "\n"
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise UnavailableError(
            f"the engine's configuration {file} cannot be read: {error}", remedy="Mend it, then try again"
        ) from error
    return ConfigEdit(url=url, engine=engine.pid, file=file, before=before, after=after, runtimes=tuple(runtimes))


def engine_process(url: str) -> psutil.Process:
    """Return the engine's process: who listens there, or, where that is an init for it, the only dockerd."""
    serving = processes.serving(url.removeprefix("unix://"))
    found = [serving] if serving and serving.name == "dockerd" else processes.named("dockerd")
    if len(found) != 1:
        raise UnavailableError(
            f"the process of the engine at {url} cannot be told",
            remedy="Change its daemon.json yourself, and reload it",
        )
    return psutil.Process(found[0].pid)


def config_file(words: Sequence[str]) -> Path:
    """Return the configuration file that an engine with this command line reads."""
    for place, word in enumerate(words):
        if word.startswith("--config-file="):
            return Path(word.partition("=")[2]).resolve()
        if word == "--config-file" and place + 1 < len(words):
            return Path(words[place + 1]).resolve()
    return _DEFAULT.resolve()


def _replace(file: Path, text: str) -> None:
    """Write a file at once and for all; it keeps its mode."""
    growing = file.with_name(f".{file.name}.partial")
    with written(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        growing.write_text(text)
        if file.exists():
            shutil.copymode(file, growing)
        growing.replace(file)
