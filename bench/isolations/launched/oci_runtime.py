"""OCI runtimes directly: ``runc`` and ``crun`` started on a bundle, with no engine above them.

Format of the bundle: OCI Runtime Specification 1.0.2, config.md and config-linux.md.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from bench import images
from bench.errors import IsolationError
from bench.host import cgroup
from bench.host.block import disk_below
from bench.host.subprocesses import ran, told_by, version_of
from bench.isolations.base import HOSTNAME, SHM_BYTES, Fault, Instance, Launch
from bench.isolations.envelope import limits_here
from bench.isolations.launched.gate import Gated, GatedInstance
from bench.isolations.launched.seat import Seat
from bench.isolations.revival.criu import criu_fault, errors_in
from bench.isolations.revival.offers import Checkpoint, Checkpointing, copied
from bench.model import DiskRate, Network

_CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
    "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
)  # fmt: skip
"""Those that Docker and podman leave to root in a container."""


_LOOPBACK_UP = (
    'read -r state; pid=${state#*\\"pid\\":}; exec "$0" nsenter -t "${pid%%[!0-9]*}" -n "$0" ip link set lo up'
)
"""A hook's script, called by the path of a busybox: it is told the container's state, which names a process of it."""
_VALUES = re.compile(r"\{.*\}")


class Runtime(Gated):
    """A runtime that is given a bundle: the image's root and a description of the container."""

    program: ClassVar[str]
    group_inside = "box"
    joins = False
    entrance = "the runtime's own command `exec`"

    def options(self, seat: Seat) -> Sequence[str]:
        """Return the runtime's own options, which stand before its command."""
        return ()

    def command(self, seat: Seat) -> Sequence[str]:
        """Write the bundle; return the runtime's ``run`` in the foreground."""
        self.write_bundle(seat)
        return (*self.words(seat), "run", f"--bundle={seat.folder}", seat.name)

    def write_bundle(self, seat: Seat, hooks: Mapping[str, object] | None = None) -> None:
        """Describe the container to the runtime."""
        described = config(seat, self.group_path(seat)) | ({"hooks": hooks} if hooks else {})
        (seat.folder / "config.json").write_text(json.dumps(described))

    def door(self, seat: Seat) -> Sequence[str]:
        """Return the runtime's ``exec``."""
        return (*self.words(seat), "exec", seat.name)

    def words(self, seat: Seat) -> Sequence[str]:
        """Return what every command to the runtime about this container begins with."""
        return (self.program, f"--root={seat.folder / 'state'}", *self.options(seat))

    def pause(self, instance: Instance) -> None:
        """Let the runtime freeze the container."""
        self.tell(instance, "pause")

    def thaw(self, instance: Instance) -> None:
        """Let the runtime thaw the container."""
        self.tell(instance, "resume")

    def tell(self, instance: Instance, order: str, *options: str) -> None:
        """Give the runtime an order about a container that runs."""
        assert isinstance(instance, GatedInstance)
        done = ran(*self.words(instance.seat), order, *options, instance.seat.name)
        if done.returncode:
            said = in_short(done.stderr)
            raise IsolationError(f"{self.program} {order} ended with status {done.returncode}; it said: {said}")


class Checkpointed(Runtime, Checkpointing):
    """A runtime with commands ``checkpoint`` and ``restore``, as runc has them."""

    saves: ClassVar[Sequence[str]] = ()
    """Options of both."""
    doubted: ClassVar[frozenset[str]] = frozenset()
    """What a container that came back sees wrongly of its envelope."""

    def hooks(self, seat: Seat) -> Mapping[str, object]:
        """Return what the runtime is to run on the host while a container comes back."""
        return {}

    def checkpoint(self, instance: Instance, folder: Path) -> Checkpoint:
        """Let the runtime write the container down, which ends it; keep the layer that lies outside of it."""
        assert isinstance(instance, GatedInstance)
        memory, layer = folder / "memory", folder / "layer"
        self.write_down(instance, memory)
        copied(instance.seat.folder / "upper", layer)
        return Checkpoint(memory=memory, layer=layer, secret=instance.console.secret)

    def write_down(self, instance: Instance, memory: Path) -> None:
        """Give the order. Raises IsolationError with the tool's reason."""
        self.tell(instance, "checkpoint", f"--image-path={memory}", *self.saves)

    @contextmanager
    def restore(self, checkpoint: Checkpoint, launch: Launch) -> Iterator[Instance]:
        """Let the runtime bring a container back, on a copy of its layer that is made before the stopwatch starts."""

        def command(seat: Seat) -> Sequence[str]:
            copied(checkpoint.layer, seat.folder / "upper")
            self.write_bundle(seat, self.hooks(seat))
            image = f"--image-path={checkpoint.memory}"
            return (*self.words(seat), "restore", image, *self.saves, f"--bundle={seat.folder}", seat.name)

        with self.seated(launch, command, checkpoint.secret) as instance:
            instance.console.doubted = self.doubted
            yield instance


def in_short(said: str) -> str:
    """Return a tool's reason, without the values that it shows and the stack of calls that follows it."""
    first = said.strip().partition("\ngoroutine ")[0].splitlines()[-2:]
    return " / ".join(_VALUES.sub("", line).strip() for line in first) or "nothing"


