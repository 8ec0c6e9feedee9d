"""Podman: containers without a daemon, asked for through the service that speaks the Docker Engine's API.

The service is our own, with storage, configuration and socket apart from any user's podman. It starts when it is first
needed, and dies with this process; the containers' keeper is conmon, one for each. For a user without root it runs in a
user namespace, and has the user's own systemd make the containers' groups.
"""

from __future__ import annotations

import atexit
import os
import resource
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from bench.errors import IsolationError, UnavailableError, written
from bench.host import cgroup, patience, processes, programs
from bench.host.cpus import every_cpu
from bench.host.engine.docker_ping import answers
from bench.host.run_names import of_process
from bench.host.run_state import alive, kept, state_folder
from bench.host.subprocesses import Child
from bench.host.user import delegation, ids
from bench.isolations.base import HOST_STACK, Fault, Route
from bench.isolations.engines import docker_facts
from bench.isolations.engines.docker import Docker
from bench.isolations.engines.docker_command import missing_command
from bench.isolations.remedy import has_package, missing_package, sockets_below
from bench.model import Image, Network, short_digest

_START_S = 20.0
_STOP_S = 5.0
_MOST_PROCESSES = 32768
"""Podman 4.3 fails on higher ones, whatever the host's own is; measured."""
_CONFIG = """\
[containers]
default_capabilities = [
  "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP",
  "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
]
base_hosts_file = "none"
default_ulimits = [{ulimits}]
[engine]
cgroup_manager = "{manager}"
events_logger = "none"
lock_type = "file"
runtime = "{runtime}"
tmp_dir = "{run}/libpod"
"""
"""An instance is told none of the host's own names. Without systemd there are no groups and no journal of its own.
Its capabilities are Docker's: podman 5 leaves three of them out. Locks in shared memory would be those of every other
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
    program = "podman"
    declines = (
        "podman brings a container back under another name only where it had no open connection, and the service keeps "
        "one: --tcp-established cannot be used with --name"
    )
    outlives = False
    tmpfs = f"{Docker.tmpfs},notmpcopyup"  # what the image has in that place is not copied, as nowhere else

    def missing(self) -> Fault | None:
        """Look for podman and, without root, for what a user has to be given."""
        if fault := _lacking():
            return fault
        if self._options.client == "cli" and (fault := missing_command(self.url() or "", self.program)):
            return fault
        return sockets_below(len("/runs/podman-1234567-abcdef/podman.sock"))

    def url(self) -> str | None:
        """Return where our service answers, started now if it is not there yet."""
        return None if _lacking() else _service(self.aside)

    def no_engine(self) -> Fault:
        """Return what is missing for a service."""
        return self.missing() or Fault(
            reason="podman's service does not answer", remedy="See whether `podman info` works"
        )

    def reference(self, image: Image) -> str:
        """Return the name of an image; podman forgets a tag that it is told at the import."""
        return super().reference(image).replace(":", "-")

    def find_daemons(self) -> list[processes.PsutilProcess]:
        """Return the service: it creates containers and leaves them to conmon."""
        found = processes.serving((self.url() or "").removeprefix("unix://"))
        return [found] if found else []

    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        """Remove containers of dead runs; where we have never stored any, no service is started to ask."""
        if not _data().is_dir():
            return []
        if fault := self.missing():
            raise UnavailableError(f"podman's containers cannot be looked at: {fault.reason}", remedy=fault.remedy)
        return super().clean(dead)

    def engine(self, info: Mapping[str, Any]) -> Mapping[str, str]:
        """Return how our service is set up; it has no address or id that outlives this process."""
        facts = {name: value for name, value in docker_facts.said(info).items() if name != "id"}
        return {"address": "a service of Isobench's own", **facts}

    def route(self, network: Network) -> Route | None:
        """Return the way to a container; the host's own stack can be joined without root, too."""
        return HOST_STACK if network == "host" else super().route(network)

    def gateway(self) -> str:
        """Return where a port is published: podman's bridge has no address before its first container."""
        return "127.0.0.1"

    @cached_property
    def rootless(self) -> bool:
        """Whether the service is a user's."""
        return os.geteuid() != 0


