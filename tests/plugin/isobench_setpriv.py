"""A plain process that has given up every capability: what the drop of privileges costs, without any namespace."""

from collections.abc import Sequence
from typing import ClassVar

from bench.plugin import Gated, Row, Seat

ROW = Row(place="isobench_setpriv:Setpriv", hint="pip install isobench-setpriv", seam=2)


class Setpriv(Gated):
    """The image's root by chroot, its privileges dropped by util-linux's ``setpriv``."""

    name = "setpriv"
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, through chroot and setpriv, to the "
        "arrival of the workload's first line"
    )
    tools = (("setpriv", "util-linux"),)
    furnished = True
    excuses: ClassVar = {
        "host-name": "the host's own name",
        "first-process": "the host's",
        **dict.fromkeys(("set-user-id", "capable"), "allows no new privileges"),
        **dict.fromkeys(
            ("capabilities", "writable", "shm-user", "tmp-user", "run-user"), "root may do no more than others"
        ),
    }

    def command(self, seat: Seat) -> Sequence[str]:
        """Return chroot, then setpriv from inside the image."""
        drop = ("setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")
        return ("chroot", str(seat.root), *drop, *seat.launch.entry)