class Runc(Checkpointed):
    """runc, the reference runtime that Docker uses."""

    name = program = "runc"
    stopwatch = (
        "from the go to a waiting shell, through `runc run` on a bundle that lies there, which sets up namespaces, "
        "mounts and limits, to the arrival of the workload's first line"
    )
    tools = (("runc", "runc"),)
    rootless = True
    saves = ("--tcp-established", "--ext-unix-sk", "--file-locks")
    doubted = frozenset({"memory_limit", "pids_limit"})  # CRIU shows it the control group of who brought it back

    def no_checkpoint(self) -> Fault | None:
        """Return what CRIU's own check finds."""
        return criu_fault()

    def write_down(self, instance: Instance, memory: Path) -> None:
        """Give the order; where it is not obeyed, tell what CRIU has written into its log."""
        try:
            self.tell(instance, "checkpoint", f"--image-path={memory}", f"--work-path={memory.parent}", *self.saves)
        except IsolationError as error:
            raise IsolationError(f"CRIU has not written the container down: {errors_in(memory.parent)}") from error

    def hooks(self, seat: Seat) -> Mapping[str, object]:
        """Let the new network's loopback be up before CRIU brings connections back over it: runc leaves it down."""
        busybox = str(images.tree(seat.launch.image, say=lambda _line: None) / ".isobench/busybox")
        return {"prestart": [{"path": busybox, "args": ["busybox", "sh", "-c", _LOOPBACK_UP, busybox]}]}


class Crun(Checkpointed):
    """crun, a runtime in C; where the host's layout of control groups is a hybrid one, it is shown version 1 only."""

    name = program = "crun"
    stopwatch = (
        "from the go to a waiting shell, through `crun run` on a bundle that lies there, which sets up namespaces, "
        "mounts and limits, to the arrival of the workload's first line"
    )
    tools = (("crun", "crun"),)
    rootless = True

    def __init__(self, run: str, words: Sequence[str] = ()) -> None:
        super().__init__(run, words)
        found = cgroup.mounts()
        if "memory" in found and "" in found:  # it refuses a hybrid layout: the version 2 hierarchy, empty, is covered
            self.covers = str(found[""])

    def no_checkpoint(self) -> Fault | None:
        """Return whether it was built without CRIU's library, else what CRIU's own check finds."""
        if "+CRIU" not in told_by("crun", "--version"):
            reason = f"crun {version_of('crun')} was built without CRIU, and has no command checkpoint"
            return Fault(reason=reason, remedy="Compare runc; or build crun with libcriu")
        return criu_fault()


def config(seat: Seat, group: str) -> dict[str, object]:
    """Return the container's description: the capabilities Docker leaves to root, the envelope's limits, the root."""
    capabilities = [f"CAP_{name}" for name in _CAPABILITIES]
    kinds = ("pid", "ipc", "uts", "mount", *(("network",) if seat.network == "none" else ()))
    locked = int(limits_here()["locked_memory_limit"])
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": 0, "gid": 0},
            "args": list(seat.launch.entry),
            "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "cwd": "/",
            "capabilities": dict.fromkeys(("bounding", "effective", "permitted"), capabilities),
            "rlimits": [{"type": "RLIMIT_MEMLOCK", "soft": locked, "hard": locked}],  # a sandbox inherits none of ours
        },
        "root": {"path": str(seat.root), "readonly": False},
        "hostname": HOSTNAME,
        "mounts": [*_mounts(seat.network), *_data(seat)],
        "linux": {
            "cgroupsPath": f"/{group}",
            "namespaces": [{"type": kind} for kind in kinds],
            "resources": _limits(seat),
        },
    }


_THROTTLES: Mapping[DiskRate, str] = {
    "write_bytes": "throttleWriteBpsDevice",
    "read_bytes": "throttleReadBpsDevice",
    "write_operations": "throttleWriteIOPSDevice",
    "read_operations": "throttleReadIOPSDevice",
}


def _limits(seat: Seat) -> dict[str, object]:
    envelope = seat.launch.envelope
    swap = {"swap": envelope.memory_bytes} if cgroup.limits_swap() else {}
    found: dict[str, object] = {
        "memory": {"limit": envelope.memory_bytes, **swap},
        "cpu": {"cpus": ",".join(map(str, envelope.cpu_set))} if cgroup.offers("cpuset") else {},
        "pids": {"limit": envelope.pids},
    }
    if envelope.disk_rates:
        major, minor = map(int, disk_below(seat.folder).number.split(":"))
        found["blockIO"] = {
            _THROTTLES[name]: [{"major": major, "minor": minor, "rate": rate}]
            for name, rate in envelope.disk_rates.items()
        }
    return found


def _mounts(network: Network) -> list[dict[str, object]]:
    careful = ["nosuid", "noexec", "nodev"]
    sysfs = _mount("/sys", "sysfs", [*careful, "ro"])
    if network != "none" and os.geteuid() != 0:  # a new one shows the network namespace, which is then not the user's
        sysfs |= {"type": "bind", "source": "/sys", "options": ["rbind", *careful, "ro"]}
    return [
        _mount("/proc", "proc"),
        _mount("/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        _mount("/dev/pts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]),
        _mount("/dev/shm", "tmpfs", [*careful, "mode=1777", f"size={SHM_BYTES >> 10}k"]),
        _mount("/dev/mqueue", "mqueue", careful),
        sysfs,
        _mount("/sys/fs/cgroup", "cgroup", [*careful, "relatime", "ro"]),
        _mount("/tmp", "tmpfs", ["mode=1777"]),
        _mount("/run", "tmpfs", ["mode=1777"]),
    ]


def _data(seat: Seat) -> list[dict[str, object]]:
    data = seat.data
    if data is None:
        return []
    if data.kind == "tmpfs":
        return [_mount(data.path, "tmpfs", [f"size={data.size_bytes}"])]
    return [{"destination": data.path, "type": "bind", "source": str(seat.volume), "options": ["rbind", "rw"]}]


def _mount(where: str, kind: str, options: Sequence[str] = ()) -> dict[str, object]:
    return {"destination": where, "type": kind, "source": Path(where).name or kind, "options": list(options)}
