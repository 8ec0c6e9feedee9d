"""systemd-nspawn: the image as a container of systemd's, without systemd running."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.isolations import cgroup
from bench.isolations.base import Say
from bench.isolations.gated import Gated, Seat
from bench.model import Image
from bench.writing import written

_STATE = Path("/run/systemd/nspawn")


class Nspawn(Gated):
    """A container that systemd-nspawn sets up; the entry is its first process."""

    name = "nspawn"
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, through systemd-nspawn, to the "
        "arrival of the workload's first line"
    )
    tools = (("systemd-nspawn", "systemd-container"),)
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
            *("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--pipe", f"--machine={_machine(seat)}"),
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
