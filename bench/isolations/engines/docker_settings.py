"""What a container is asked to be: one description, said to the engine's API or as words of the docker command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

from bench.host.block import disk_below
from bench.isolations.base import HOSTNAME, SHM_BYTES, Launch
from bench.isolations.engines.docker_volume import LABEL
from bench.isolations.variants import DockerOptions
from bench.model import DiskRate

_THROTTLES: Mapping[DiskRate, str] = {
    "write_bytes": "write_bps",
    "read_bytes": "read_bps",
    "write_operations": "write_iops",
    "read_operations": "read_iops",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A container that does not exist yet."""

    name: str
    run: str
    launch: Launch
    image: str
    """Its name in the engine."""
    options: DockerOptions
    address: str
    """The host's address at which the port is published; empty: it is not."""
    volumes: Sequence[str]
    tmpfs: str
    """How ``/tmp`` and ``/run`` are mounted; left to themselves, engines let no program be run from there."""
    data_root: Path
    """Where the engine keeps its data: the disk on which writing is limited."""

    def for_api(self, api: docker.APIClient) -> Any:
        """Return the container's configuration for the call that creates it."""
        envelope = self.launch.envelope
        host = api.create_host_config(
            binds=list(self.volumes),
            port_bindings={self.launch.port: (self.address, self.launch.port)} if self._publishes else None,
            cpuset_cpus=self._cpus,
            mem_limit=envelope.memory_bytes,
            memswap_limit=envelope.memory_bytes,
            pids_limit=envelope.pids,
            device_write_bps=self._throttle("write_bps"),
            device_read_bps=self._throttle("read_bps"),
            device_write_iops=self._throttle("write_iops"),
            device_read_iops=self._throttle("read_iops"),
            network_mode=self._network,
            tmpfs=dict(self._tmpfs),
            shm_size=SHM_BYTES,
            extra_hosts={HOSTNAME: "127.0.0.1"},
            security_opt=list(self._security) or None,
            read_only=not self.options.writable_root,
            runtime=self.options.runtime or None,
            log_config=docker.types.LogConfig(type="none"),  # the console is read from the attached stream
        )
        return api.create_container_config(
            image=self.image,
            command=list(self.launch.entry),
            ports=[self.launch.port] if self._publishes else None,
            host_config=host,
            hostname=None if self._network == "host" else HOSTNAME,
            labels={LABEL: self.run},
            stdin_open=True,
        )

    def for_command(self) -> list[str]:
        """Return the words after ``docker run`` that ask for the same container."""
        envelope = self.launch.envelope
        memory = str(envelope.memory_bytes)
        words = ["--interactive", f"--name={self.name}", f"--label={LABEL}={self.run}", "--log-driver=none"]
        words += [f"--cpuset-cpus={self._cpus}", f"--memory={memory}", f"--memory-swap={memory}"]
        words += [f"--pids-limit={envelope.pids}", f"--network={self._network}"]
        words += [f"--tmpfs={path}:{how}" for path, how in self._tmpfs.items()]
        words += [f"--shm-size={SHM_BYTES}", f"--add-host={HOSTNAME}:127.0.0.1"]
        words += [] if self._network == "host" else [f"--hostname={HOSTNAME}"]
        words += [f"--volume={binding}" for binding in self.volumes]
        words += [f"--device-{name.replace('_', '-')}={node}:{rate}" for name, node, rate in self._throttles]
        words += [f"--security-opt={option}" for option in self._security]
        words += [] if self.options.writable_root else ["--read-only"]
        words += [f"--runtime={self.options.runtime}"] if self.options.runtime else []
        if self._publishes:
            words.append(f"--publish={self.address}:{self.launch.port}:{self.launch.port}")
        return [*words, self.image, *self.launch.entry]

    @property
    def _cpus(self) -> str:
        return ",".join(str(cpu) for cpu in self.launch.envelope.cpu_set)

    @property
    def _network(self) -> str:
        network = self.launch.envelope.network
        return "bridge" if network == "published" else network

    @property
    def _publishes(self) -> bool:
        """Whether the scenario asks for a port; a variant that only joins the bridge publishes none."""
        return bool(self.address) and self.launch.trial.cell.envelope.network == "published"

    @property
    def _tmpfs(self) -> Mapping[str, str]:
        found = {"/tmp": self.tmpfs, "/run": self.tmpfs}  # as in every other isolation
        storage = self.launch.storage
        if storage and storage.kind == "tmpfs":
            found[storage.path] = f"exec,size={storage.size_bytes}"
        return found

    @property
    def _security(self) -> Sequence[str]:
        seccomp = () if self.options.seccomp else ("seccomp=unconfined",)
        return (*seccomp, *(() if self.options.new_privileges else ("no-new-privileges",)))

    def _throttle(self, name: str) -> list[Mapping[str, str | int]] | None:
        """Return one of the engine's limits of a disk, as its API takes it."""
        return [{"Path": node, "Rate": rate} for known, node, rate in self._throttles if known == name] or None

    @property
    def _throttles(self) -> Sequence[tuple[str, str, int]]:
        """The engine's word, the disk and the rate of each limit."""
        rates = self.launch.envelope.disk_rates.items()
        return [(_THROTTLES[name], disk_below(self.data_root).node, rate) for name, rate in rates]
