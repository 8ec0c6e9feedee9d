"""What a run keeps on the host outside its results: scratch space, and a sign that it is alive.

``/var/lib/isobench`` for root (QEMU under libvirt's own user must be able to enter it), the user's state
folder otherwise, or ``ISOBENCH_STATE``. Everything a run makes lies below ``runs/<run-id>/`` or carries the
run's id as label, name or path, so that ``clean`` finds what a killed run has left.

The sign is a file that the run's process holds locked: the kernel lets go of it however the process ends, whatever
clock and pids do meanwhile. It names the state folder, since only who uses the same one may call the run dead. When a
run has ended its sign stays for a day, empty: no id is borne twice.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from stat import S_ISREG

import platformdirs
import psutil

from bench.errors import LeftoverError, StoreError, written
from bench.host import run_names
from bench.host.engine.docker_ping import answers
from bench.host.places import require_usable
from bench.host.user import ids

_LOCKS = Path("/run/lock")
_REMEMBERED_S = 24 * 3600.0
_LEAST_BYTES = 64 << 10
_ENGINE = "engine"
"""The file of a run that names the engine of which it has asked containers."""
_LEFTOVERS = "leftovers"
"""The file of a run of which something was still there after a teardown."""


def state_folder() -> Path:
    """Return the folder of the host-side state; it may not exist yet. Raises InputError for one that cannot be used."""
    named = os.environ.get("ISOBENCH_STATE")
    if named:
        return require_usable(Path(named).expanduser().absolute(), "ISOBENCH_STATE")
    if os.geteuid() == 0:
        return Path("/var/lib/isobench")
    return require_usable(Path(platformdirs.user_state_dir("isobench")), "ISOBENCH_STATE")


def run_folder(run: str) -> Path:
    """Return where a run keeps its scratch space."""
    return state_folder() / "runs" / run


def kept(path: Path) -> AbstractContextManager[None]:
    """Turn an OSError while something is written into the state folder into a StoreError that says what to do."""
    return written(path, remedy="Free some space, or set ISOBENCH_STATE to another folder")


def require_room() -> None:
    """Raise StoreError where the disk of the state folder is full, which runtimes say in words of their own, or not."""
    with suppress(FileNotFoundError):
        if shutil.disk_usage(state_folder()).free < _LEAST_BYTES:
            with kept(state_folder()):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def alive(run: str, *others: str) -> Iterator[Path]:
    """Register a run as alive, for every user of this host to see; on leaving, remove its scratch space.

    The folder bears the id: the first of these that nobody has borne. Of a run that has left something behind, or whose
    engine does not answer any more, sign and folder stay: it is dead, and a clean-up will look for what is left.
    Raises StoreError when its folder cannot be made, or all ids were used before.
    """
    with ExitStack() as stack:
        with kept(_registry()):
            taken, held = _signed((run, *others))
        stack.callback(_leave, taken, held)
        folder = run_folder(taken)
        with kept(folder):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o711)
            stack.callback(os.close, _locked(folder, fcntl.LOCK_EX))
        yield folder


@contextmanager
def scratch(run: str, label: str, role: str = "", *, entered: bool = False) -> Iterator[Path]:
    """Make a folder for one instance, or for one role beside it; it goes with the trial.

    Only one that is to be ``entered`` may be: by QEMU under a user of its own. In any other a workload could keep a
    program that is set-uid for everybody to run.
    """
    folder = run_folder(run) / f"{label}{role and '-'}{role}"
    with kept(folder):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711 if entered else 0o700)
    try:
        yield folder
    finally:
        ids.remove(folder)


def note_leftovers(run: str) -> None:
    """Remember that something of a run is still there: who cleans up must not take its id for nobody's."""
    with suppress(OSError):
        (run_folder(run) / _LEFTOVERS).touch()


