"""A plain process that has given up every capability: what the drop of privileges costs, without any namespace."""

from collections.abc import Sequence

from bench.isolations import Row
from bench.isolations.gated import Gated, Seat

ROW = Row(place="isobench_setpriv:Setpriv", hint="pip install isobench-setpriv", seam=1)


class Setpriv(Gated):
    """The image's root by chroot, its privileges dropped by util-linux's ``setpriv``."""

    name = "setpriv"
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, through chroot and setpriv, to the "
        "arrival of the workload's first line"
    )
    tools = (("setpriv", "util-linux"),)
    furnished = True

    def command(self, seat: Seat) -> Sequence[str]:
        """Return chroot, then setpriv from inside the image."""
        drop = ("setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")
        return ("chroot", str(seat.root), *drop, *seat.launch.entry)
