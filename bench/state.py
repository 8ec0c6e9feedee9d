"""What a run keeps on the host outside its results: scratch space, and a sign that it is alive.

``/var/lib/isobench`` for root (QEMU under libvirt's own user must be able to enter it), the user's state
folder otherwise, or ``ISOBENCH_STATE``. Everything a run makes lies below ``runs/<run-id>/`` or carries the
run's id as label, name or path, so that ``clean`` finds what a killed run has left.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs
import psutil

from bench.writing import written

_LOCKS = Path("/run/lock")


def state_folder() -> Path:
    """Return the folder of the host-side state; it may not exist yet."""
    named = os.environ.get("ISOBENCH_STATE")
    if named:
        return Path(named)
    if os.geteuid() == 0:
        return Path("/var/lib/isobench")
    return Path(platformdirs.user_state_dir("isobench"))


def run_folder(run: str) -> Path:
    """Return where a run keeps its scratch space."""
    return state_folder() / "runs" / run


@contextmanager
def alive(run: str) -> Iterator[Path]:
    """Register a run as alive, for every user of this host to see; on leaving, remove its scratch space.

    Raises StoreError when its folder cannot be made, or another run has the same id.
    """
    process = psutil.Process()
    sign = _registry() / run
    folder = run_folder(run)
    with written(folder):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
        with sign.open("x") as file:
            file.write(f"{process.pid} {process.create_time()}\n")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        sign.unlink(missing_ok=True)


@contextmanager
def scratch(run: str, label: str, role: str = "") -> Iterator[Path]:
    """Make a folder for one instance, or for one role beside it; it goes with the trial."""
    folder = run_folder(run) / f"{label}{role and '-'}{role}"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def registered_runs() -> list[str]:
    """Return every run with scratch space of ours or a sign of life on this host, alive or dead."""
    folders = (state_folder() / "runs").glob("*/")
    return sorted({*(folder.name for folder in folders), *(sign.name for sign in _registry().iterdir())})


def is_alive(run: str) -> bool:
    """Whether the process that registered the run still lives; pid and start time must both agree."""
    try:
        pid, created = (_registry() / run).read_text().split()
        return abs(psutil.Process(int(pid)).create_time() - float(created)) < 1.0
    except (OSError, ValueError, psutil.Error):
        return False


def forget(run: str) -> None:
    """Remove a dead run's scratch space and its sign of life; what belongs to another user stays."""
    shutil.rmtree(run_folder(run), ignore_errors=True)
    with suppress(OSError):
        (_registry() / run).unlink()


def _registry() -> Path:
    """Return the folder of signs of life, one for the whole host: another user's run must not look dead."""
    folder = (_LOCKS if _LOCKS.is_dir() else Path(tempfile.gettempdir())) / "isobench"
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
        folder.chmod(0o1777)
    return folder
