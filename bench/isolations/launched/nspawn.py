"""systemd-nspawn: the image as a container of systemd's, without systemd running."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.errors import written
from bench.host import cgroup
from bench.isolations.base import HOSTNAME, SHM_BYTES
from bench.isolations.launched.gate import Gated, GatedInstance
from bench.isolations.launched.seat import Seat
from bench.model import Image, Say

_SHM = f"nosuid,nodev,noexec,mode=1777,size={SHM_BYTES}"
_STATE = Path("/run/systemd/nspawn")


_REBOOT = 133
"""A status by which a container asks systemd-nspawn to start it again; without a unit of its own it leaves with 1."""


class NspawnInstance(GatedInstance):
    """The gate, systemd-nspawn and the container."""

    def carried(self, status: int) -> int:
        """Return the status, but for the one that means something else here."""
        return 1 if status == _REBOOT else status


class Nspawn(Gated):
    """A container that systemd-nspawn sets up; the entry is its first process."""

    name = "nspawn"
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, through systemd-nspawn, to the "
        "arrival of the workload's first line"
    )
    tools = (("systemd-nspawn", "systemd-container"),)
    instance_type = NspawnInstance
    hushed = True
    covers = str(_STATE)  # where /run is no tmpfs it says that it cannot clear this up, in the workload's output

    def prepare(self, image: Image, say: Say) -> None:
        """Extract the image's tree, and make the folder of nspawn's state, which systemd would have made."""
        super().prepare(image, say)
        with written(_STATE):
            _STATE.mkdir(parents=True, exist_ok=True)

    def command(self, seat: Seat) -> Sequence[str]:
        """Return systemd-nspawn; it registers nowhere and keeps to the unit it was started in, for want of a bus."""
        alone = ("--private-network",) if seat.network == "none" else ()
        # In version 2 the limits stand in the group above the one that it makes for the payload: both must be seen.
        seen = ("env", "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1", "SYSTEMD_NSPAWN_USE_CGNS=0")
        return [
            *(seen if cgroup.version() == "v2" else ()),
            *("systemd-nspawn", *(("--quiet",) if self.hushed else ()), "--register=no", "--keep-unit", "--pipe"),
            f"--machine={_machine(seat)}",
            *(f"--hostname={HOSTNAME}", f"--tmpfs=/dev/shm:{_SHM}", "--tmpfs=/tmp:mode=1777"),
            *(f"--directory={seat.root}", "--resolv-conf=off", "--timezone=off", *alone, *_data(seat)),
            *("--", *seat.launch.entry),
        ]


def _machine(seat: Seat) -> str:
    """Return a name that is a host's name, too: 64 letters at most."""
    return seat.name[-64:].strip("-")


def _data(seat: Seat) -> Sequence[str]:
    data = seat.data
    if data is None:
        return ()
    if data.kind == "tmpfs":
        return (f"--tmpfs={data.path}:size={data.size_bytes}",)
    return (f"--bind={seat.volume}:{data.path}",)