def _lacking() -> Fault | None:
    """Return why no service of ours can run here; None: try it."""
    rootless = os.geteuid() != 0
    if programs.found("podman") is None:
        # It publishes ports by these since podman 5, which only recommends them.
        return missing_package("the command podman is missing", "podman", *filter(has_package, ("nftables", "passt")))
    tools = [("setpriv", "util-linux"), ("conmon", "conmon")]
    for tool, package in [*tools, *([("newuidmap", "uidmap")] if rootless else [])]:
        if programs.found(tool) is None:
            return missing_package(f"the command {tool} is missing", package)
    return _without_root() if rootless else None


def _without_root() -> Fault | None:
    """Return what this user has not been given; None: all that it takes."""
    try:
        cgroup.ground()
    except IsolationError as error:
        return Fault(reason=error.what, remedy=str(error.remedy))
    if not cgroup.offers("cpuset"):
        return Fault(
            reason="the user's own systemd is not given the controller cpuset, by which podman keeps to CPUs",
            remedy=f"{delegation.REMEDY}; or run as root",
        )
    if file := ids.ungiven():
        user = ids.user()
        return Fault(
            reason=f"{file} gives {user} no subordinate ids, which a container's users are mapped to",
            remedy=programs.as_root(f"usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}"),
        )
    return None


@cache
def _service(aside: tuple[int, ...]) -> str:
    """Start the service, once per process, on the CPUs ``aside``; return its address.

    Raises IsolationError when it does not come up.
    """
    with ExitStack() as starting:
        folder = starting.enter_context(alive(of_process("podman")))
        url = f"unix://{folder}/podman.sock"
        with kept(folder):
            service = Child(
                "podman's service",
                ["podman", "system", "service", "--time", "0", url],
                terminate_s=_STOP_S,
                kill_s=_STOP_S,
                bound_to=",".join(map(str, aside or every_cpu())),  # this process may have been placed, and it with us
                log=folder / "log",
                env={**os.environ, **_configured(folder)},
                cwd="/",
            )
        starting.enter_context(service)
        if not service.answered(lambda: answers(url), patience.limit_s(_START_S)):
            raise IsolationError(
                f"podman's service did not come up: {' / '.join(service.tail()) or 'it said nothing'}",
                remedy=f"See whether `podman info` works. {patience.longer()}",
            )
        atexit.register(starting.pop_all().close)
    return url


def _data() -> Path:
    """Return where our podman keeps images and containers."""
    return state_folder() / "podman"


def _runtime_folder() -> str:
    """Return the folder that a restart of the host empties: podman tells by that that no container lives."""
    return "/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.geteuid()}")


def _configured(folder: Path) -> dict[str, str]:
    """Write podman's configuration; return the variables that name it, which containers' keepers inherit."""
    data = _data()
    run = f"{_runtime_folder()}/isobench/podman-{short_digest(bytes(data))}"
    with written(Path(run)):
        Path(run).parent.mkdir(mode=0o755, parents=True, exist_ok=True)  # podman would make it for root alone
    containers, storage = folder / "containers.conf", folder / "storage.conf"
    manager = "cgroupfs" if os.geteuid() == 0 else "systemd"
    containers.write_text(_CONFIG.format(run=run, manager=manager, runtime=_runtime(), ulimits=_ulimits()))
    storage.write_text(_STORAGE.format(data=data, run=run))
    return {"CONTAINERS_CONF": str(containers), "CONTAINERS_STORAGE_CONF": str(storage)}


def _runtime() -> str:
    """Return the runtime that podman prefers, crun, unless it is missing or refuses this layout of control groups."""
    return "crun" if programs.found("crun") and cgroup.version() != "hybrid" else "runc"


def _ulimits() -> str:
    """Return limits that can be set here: podman's own are higher, and raising takes CAP_SYS_RESOURCE."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    pids = min(resource.getrlimit(resource.RLIMIT_NPROC)[1], _MOST_PROCESSES)
    return f'"nofile={files}:{files}", "nproc={pids}:{pids}"'
