"""Podman: containers without a daemon, asked for through the service that speaks the Docker Engine's API.

The service is our own, with storage, configuration and socket apart from any user's podman. It starts when it is first
needed, and dies with this process; the containers' keeper is conmon, one for each.
"""

from __future__ import annotations

import atexit
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from bench.engine_ping import answers
from bench.errors import IsolationError, LeftoverError
from bench.isolations import cgroup, processes
from bench.isolations.base import Fault
from bench.isolations.docker import Docker
from bench.isolations.remedy import missing_package
from bench.model import Image, short_digest
from bench.placement import beside
from bench.state import alive, state_folder
from bench.writing import written

_START_S = 20.0
_STOP_S = 5.0
_MOST_PROCESSES = 32768
"""Podman 4.3 fails on higher ones, whatever the host's own is; measured."""
_CONFIG = """\
[containers]
default_ulimits = [{ulimits}]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
runtime = "{runtime}"
tmp_dir = "{run}/libpod"
"""
"""Without systemd there are no groups and no journal of its own. Locks in shared memory would be those of every other
podman of this user, which are counted together."""
_STORAGE = """\
[storage]
driver = "overlay"
graphroot = "{data}"
runroot = "{run}"
[storage.options.overlay]
skip_mount_home = "true"
"""
"""Its folder is not mounted onto itself: that mount would stay."""


class Podman(Docker):
    """A container of podman's."""

    name = "podman"
    stopwatch = (
        "from the API call to a podman service that runs already, which creates the container, through attaching and "
        "starting it, to the arrival of the workload's first line on the attached stream; removal is not inside"
    )

    daemons_role = "shared:service"

    def missing(self) -> Fault | None:
        """Look for podman and for root."""
        for tool, package in (("podman", "podman"), ("setpriv", "util-linux"), ("conmon", "conmon")):
            if shutil.which(tool) is None:
                return missing_package(f"the command {tool} is missing", package)
        if os.geteuid() != 0:
            return Fault(reason="limits and memory by process need root here", remedy="Run as root")
        return None

    def url(self) -> str | None:
        """Return where our service answers, started now if it is not there yet."""
        return _service() if shutil.which("podman") and os.geteuid() == 0 else None

    def no_engine(self) -> Fault:
        """Return what is missing for a service."""
        return self.missing() or Fault(reason="podman's service does not answer", remedy="python -m bench doctor")

    def reference(self, image: Image) -> str:
        """Return the name of an image; podman forgets a tag that it is told at the import."""
        return super().reference(image).replace(":", "-")

    def daemons(self) -> list[processes.PsutilProcess]:
        """Return the service: it creates containers and leaves them to conmon."""
        found = processes.serving((self.url() or "").removeprefix("unix://"))
        return [found] if found else []

    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        """Remove containers of dead runs; where we have never stored any, no service is started to ask."""
        return super().clean(dead) if _data().is_dir() else []

    def gateway(self) -> str:
        """Return where a port is published: podman's bridge has no address before its first container."""
        return "127.0.0.1"


@cache
def _service() -> str:
    """Start the service, once per process; return its address. Raises IsolationError when it does not come up."""
    with ExitStack() as starting:
        folder = starting.enter_context(alive(f"podman-{os.getpid()}"))
        url, log = f"unix://{folder}/podman.sock", folder / "log"
        with written(folder), log.open("wb") as output:
            # On all CPUs, like any engine: this process may have been placed, and what it starts with it.
            cpus = ",".join(map(str, beside(())))
            service = subprocess.Popen(
                [
                    *("taskset", "--cpu-list", cpus, "setpriv", "--pdeathsig", "KILL"),
                    *("podman", "system", "service", "--time", "0", url),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **_configured(folder)},
                cwd="/",
                start_new_session=True,
            )
        starting.callback(_stop, service)
        _await_answer(url, service, log)
        atexit.register(starting.pop_all().close)
    return url


def _data() -> Path:
    """Return where our podman keeps images and containers."""
    return state_folder() / "podman"


def _configured(folder: Path) -> dict[str, str]:
    """Write podman's configuration; return the variables that name it, which containers' keepers inherit."""
    data = _data()
    # Below /run, which a restart of the host empties: podman tells by that that no container lives.
    run = f"/run/isobench/podman-{short_digest(bytes(data))}"
    containers, storage = folder / "containers.conf", folder / "storage.conf"
    containers.write_text(_CONFIG.format(run=run, runtime=_runtime(), ulimits=_ulimits()))
    storage.write_text(_STORAGE.format(data=data, run=run))
    return {"CONTAINERS_CONF": str(containers), "CONTAINERS_STORAGE_CONF": str(storage)}


def _await_answer(url: str, service: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while not answers(url):
        if service.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(errors="replace").strip().splitlines()[-3:]
            raise IsolationError(
                f"podman's service did not come up: {' / '.join(said) or 'it said nothing'}",
                remedy="See whether `podman info` works",
            )
        time.sleep(0.02)


def _runtime() -> str:
    """Return the runtime that podman prefers, crun, unless it is missing or refuses this layout of control groups."""
    return "crun" if shutil.which("crun") and cgroup.version() != "hybrid" else "runc"


def _ulimits() -> str:
    """Return limits that can be set here: podman's own are higher, and raising takes CAP_SYS_RESOURCE."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    pids = min(resource.getrlimit(resource.RLIMIT_NPROC)[1], _MOST_PROCESSES)
    return f'"nofile={files}:{files}", "nproc={pids}:{pids}"'


def _stop(service: subprocess.Popen[bytes]) -> None:
    service.terminate()
    try:
        service.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        service.kill()
        try:
            service.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            raise LeftoverError(f"podman's service, process {service.pid}, survived SIGKILL") from None
