"""Docker: the same root file system imported as an image, driven through the engine's API."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import docker

from bench.engine import start_engine
from bench.engine_ping import engine_answers
from bench.errors import IsolationError, UnavailableError
from bench.isolations import processes
from bench.isolations.base import (
    HOST_STACK,
    LOOPBACK,
    Account,
    Availability,
    Exit,
    Fault,
    HostProcess,
    Instance,
    Isolation,
    Launch,
    Route,
    Say,
    console_of,
)
from bench.isolations.block import disk_below
from bench.isolations.cgroup import Cgroup
from bench.isolations.console import Console
from bench.isolations.docker_api import TooLongError, attached, bridge_gateway, pump, remove, translated
from bench.isolations.docker_volume import LABEL, abandoned_volumes, volume
from bench.isolations.timeline import Timeline
from bench.model import Envelope, Image, Network, Phase

_REPOSITORY = "isobench"
_API_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 2


class Docker(Isolation):
    """A container of the Docker engine's default runtime."""

    name = "docker"
    stopwatch = (
        "from the API call that creates the container, through attaching and starting it, to the arrival of the "
        "workload's first line on the attached stream; neither the docker command nor removal is inside"
    )
    phases = (
        Phase(mark="created", label="created"),
        Phase(mark="attached", label="attached"),
        Phase(mark="start", label="first output"),
        Phase(mark="ready", label="ready"),
        Phase(mark="started", label="start call returned"),
        Phase(mark="end", label="workload ended"),
        Phase(mark="exited", label="exited"),
        Phase(mark="gone", label="removed"),
    )

    def __init__(self, run: str, words: Sequence[str] = ()) -> None:
        super().__init__(run, words)
        self._client: docker.APIClient | None = None
        self._daemons: list[processes.PsutilProcess] = []

    def missing(self) -> Fault | None:
        """Look for an engine that answers."""
        engine = engine_answers()
        if engine is not None and not engine.startswith("unix://"):
            return Fault(
                reason=f"the engine at {engine} is on another host, whose memory and CPU time cannot be read here",
                remedy="Run Isobench on that host, or unset DOCKER_HOST",
            )
        if engine is not None:
            return None
        return Fault(
            reason="no Docker engine answers",
            remedy="Start one (`python -m bench doctor --fix` starts a private one), or set DOCKER_HOST",
            fix=lambda: start_engine(lambda _line: None),
        )

    def prepare(self, image: Image, say: Say) -> None:
        """Import the root file system; its layer's DiffID is the image's digest."""
        with translated("import the image"):
            if not self._api.images(name=_tag(image)):
                say(f"importing image {image.name} into the Docker engine")
                repository, tag = _tag(image).split(":")
                self._api.import_image_from_file(str(image.tar), repository=repository, tag=tag)
            layers = self._api.inspect_image(_tag(image))["RootFS"]["Layers"]  # type: ignore[no-untyped-call]
        if layers != [image.digest]:
            raise IsolationError(
                f"the engine's image {_tag(image)} has layers {layers}, not {image.digest}",
                remedy=f"Remove it: docker rmi {_tag(image)}",
            )
        # Once: a scan of all processes costs CPU time that a trial should not pay.
        self._daemons = _daemons(engine_answers() or "")

    def describe(self) -> Availability:
        """Name the engine, its runtime and its storage."""
        with translated("ask the engine for its version"):
            version, info = self._api.version(), self._api.info()
        parts = {part["Name"]: part["Version"] for part in version.get("Components", [])}
        versions = {
            "engine": version["Version"],
            "containerd": parts.get("containerd", "unknown"),
            "runtime": f"{info['DefaultRuntime']} {parts.get(info['DefaultRuntime'], '')}".strip(),
            "storage": info["Driver"],
        }
        detail = f"engine {versions['engine']}, {versions['runtime']}, {versions['storage']}"
        return Availability(isolation=self.name, fault=None, detail=detail, versions=versions)

    def route(self, network: Network) -> Route | None:
        """Return the way to a container; a published port is reached where the packet filter translates it."""
        match network:
            case "none":
                return LOOPBACK
            case "host":
                return HOST_STACK
            case "published":
                gateway = bridge_gateway(self._api)
                how = "the engine's bridge and a published port, translated by the packet filter (NAT)"
                return Route(bind="0.0.0.0", address=gateway, how=how) if gateway else None

    @contextmanager
    def launch(self, launch: Launch) -> Iterator[Instance]:
        """Create, attach, start."""
        timeline = Timeline()
        console = console_of(launch, timeline)
        api = self._api
        with ExitStack() as stack:
            name = f"isobench-{self.run}-{launch.trial.number:04d}"
            with translated("make a volume"):
                mounted = stack.enter_context(volume(api, launch.storage, name, self.run))
            route = self.route(launch.envelope.network)
            settings = _settings(api, launch, self.run, route.address if route else "", mounted)
            timeline.mark("requested", self.clock.now_ns())
            with translated("start a container"):
                # Before the call: an engine that answers too late has made the container all the same.
                stack.callback(remove, api, name, timeline)
                container = api.create_container_from_config(settings, name=name)["Id"]  # type: ignore[no-untyped-call]
                timeline.mark("created", self.clock.now_ns())
                stream = stack.enter_context(attached(api, container))
                timeline.mark("attached", self.clock.now_ns())
                reader = threading.Thread(target=pump, args=(stream, console), name="console", daemon=True)
                reader.start()
                api.start(container)
                timeline.mark("started", self.clock.now_ns())
            yield DockerInstance(timeline, console, api, container, stream, self._daemons)

    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        """Remove containers that carry the label of a dead run."""
        if engine_answers() is None:
            return []
        removed = []
        with translated("list containers"):
            for container in self._api.containers(all=True, filters={"label": LABEL}):
                run = container["Labels"][LABEL]
                if dead(run):
                    self._api.remove_container(container["Id"], force=True, v=True)
                    removed.append(f"container {container['Names'][0].lstrip('/')} of run {run}")
            removed += abandoned_volumes(self._api, dead)
        return removed

    @property
    def _api(self) -> docker.APIClient:
        if self._client is None:
            host = engine_answers()
            if host is None:
                raise UnavailableError("no Docker engine answers", remedy="python -m bench doctor --fix")
            self._client = docker.APIClient(base_url=host, timeout=_API_TIMEOUT_S)
        return self._client


