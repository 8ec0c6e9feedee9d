"""The docker or podman command as the client of an engine: what a person types, instead of the API's calls."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Literal

from bench.host import patience, programs
from bench.host.subprocesses import Child, ran
from bench.isolations.base import Fault
from bench.isolations.console import Console
from bench.isolations.remedy import has_package, missing_package
from bench.isolations.stream import pump

Program = Literal["docker", "podman"]

_LEAVE_TIMEOUT_S = 5.0
_ANSWER_S = 20.0


_ADDRESSED: Mapping[Program, str] = {"docker": "--host", "podman": "--url"}


def client(program: Program, url: str) -> tuple[str, ...]:
    """Return the words with which every command to the engine there begins."""
    return (program, f"{_ADDRESSED[program]}={url}")


@contextmanager
def commanded(program: Program, url: str, words: Sequence[str], console: Console) -> Iterator[Child]:
    """Start its ``run`` with these words, its output in the console; on leaving it is ended and verified gone."""
    command = Child(  # killed at once: the container is removed by the API, whatever becomes of its client
        f"the {program} command",
        [*client(program, url), "run", *words],
        kill_s=_LEAVE_TIMEOUT_S,
        read_by=partial(pump, console=console),
    )
    with command:
        yield command


def missing_command(url: str, program: Program = "docker") -> Fault | None:
    """Return why the command cannot ask this engine; None where it can."""
    if programs.found(program) is None:
        # Docker's is a part of the engine's package until Debian 12, one of its own since.
        package = "docker-cli" if has_package("docker-cli") else "docker.io"
        return missing_package(f"the command {program} is missing", package if program == "docker" else program)
    within_s = patience.limit_s(_ANSWER_S)
    try:
        done = ran(*client(program, url), "version", "--format={{.Server.Version}}", timeout_s=within_s)
    except subprocess.TimeoutExpired:
        return _mute(program, url, f"no answer within {within_s:.0f} s. {patience.longer()}")
    return _mute(program, url, done.stderr.strip()) if done.returncode else None


def _mute(program: Program, url: str, said: str) -> Fault:
    return Fault(
        reason=f"the {program} command cannot talk to the engine at {url}: {said}",
        remedy=f"Install a {program} command of the engine's own version",
    )
