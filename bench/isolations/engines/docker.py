"""Docker: the same root file system imported as an image, driven through the engine's API or by its command."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

import docker

from bench.errors import IsolationError, UnavailableError
from bench.host import patience, processes, run_names
from bench.host.accounting import HostProcess
from bench.host.engine.docker_asked import asked
from bench.host.engine.docker_ping import answers, engine_answers, is_rootless, podman_version, silence
from bench.host.engine.private_docker import describe_engine, start_engine
from bench.host.run_state import engine_of, note_engine, registered_runs
from bench.host.subprocesses import version_of
from bench.isolations.base import (
    HOST_STACK,
    LOOPBACK,
    Availability,
    Fault,
    Instance,
    Isolation,
    Launch,
    Route,
    console_of,
)
from bench.isolations.console import Console
from bench.isolations.engines import docker_facts, docker_runtimes
from bench.isolations.engines.docker_api import attached, bridge_gateway, demultiplex, remove, translated
from bench.isolations.engines.docker_command import Program, client, commanded, missing_command
from bench.isolations.engines.docker_instance import DockerInstance
from bench.isolations.engines.docker_settings import Settings
from bench.isolations.engines.docker_volume import abandoned, engine_volume
from bench.isolations.revival.criu import ByEngine
from bench.isolations.revival.offers import Pausing
from bench.isolations.timeline import Timeline
from bench.isolations.variants import VARIANTS, DockerOptions, chosen
from bench.model import Envelope, Image, Network, Phase, Say

_API_S = 60
"""Within which a fast host's engine answers any call."""

_TRANSLATED = "the engine's bridge and a published port, translated by the packet filter (NAT)"
_FORWARDED = "the bridge of a rootless engine and a published port, which a process forwards"

_CALLS = (Phase(mark="created", label="created"), Phase(mark="attached", label="attached"))
_FIRST = (Phase(mark="start", label="first output"), Phase(mark="ready", label="ready"))
_STARTED = Phase(mark="started", label="start call returned")
_LAST = (
    Phase(mark="end", label="workload ended"),
    Phase(mark="exited", label="exited"),
    Phase(mark="gone", label="removed"),
)