class DockerInstance(Instance):
    """One container."""

    def __init__(
        self,
        timeline: Timeline,
        console: Console,
        api: docker.APIClient,
        container: str,
        stream: socket.socket,
        daemons: Sequence[HostProcess],
    ) -> None:
        super().__init__(timeline, console)
        self._api = api
        self._daemons = daemons
        self._container = container
        self._stream = stream
        with translated("inspect a container"):
            self._pid = int(api.inspect_container(container)["State"]["Pid"])
        self._group: Cgroup | None = None
        if self._pid:
            with contextlib.suppress(OSError):
                self._group = Cgroup.of(self._pid)
        self._shim = processes.parent(self._pid)

    def processes(self) -> Mapping[str, Sequence[HostProcess]]:
        """Return the container's processes, its shim, and the engine's daemons as shared."""
        return {
            "workload": processes.readable(self._group.pids() if self._group else []),
            "shim": [self._shim] if self._shim else [],
            "shared:engine": self._daemons,
        }

    @property
    def account(self) -> Account | None:
        """The container's own control group."""
        return self._group

    def send(self, line: str) -> None:
        """Write a line to the container's standard input."""
        with contextlib.suppress(OSError):
            self._stream.sendall(f"{line}\n".encode())

    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Wait for the container's end, as the engine reports it."""
        try:
            with translated("wait for a container"):
                status = int(self._api.wait(self._container, timeout=timeout_s)["StatusCode"])  # type: ignore[arg-type]
                self.timeline.mark("exited", time.monotonic_ns())
                state = self._api.inspect_container(self._container)["State"]
        except TooLongError:
            return None
        return Exit(status=status, out_of_memory=bool(state["OOMKilled"]))


def _settings(api: docker.APIClient, launch: Launch, run: str, address: str, volumes: Sequence[str]) -> Any:
    envelope, storage = launch.envelope, launch.storage
    published = envelope.network == "published"
    tmpfs = {"/tmp": "", "/run": ""}  # as in every other isolation
    if storage and storage.kind == "tmpfs":
        tmpfs[storage.path] = f"size={storage.size_bytes}"
    host = api.create_host_config(
        binds=list(volumes),
        port_bindings={launch.port: (address, launch.port)} if published else None,
        cpuset_cpus=",".join(str(cpu) for cpu in envelope.cpu_set),
        mem_limit=envelope.memory_bytes,
        memswap_limit=envelope.memory_bytes,
        pids_limit=envelope.pids,
        device_write_bps=_write_limit(api, envelope),
        network_mode="bridge" if published else envelope.network,
        tmpfs=tmpfs,
        log_config=docker.types.LogConfig(type="none"),  # the console is read from the attached stream
    )
    return api.create_container_config(
        image=_tag(launch.image),
        command=list(launch.entry),
        ports=[launch.port] if published else None,
        host_config=host,
        labels={LABEL: run},
        stdin_open=True,
    )


def _write_limit(api: docker.APIClient, envelope: Envelope) -> list[Mapping[str, str | int]] | None:
    """Limit writing on the disk that holds the engine's data, where layers and volumes are."""
    if envelope.write_bytes_per_s is None:
        return None
    disk = disk_below(Path(api.info()["DockerRootDir"]))
    return [{"Path": disk.node, "Rate": envelope.write_bytes_per_s}]


def _daemons(url: str) -> list[processes.PsutilProcess]:
    """Return the engine that serves this address, and its containerd: its child, or the host's own."""
    engine = processes.serving(url.removeprefix("unix://"))
    engines = [engine] if engine and engine.name == "dockerd" else processes.named("dockerd")
    children = [child for found in engines for child in processes.descendants(found.pid)]
    return engines + ([child for child in children if child.name == "containerd"] or processes.named("containerd"))


def _tag(image: Image) -> str:
    return f"{_REPOSITORY}:{image.digest.removeprefix('sha256:')[:12]}"