def note_engine(run: str, url: str) -> None:
    """Remember of which engine a run asks containers: one that does not answer a clean-up may have kept some."""
    file = run_folder(run) / _ENGINE
    if not file.exists():
        with kept(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(url)


def engine_of(run: str) -> str | None:
    """Return the engine that a run has used; None: none, as far as is known."""
    with suppress(OSError):
        return (run_folder(run) / _ENGINE).read_text()
    return None


def registered_runs() -> list[str]:
    """Return every run with scratch space of ours or a sign of life on this host, alive or dead."""
    folders = (state_folder() / "runs").glob("*/")
    signs = (sign for sign in _registry().glob("[!.]*") if _says(sign))
    return sorted({*(folder.name for folder in folders), *(sign.name for sign in signs)})


def is_alive(run: str) -> bool:
    """Whether the process that registered the run still lives: it holds its sign."""
    try:
        return _is_held_by_pid(_left(run) or "")
    except BlockingIOError:
        return True


def is_dead(run: str) -> bool:
    """Whether what bears this id is left of a run of ours, from this state folder, that lives no more.

    In this order, since runs begin and end meanwhile: a sign is there before the folder, and empty only after it.
    """
    if not run_names.is_id(run):
        return False
    try:
        sign = _left(run)
        if sign is None and run_folder(run).is_dir():  # it may have begun in between
            sign = _left(run) or ""
        if sign and _is_held_by_pid(sign):
            return False
    except BlockingIOError:
        return False
    lines = (sign or "").splitlines()
    return lines[1] == os.path.realpath(state_folder()) if len(lines) == 2 else _is_abandoned(run_folder(run))


@contextmanager
def one_by_one() -> Iterator[None]:
    """Let clean-ups of this state folder take turns: what one removes, another takes for what cannot be removed."""
    try:
        descriptor = os.open(state_folder(), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:  # nothing to be removed from it either
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def empty(run: str) -> bool:
    """Remove a dead run's scratch space, all but the memory of its engine; return whether there was any.

    Raises LeftoverError where something is mounted in it, whose content would go as well, or some of it stays.
    """
    folder = run_folder(run)
    found = [path for path in folder.glob("*") if path.name not in (_ENGINE, _LEFTOVERS)] if folder.is_dir() else []
    if mounted := _mounted_below(folder):
        raise LeftoverError(f"{mounted[0]} is mounted in the scratch space of run {run}", remedy=f"umount {mounted[0]}")
    for path in found:
        if path.is_dir() and not path.is_symlink():
            ids.remove(path)
        else:
            path.unlink(missing_ok=True)
    if left := [path for path in found if os.path.lexists(path)]:
        raise LeftoverError(f"{left[0]} cannot be removed", remedy="See who may write there")
    return bool(found)


def forget(run: str) -> bool:
    """Remove a dead run's scratch space and let its sign go; return whether there was any of them."""
    found = empty(run) or run_folder(run).is_dir()
    ids.remove(run_folder(run))
    sign = _registry() / run
    with suppress(OSError):
        found = found or sign.stat().st_size > 0
        os.truncate(sign, 0)
    return found


def forget_ids() -> None:
    """Remove what remembers ids that cannot come again, and what was killed while it registered."""
    for sign in _registry().iterdir():
        with suppress(OSError), _opened(sign) as file:
            found = os.fstat(file)
            if time.time() - found.st_mtime > _REMEMBERED_S and (not found.st_size or sign.name.startswith(".")):
                sign.unlink()


def _signed(ids: tuple[str, ...]) -> tuple[str, int]:
    """Take the first id that is free; return it with its sign, open and locked since before it could be seen."""
    growing = _registry() / f".{secrets.token_hex(8)}"
    sign = os.open(growing, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(sign, fcntl.LOCK_EX)
        os.fchmod(sign, 0o644)
        os.write(sign, f"{os.getpid()}\n{os.path.realpath(state_folder())}\n".encode())
        return next(run for run in ids if _linked(growing, run)), sign
    except StopIteration:
        os.close(sign)
        raise StoreError(f"a run called {ids[-1]} was there before", remedy="Run again: another id is chosen") from None
    except BaseException:
        os.close(sign)
        raise
    finally:
        growing.unlink()


def _locked(folder: Path, how: int) -> int:
    """Hold the folder as well: a sign that somebody has removed makes no living run a dead one."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _is_abandoned(folder: Path) -> bool:
    try:
        os.close(_locked(folder, fcntl.LOCK_SH))
    except OSError:  # it is held, or there is none
        return False
    return True


def _linked(growing: Path, run: str) -> bool:
    try:
        os.link(growing, growing.with_name(run))
    except FileExistsError:
        return False
    return True


def _leave(run: str, sign: int) -> None:
    """Remove a run's scratch space and let go of its sign; the empty one remembers its id."""
    engine = engine_of(run)
    if (run_folder(run) / _LEFTOVERS).exists() or (engine is not None and not answers(engine)):
        with suppress(LeftoverError):
            empty(run)
    else:
        ids.remove(run_folder(run))
        with suppress(OSError):
            os.ftruncate(sign, 0)
    os.close(sign)


@contextmanager
def _opened(sign: Path) -> Iterator[int]:
    """Open a sign to read; raises OSError for what is none, and never waits for what it is."""
    descriptor = os.open(sign, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "no regular file", str(sign))
        yield descriptor
    finally:
        os.close(descriptor)


def _says(sign: Path) -> bool:
    try:
        return sign.lstat().st_size > 0
    except OSError:  # it has been removed meanwhile
        return False


def _left(run: str) -> str | None:
    """Return what a run's sign says that nobody holds; None: there is none. Raises BlockingIOError for one held."""
    try:
        with _opened(_registry() / run) as sign:
            fcntl.flock(sign, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return os.pread(sign, 4096, 0).decode(errors="replace")
    except BlockingIOError:
        raise
    except PermissionError as error:  # not for us to say
        raise BlockingIOError from error
    except OSError:
        return None


def _is_held_by_pid(sign: str) -> bool:
    """Whether a sign of an earlier Isobench is held: it has a pid and its start time in a line, and no lock."""
    try:
        pid, created = sign.split()
        return abs(psutil.Process(int(pid)).create_time() - float(created)) < 1.0
    except (ValueError, OverflowError, psutil.Error):
        return False


def _mounted_below(folder: Path) -> list[str]:
    """Return what is mounted below a folder. Source: proc(5), ``/proc/PID/mountinfo``: the fifth field."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [mount for mount in mounts if mount.startswith(f"{os.path.realpath(folder)}/")]


def _registry() -> Path:
    """Return the folder of signs of life, one for the whole host: another user's run must not look dead."""
    folder = (_LOCKS if _LOCKS.is_dir() else Path(tempfile.gettempdir())) / "isobench"
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
        folder.chmod(0o1777)
    return folder
