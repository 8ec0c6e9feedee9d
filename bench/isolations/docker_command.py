"""The docker command as the client of an engine: what a person types, instead of the API's calls."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from bench.errors import LeftoverError
from bench.isolations.base import Fault, Unreadable
from bench.isolations.console import Console
from bench.isolations.processes import PsutilProcess
from bench.isolations.remedy import missing_package
from bench.isolations.stream import pump

_LEAVE_TIMEOUT_S = 5.0
_ANSWER_TIMEOUT_S = 20.0


class Client:
    """A ``docker run`` in the foreground, attached to its container."""

    def __init__(self, command: subprocess.Popen[bytes]) -> None:
        self._command = command

    def send(self, data: bytes) -> None:
        """Write to the container's standard input, through the command's own."""
        assert self._command.stdin is not None
        self._command.stdin.write(data)

    def processes(self) -> Sequence[PsutilProcess]:
        """Return the command's process while it runs."""
        with suppress(Unreadable):
            return (PsutilProcess(self._command.pid),)
        return ()


@contextmanager
def commanded(url: str, words: Sequence[str], console: Console) -> Iterator[Client]:
    """Start ``docker run`` with these words, its output in the console; on leaving it is ended and verified gone."""
    command = subprocess.Popen(
        ["docker", f"--host={url}", "run", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        start_new_session=True,  # Ctrl-C is for the harness alone
    )
    assert command.stdout is not None
    assert command.stdin is not None
    reader = threading.Thread(target=pump, args=(command.stdout.fileno(), console), name="console", daemon=True)
    reader.start()
    try:
        yield Client(command)
    finally:
        command.kill()  # the container is removed by the API, whatever becomes of its client
        try:
            command.wait(_LEAVE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise LeftoverError(f"the docker command, process {command.pid}, survived SIGKILL") from None
        finally:
            command.stdin.close()
            reader.join(_LEAVE_TIMEOUT_S)
            command.stdout.close()


def missing_command(url: str) -> Fault | None:
    """Return why the command cannot ask this engine; None where it can."""
    if shutil.which("docker") is None:
        return missing_package("the command docker is missing", _package())
    try:
        asked = subprocess.run(
            ["docker", f"--host={url}", "version", "--format={{.Server.Version}}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_ANSWER_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return _mute(url, f"no answer within {_ANSWER_TIMEOUT_S:g} s")
    return _mute(url, asked.stderr.strip()) if asked.returncode else None


def _mute(url: str, said: str) -> Fault:
    return Fault(
        reason=f"the docker command cannot talk to the engine at {url}: {said}",
        remedy="Install a docker command of the engine's own version",
    )


def _package() -> str:
    """Return the package that brings the command: a part of the engine's until Debian 12, its own since."""
    asked = ["apt-cache", "show", "docker-cli"]
    apart = shutil.which(asked[0]) and subprocess.run(asked, capture_output=True, check=False).returncode == 0
    return "docker-cli" if apart else "docker.io"