class Docker(ByEngine, Isolation, Pausing):
    """A container of the engine's default runtime, or of any that is registered with it."""

    name = "docker"
    stopwatch = (
        "from the API call that creates the container, through attaching and starting it, to the arrival of the "
        "workload's first line on the attached stream; neither the docker command nor removal is inside"
    )
    phases: tuple[Phase, ...] = (*_CALLS, *_FIRST, _STARTED, *_LAST)
    entrance = "the API's exec: create, start, and inspect for the status"
    daemons_role = "shared:engine"
    program: ClassVar[Program] = "docker"
    """The command that speaks to the engine."""
    outlives = True
    """Whether the engine goes on when this process has ended."""
    declines = "docker makes checkpoints as an experimental feature of its daemon only, which nothing here turns on"
    tmpfs = "exec,mode=1777"

    def __init__(self, run: str, words: Sequence[str] = ()) -> None:
        super().__init__(run, words)
        variants = [word for word in words if word in VARIANTS[Docker.name]]
        self._unknown = [word for word in words if word not in variants]
        """Names of runtimes, if the engine knows them: one at the most."""
        runtime = self._unknown[0] if self._unknown else ""
        self._options = chosen(Docker.name, variants, DockerOptions(runtime=runtime))
        if self._options.client == "cli":
            self.phases = (*_FIRST, *_LAST)
            self.entrance = f"the command `{self.program} exec`"
            self.stopwatch = (
                f"from the start of the command `{self.program} run`, which lets the engine create, attach and start "
                "the container, to the arrival of the workload's first line on its output; removal is not inside"
            )
        self._url: str | None = None
        self._connection: docker.APIClient | None = None
        self._data_root = Path("/")

    def missing(self) -> Fault | None:
        """Look for an engine that answers, the runtime that was asked for, and the command where it is used."""
        engine = self.url()
        if engine is None:
            return self.no_engine()
        if fault := _foreign(engine):
            return fault
        if self._options.client == "cli" and (fault := missing_command(engine, self.program)):
            return fault
        return docker_runtimes.missing(engine, self._unknown)

    def url(self) -> str | None:
        """Return where an engine answers, if one does: the same for as long as this lives."""
        self._url = self._url or engine_answers()
        return self._url

    def no_engine(self) -> Fault:
        """Return what to do where no engine answers; one of our own is started only where none was asked for."""
        silent = silence()
        return Fault(
            reason=silent.reason,
            remedy=silent.remedy,
            fix=(lambda: start_engine(lambda _line: None)) if silent.startable else None,
            change=f"dockerd, started apart from any other: {describe_engine()}" if silent.startable else "",
        )

    def prepare(self, image: Image, say: Say) -> None:
        """Import the root file system; its layer's DiffID is the image's digest."""
        with translated("import the image"):
            if not self.api.images(name=self.reference(image)):
                say(f"importing image {image.name} into the engine of {self.family}")
                repository, _, version = self.reference(image).partition(":")
                self.api.import_image_from_file(str(image.tar), repository=repository, tag=version or None)
            layers = self.api.inspect_image(self.reference(image))["RootFS"]["Layers"]  # type: ignore[no-untyped-call]
            self._data_root = Path(self.api.info().get("DockerRootDir", "/"))
        if layers != [image.digest]:
            raise IsolationError(
                f"the engine's image {self.reference(image)} has layers {layers}, not {image.digest}",
                remedy=f"Remove it: {self.family} rmi {self.reference(image)}",
            )
        # Once: a scan of all processes costs CPU time that a trial should not pay.
        self.daemons = self.find_daemons()

    def reference(self, image: Image) -> str:
        """Return the name of an image in the engine."""
        return f"isobench:{image.digest.removeprefix('sha256:')[:12]}"

    def find_daemons(self) -> list[processes.PsutilProcess]:
        """Return the engine that serves us, and its containerd: its child, or the host's own."""
        engine = processes.serving((self.url() or "").removeprefix("unix://"))
        engines = [engine] if engine and engine.name == "dockerd" else processes.named("dockerd")
        children = [child for found in engines for child in processes.descendants(found.pid)]
        return engines + ([child for child in children if child.name == "containerd"] or processes.named("containerd"))

    @property
    def _shared(self) -> Mapping[str, Sequence[HostProcess]]:
        return {self.daemons_role: self.daemons}

    def describe(self) -> Availability:
        """Name the engine, its runtime and its storage."""
        with translated("ask the engine for its version"):
            version, info = self.api.version(), self.api.info()
        parts = {part["Name"]: part["Version"] for part in version.get("Components", [])}
        runtime = self._options.runtime or info.get("DefaultRuntime", "")
        versions = {
            "engine": version["Version"],
            **({"containerd": parts["containerd"]} if "containerd" in parts else {}),  # podman has none
            "runtime": f"{runtime} {parts.get(runtime) or docker_runtimes.version(self.url(), runtime)}".strip(),
            "storage": info["Driver"],
            **({"client": version_of(self.program)} if self._options.client == "cli" else {}),
        }
        detail = f"engine {versions['engine']}, {versions['runtime']}, {versions['storage']}"
        engine = self.engine(info)
        if by := engine.get("asked for by"):
            detail += f", at {engine['address']}, asked for by {by}"
        return Availability(isolation=self.name, fault=None, detail=detail, versions=versions, engine=engine)

    def engine(self, info: Mapping[str, Any]) -> Mapping[str, str]:
        """Return which engine it is and how it is set up, by what it says of itself and what it was told."""
        url = self.url() or ""
        return {**docker_facts.address(url), **docker_facts.said(info), **docker_facts.told(url)}

    def altered(self, envelope: Envelope) -> Envelope:
        """Return the envelope on the network that this variant names."""
        return replace(envelope, network=self._options.network) if self._options.network else envelope

    def route(self, network: Network) -> Route | None:
        """Return the way to a container; a published port is reached where the packet filter translates it."""
        if network == "none":
            return LOOPBACK
        if docker_runtimes.without_network(self.url(), self._options.runtime):
            return None
        if network == "host":
            return None if self.rootless else HOST_STACK
        gateway = self.gateway()
        how = _FORWARDED if self.rootless else _TRANSLATED
        return Route(bind="0.0.0.0", address=gateway, how=how) if gateway else None

    def lacks(self, network: Network) -> Fault:
        """Say that the engine has no bridge, where that is why nothing can be published."""
        found = super().lacks(network)
        if network != "published" or self.route("host") is None:
            return found
        return replace(
            found,
            reason=f"{found.reason}: its engine has no bridge with an address",
            remedy=f"Start the engine without bridge=none. {found.remedy}",
        )

    def gateway(self) -> str:
        """Return the host's address on the engine's bridge; empty where it has none."""
        return "127.0.0.1" if self.rootless else bridge_gateway(self.api)

    @cached_property
    def rootless(self) -> bool:
        """Whether the engine runs for a user, in namespaces of its own: its bridge is then not the host's."""
        return is_rootless(self.url() or "")

    @contextmanager
    def launch(self, launch: Launch) -> Iterator[Instance]:
        """Create, attach, start: by the API, or by the command that does all three."""
        timeline = Timeline()
        console = console_of(launch, timeline)
        with ExitStack() as stack:
            name = run_names.instance(self.run, launch.label)
            if self.outlives:
                note_engine(self.run, self.url() or "")
            with translated("make a volume"):
                mounted = stack.enter_context(engine_volume(self.api, launch.storage, name, self.run))
            route = self.route(launch.envelope.network)
            settings = Settings(
                name=name,
                run=self.run,
                launch=launch,
                image=self.reference(launch.image),
                options=self._options,
                address=route.address if route else "",
                volumes=mounted,
                tmpfs=self.tmpfs,
                data_root=self._data_root,
            )
            start = self._by_command if self._options.client == "cli" else self._by_api
            yield start(settings, timeline, console, stack)

    def _by_api(self, settings: Settings, timeline: Timeline, console: Console, stack: ExitStack) -> DockerInstance:
        asked = settings.for_api(self.api)
        self.request(settings.launch, timeline)
        with translated("start a container"):
            # Before the call: an engine that answers too late has made the container all the same.
            stack.callback(remove, self.api, settings.name, timeline)
            self.api.create_container_from_config(asked, name=settings.name)  # type: ignore[no-untyped-call]
            timeline.mark("created", self.clock.now_ns())
            stream = stack.enter_context(attached(self.api, settings.name))
            timeline.mark("attached", self.clock.now_ns())
            threading.Thread(target=demultiplex, args=(stream, console), name="console", daemon=True).start()
            stream.sendall(f"{console.secret}\n".encode())
            self.api.start(settings.name)
            timeline.mark("started", self.clock.now_ns())
        return DockerInstance(timeline, console, self.api, settings.name, stream.sendall, self._shared)

    def _by_command(self, settings: Settings, timeline: Timeline, console: Console, stack: ExitStack) -> DockerInstance:
        words = settings.for_command()
        self.request(settings.launch, timeline)
        stack.callback(remove, self.api, settings.name, timeline)
        command = stack.enter_context(commanded(self.program, self.url() or "", words, console))
        clients = partial(processes.readable, [command.pid])
        command.send(f"{console.secret}\n".encode())
        made = DockerInstance(timeline, console, self.api, settings.name, command.send, self._shared, clients)
        made.door = (*client(self.program, self.url() or ""), "exec", settings.name)
        return made

    def pause(self, instance: Instance) -> None:
        """Let the engine freeze the container's control group."""
        assert isinstance(instance, DockerInstance)
        with translated("pause a container"):
            self.api.pause(instance.container)

    def thaw(self, instance: Instance) -> None:
        """Let the engine thaw it."""
        assert isinstance(instance, DockerInstance)
        with translated("unpause a container"):
            self.api.unpause(instance.container)

    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        """Remove what dead runs have left in the engine that answers here, and in those that they used."""
        used = {engine_of(run) for run in registered_runs() if dead(run)} if self.outlives else set()
        engines = {url for url in (self.url(), *used) if url is not None and (url == self.url() or answers(url))}
        return [line for url in sorted(engines) for line in abandoned(connected(url), dead)]

    @property
    def api(self) -> docker.APIClient:
        """The connection to the engine."""
        if self._connection is None:
            host = self.url()
            if host is None:
                raise UnavailableError(self.no_engine().reason, remedy=self.no_engine().remedy)
            self._connection = connected(host)
        return self._connection


def _foreign(url: str) -> Fault | None:
    """Return why what answers at an address is nothing to measure as a Docker engine; None where it is."""
    wanted = asked()
    undo = wanted.undo if wanted else "stop it"
    if not url.startswith("unix://"):
        return Fault(
            reason=f"the engine at {url} is on another host, whose memory and CPU time cannot be read here",
            remedy=f"Run Isobench on that host, or {undo}",
        )
    if version := podman_version(url):
        return Fault(
            reason=f"what answers at {url} is podman {version}, not a Docker engine",
            remedy=f"Measure it as `podman`, with a service of Isobench's own, or {undo}",
        )
    return None


def connected(url: str) -> docker.APIClient:
    """Return a connection to the engine at ``url``."""
    with translated("connect"):
        api = docker.APIClient(base_url=url, timeout=round(patience.limit_s(_API_S)))
    api.trust_env = False  # no proxy stands before a socket: to look for one takes a third of a call's CPU time
    return api
