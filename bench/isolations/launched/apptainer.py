"""Apptainer, formerly Singularity: the container of clusters, here on the image's root as a sandbox folder."""

from __future__ import annotations

from collections.abc import Sequence

from bench.isolations.base import HOSTNAME, Fault
from bench.isolations.launched.gate import Gated
from bench.isolations.launched.seat import Seat
from bench.isolations.remedy import has_package

_PLAIN = ("--cleanenv", "--no-eval", "--no-init", "--no-home", "--no-mount", "tmp,hostfs,bind-paths,cwd")
"""Nothing of the caller's, and the entry as process 1."""
_CAPABILITIES = (
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW",
    "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
)  # fmt: skip
"""Those that engines leave root: it asks for every one there is by itself, and ends where the caller lacks one."""
_MOUNT = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@"'


class Apptainer(Gated):
    """New namespaces for mounts, processes, names, message queues and the network; no new privileges."""

    name = "apptainer"
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, through apptainer and its starter, "
        "to the arrival of the workload's first line; the memory file systems that it binds stand before"
    )
    tools = (("apptainer", "apptainer"),)
    furnished = True

    def missing(self) -> Fault | None:
        """Look for what every gate needs, and for apptainer, which most releases of Debian have no package of."""
        fault = super().missing()
        if fault is None or "apptainer is missing" not in fault.reason or has_package("apptainer"):
            return fault
        remedy = "Install Apptainer 1.4 or later as apptainer.org says: there is no package of it here"
        return Fault(reason=fault.reason, remedy=remedy, of_host=True)

    def command(self, seat: Seat) -> Sequence[str]:
        """Return apptainer; of what is mounted below its folder it sees what is bound by name."""
        alone = ("--net", "--network", "none") if seat.network == "none" else ()
        before, data = _data(seat)
        bound = [*(f"{seat.root}{place}:{place}" for place in ("/tmp", "/run", "/dev/shm")), *data]
        return [
            *(*before, "apptainer", "--silent", "exec", *_PLAIN, "--writable", "--pid", "--ipc", "--uts", *alone),
            *("--no-privs", "--add-caps", ",".join(f"CAP_{name}" for name in _CAPABILITIES)),
            *("--hostname", HOSTNAME, "--cwd", "/", *(word for one in bound for word in ("--bind", one))),
            *(str(seat.root), *seat.launch.entry),
        ]


def _data(seat: Seat) -> tuple[Sequence[str], Sequence[str]]:
    """Return what is to be done before, and what is bound, so that the workload has its data."""
    data = seat.data
    if data is None:
        return (), ()
    if data.kind == "volume":
        return (), (f"{seat.volume}:{data.path}",)
    memory = seat.folder / "memory"  # not in the root, in which a link of the image's may lead anywhere
    memory.mkdir()
    return ("/bin/sh", "-c", _MOUNT, "sh", str(data.size_bytes), str(memory)), (f"{memory}:{data.path}",)
