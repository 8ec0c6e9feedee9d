"""A folder of the host as a guest's root: an overlay of its own on the image's tree, shared by virtiofsd.

The layer is the host's, mounted in virtiofsd's own mount namespace: what the guest writes lands in the trial's scratch
folder, by way of the host's page cache, as in ``bare``. The image's tree is never written.
"""

from __future__ import annotations

import os
import resource
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import psutil

from bench.errors import IsolationError
from bench.host import processes, programs
from bench.host.block import disk_below
from bench.host.cgroup import Cgroup
from bench.host.subprocesses import Child, ran
from bench.isolations.base import Fault
from bench.isolations.remedy import has_package, missing_package
from bench.model import Envelope

_SCRIPT = Path(__file__).with_name("virtiofs.sh")
_PLACES = ("/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd")
"""Debian 13 (package virtiofsd), Debian 12 (qemu-system-common); neither lies on the path."""

_MOST_FILES = 100_000
"""Descriptors it may have open at most: one for each file that the guest knows."""

_HOST_PIDS = 32768
_LEAVE_TIMEOUT_S = 2.0
_KILL_TIMEOUT_S = 5.0


def virtiofsd_binary() -> str | None:
    """Return the path of virtiofsd."""
    return next((place for place in _PLACES if os.access(place, os.X_OK)), programs.found("virtiofsd"))


def missing() -> Fault | None:
    """Look for virtiofsd, and for what mounts its root."""
    if os.geteuid() != 0:
        return Fault(reason="a root over virtiofs needs root", remedy="Run as root")
    if virtiofsd_binary() is None:
        packages = ("virtiofsd",) if has_package("virtiofsd") else ("qemu-system-common",)
        return missing_package("virtiofsd is not installed", *packages)
    for tool in ("unshare", "setpriv", "taskset"):
        if programs.found(tool) is None:
            return missing_package(f"the command {tool} is missing", "util-linux")
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A root that is being served."""

    process: Child

    def processes(self) -> list[processes.PsutilProcess]:
        """Return virtiofsd: a parent that waits, and the child, in namespaces of its own, that serves."""
        pid = self.process.pid
        return [*processes.readable([pid]), *processes.descendants(pid)]

    def last_words(self) -> str:
        """Return what it said last; empty where it said nothing."""
        return " / ".join(self.process.tail())


@contextmanager
def shared(tree: Path, folder: Path, socket_path: Path, name: str, envelope: Envelope) -> Iterator[Share]:
    """Mount a fresh layer on ``tree`` and serve it at a socket until this is left; yield when the layer stands.

    ``name`` is the control group's, made only where writing is limited: QEMU cannot limit what virtiofsd writes.

    Raises IsolationError, with what was said, when it cannot be mounted, LeftoverError when virtiofsd stays.
    """
    with ExitStack() as stack:
        layer = folder / "layer"
        layer.mkdir(
            mode=0o700
        )  # others may enter the folder above, and what is set-uid in here is no program of theirs
        listener = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        listener.bind(str(socket_path))
        socket_path.chmod(0o777)  # QEMU may run as another user; the folder above is known to this run only
        listener.listen(1)
        entrances = _entrances(stack, folder, name, envelope)
        process = Child(
            "virtiofsd",
            _words(tree, layer, listener.fileno(), envelope, entrances),
            leave_s=_LEAVE_TIMEOUT_S,
            kill_s=_KILL_TIMEOUT_S,
            bound_to=",".join(map(str, envelope.cpu_set)),
            stdout=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )
        stack.enter_context(process)  # it leaves when its machine has gone
        listener.close()  # virtiofsd's alone: when it ends, so does QEMU's connection
        share = Share(process=process)
        assert process.stdout is not None
        with process.stdout:
            if process.stdout.readline() != b"mounted\n":
                raise IsolationError(
                    f"the root to be shared could not be mounted: {share.last_words() or 'nothing was said'}",
                    remedy="It takes root and overlayfs",
                )
        yield share


def _entrances(stack: ExitStack, folder: Path, name: str, envelope: Envelope) -> Sequence[Path]:
    if not envelope.disk_rates:
        return ()
    # The guest's memory and processes are limited elsewhere: here only its disk is.
    wide = replace(envelope, memory_bytes=psutil.virtual_memory().total, pids=_HOST_PIDS)
    group = Cgroup.make(name, wide, disk_below(folder))
    stack.callback(group.remove)
    return group.entrances


def _words(tree: Path, layer: Path, listener: int, envelope: Envelope, entrances: Sequence[Path]) -> list[str]:
    binary = virtiofsd_binary() or "virtiofsd"
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _MOST_FILES if hard == resource.RLIM_INFINITY else min(_MOST_FILES, hard)
    root = layer / "root"
    # O_DIRECT is the workload's own wish, and goes through as in every other isolation.
    older = ("-f", "-o", f"source={root}", "-o", "allow_direct_io")
    newer = ("--shared-dir", str(root), "--allow-direct-io")
    return [
        *("unshare", "--mount", "/bin/sh", str(_SCRIPT), str(tree), str(layer), *map(str, entrances), "--"),
        *(binary, f"--fd={listener}", f"--rlimit-nofile={files}", *(newer if _is_newer(binary) else older)),
    ]


@cache
def _is_newer(binary: str) -> bool:
    """Whether it is the one written in Rust, which came with QEMU 8 and takes other words."""
    done = ran(binary, "--help")
    return "--shared-dir" in done.stdout + done.stderr
