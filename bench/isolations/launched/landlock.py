"""Landlock: a process that has locked itself out of all files but the image's; it has no new namespace."""

from __future__ import annotations

from collections.abc import Sequence

from bench.host.subprocesses import told_by, version_of
from bench.isolations.base import Fault, Isolation
from bench.isolations.launched.gate import Gated
from bench.isolations.launched.seat import Seat

_RIGHTS = (
    "execute", "write-file", "read-file", "read-dir", "remove-dir", "remove-file", "make-char", "make-dir", "make-reg",
    "make-sock", "make-fifo", "make-block", "make-sym", "refer", "truncate",
)  # fmt: skip
"""All that setpriv knows, written out: a rule does not take the word for all of them."""


class Landlock(Gated):
    """The image's root by chroot, beneath which everything is allowed, and nothing elsewhere (landlock(7))."""

    name = "landlock"
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, through setpriv, which sets the "
        "rules, and chroot, to the arrival of the workload's first line"
    )
    tools = (("setpriv", "util-linux"),)
    furnished = True
    entrance = Isolation.entrance  # rules are for a process and its children: who enters from outside has none

    def missing(self) -> Fault | None:
        """Look for what every gate needs, then whether this setpriv knows Landlock."""
        if fault := super().missing():
            return fault
        if "--landlock-access" not in told_by("setpriv", "--help"):
            return Fault(
                reason=f"setpriv {version_of('setpriv')} knows no --landlock-access",
                remedy="Install util-linux 2.41 or later, as Debian 13's",
                of_host=True,
            )
        return None

    def command(self, seat: Seat) -> Sequence[str]:
        """Return setpriv, then the image's own chroot: the host's is out of reach by then."""
        rule = f"path-beneath:{','.join(_RIGHTS)}:{seat.root}"
        inside = (f"{seat.root}/.isobench/busybox", "chroot", str(seat.root), *seat.launch.entry)
        return ("setpriv", "--landlock-access", f"fs:{','.join(_RIGHTS)}", "--landlock-rule", rule, *inside)
