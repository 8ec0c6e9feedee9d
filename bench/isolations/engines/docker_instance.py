"""One container, as its engine and the host's kernel see it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import docker

from bench.host import processes
from bench.host.accounting import Account, HostProcess
from bench.host.cgroup import Cgroup
from bench.host.subprocesses import status_of
from bench.isolations.base import Exit, Instance
from bench.isolations.console import Console
from bench.isolations.engines.docker_api import TooLongError, translated
from bench.isolations.kernel_kills import killed_for_memory
from bench.isolations.roles import by_role
from bench.isolations.timeline import Timeline


class DockerInstance(Instance):
    """One container."""

    door: Sequence[str] = ()
    """The words of a command that runs others in it; none: the API does."""

    def __init__(
        self,
        timeline: Timeline,
        console: Console,
        api: docker.APIClient,
        container: str,
        write: Callable[[bytes], object],
        daemons: Mapping[str, Sequence[HostProcess]],
        clients: Callable[[], Sequence[processes.PsutilProcess]] = tuple,
    ) -> None:
        super().__init__(timeline, console)
        self._api = api
        self.container = container
        self._write = write
        self._daemons = daemons
        self._clients = clients
        self._group: Cgroup | None = None
        self._keeper: processes.PsutilProcess | None = None
        self._oom_kills = 0

    def processes(self) -> Mapping[str, Sequence[HostProcess]]:
        """Return what is in the container's control group and who keeps it, by role; the engine's daemons as shared."""
        self._find()
        inside = processes.readable(self._group.pids() if self._group else [])
        keepers = [self._keeper] if self._keeper else []
        return {**by_role([*inside, *keepers, *self._clients()]), **self._daemons}

    @property
    def account(self) -> Account | None:
        """The container's own control group."""
        self._find()
        return self._group

    def send(self, line: str) -> None:
        """Write a line to the container's standard input."""
        with contextlib.suppress(OSError):
            self._write(f"{line}\n".encode())

    def enter(self, words: Sequence[str], timeout_s: float) -> int:
        """Run a command by the engine's exec: three calls of its API, or the docker command where that asks."""
        if self.door:
            return status_of([*self.door, *words], timeout_s)
        with translated("run a command in a container"):
            made = self._api.exec_create(self.container, list(words))
            self._api.exec_start(made["Id"])
            return int(self._api.exec_inspect(made["Id"])["ExitCode"])

    def dismiss(self) -> None:
        """Let the entry go on; the group goes with the container, so kills are counted before."""
        account = self.account
        self._oom_kills = (account.read().oom_kills if account else None) or 0
        super().dismiss()

    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Wait for the container's end, as the engine reports it."""
        try:
            with translated("wait for a container"):
                status = int(self._api.wait(self.container, timeout=timeout_s)["StatusCode"])  # type: ignore[arg-type]
                self.timeline.mark("exited", time.monotonic_ns())
                inspected = self._api.inspect_container(self.container)
        except TooLongError:
            return None
        return Exit(status=status, out_of_memory=self._oom_kills > 0 or self._died_for_memory(inspected))

    def _died_for_memory(self, inspected: Mapping[str, Any]) -> bool:
        """Whether the engine, or the kernel, says so of a container whose entry could not be asked any more."""
        told = bool(inspected["State"]["OOMKilled"])
        return told or (not self.console.happened("end") and killed_for_memory(inspected["Id"]))

    def _find(self) -> None:
        """Find the control group and the keeper, once the container runs: asking earlier would disturb its start."""
        if self._group is not None:
            return
        with translated("inspect a container"):
            pid = int(self._api.inspect_container(self.container)["State"]["Pid"])
        if pid:
            with contextlib.suppress(OSError):
                self._group = Cgroup.of(pid)
            self._keeper = processes.parent(pid)
