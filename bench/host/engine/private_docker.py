"""A Docker engine of our own, for machines where none answers: started detached, stopped only by us.

The engine keeps its data, sockets and log apart from any other installation's. It outlives the harness, so
that the next run finds it warm. It is never started beside another engine: two of them in one network
namespace fight over the bridge ``docker0`` and the packet filter.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.errors import IsolationError, UnavailableError
from bench.host import patience, programs
from bench.host.engine.docker_ping import OWN_URL, answers, engine_answers, silence
from bench.host.engine.docker_processes import end, left_behind, own_engine
from bench.host.subprocesses import Child, ran
from bench.model import Say

__all__ = ["engine_answers", "start_engine", "stop_engine"]

RUN_FOLDER = Path("/run/isobench")
PID_FILE = RUN_FOLDER / "docker.pid"
EXEC_ROOT = RUN_FOLDER / "docker"
DATA_ROOT = Path("/var/lib/isobench/docker")
LOG_FILE = Path("/var/log/isobench-dockerd.log")
SYSTEM_CONFIG = Path("/etc/docker/daemon.json")

START_S = 60.0
TERMINATE_S = 30.0
"""The engine itself gives its containers 15 s to stop."""
ORPHAN_S = 2.0
"""For what the engine has left behind, which only happens when it was killed."""

_SET_HERE = {"hosts", "data-root", "graph", "exec-root", "pidfile", "bridge"}
"""What ours does not take over from the machine's own configuration; runtimes and mirrors it does."""


def start_engine(say: Say) -> None:
    """Start a private engine and wait until it answers; does nothing when any engine answers.

    Raises UnavailableError when this user or host cannot start one, IsolationError when it does not come up.
    """
    if engine_answers():
        return
    _require_root("start")
    if not (silent := silence()).startable:
        raise UnavailableError(silent.reason, remedy=silent.remedy)
    program = programs.found("dockerd")
    if program is None:
        raise UnavailableError(
            "no dockerd is installed", remedy="On Debian and Ubuntu: apt-get install docker.io iptables"
        )
    with _alone():
        if engine_answers():
            return
        _refuse_rival()
        _remove_stale_pid_file()
        say(f"starting a Docker engine at {OWN_URL} (log: {LOG_FILE})")
        began = time.monotonic()
        _await_answer(_spawn(program))
        say(f"the Docker engine answers after {time.monotonic() - began:.1f} s")


def describe_engine() -> str:
    """Return where the engine that ``start_engine`` starts keeps what it makes."""
    return f"socket in {RUN_FOLDER}, data in {DATA_ROOT}, log in {LOG_FILE}"


def stop_engine(say: Say) -> bool:
    """Stop the engine that ``start_engine`` started; return whether there was one.

    Containers of that engine stop with it; other engines are not touched. Raises UnavailableError for who is
    not root, IsolationError when something of the engine is still there afterwards.
    """
    if not _own_processes():
        _unmount(DATA_ROOT, EXEC_ROOT)  # of one that was killed, and has gone by itself since
        return False
    _require_root("stop")
    say(f"stopping the Docker engine at {OWN_URL}")
    for process in own_engine(PID_FILE):
        end(process, TERMINATE_S)
    for process in left_behind(EXEC_ROOT):
        end(process, ORPHAN_S)
    if remaining := _own_processes():
        raise IsolationError(
            f"processes of the Docker engine are still there: {', '.join(str(p.pid) for p in remaining)}",
            remedy="Look at them with ps, then run `python -m bench doctor --stop-engine` again",
        )
    PID_FILE.unlink(missing_ok=True)
    _unmount(DATA_ROOT, EXEC_ROOT)
    say("the Docker engine has stopped")
    return True


def _unmount(*folders: Path) -> None:
    """Unmount what an engine leaves mounted at and below its folders, the last mounted first.

    It binds its data folder onto itself, and keeps a network namespace open; one that follows a killed one finds the
    first done, and leaves it, too.
    """
    places = [Path(line.split()[1]) for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in reversed(places):
        if any(place.is_relative_to(folder) for folder in folders):
            ran("umount", place)


def _require_root(verb: str) -> None:
    if os.geteuid() != 0:
        raise UnavailableError(
            f"only root can {verb} a Docker engine",
            remedy="Run the command with sudo, or join the group docker where an engine runs already",
        )


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the engine lock, so that two harnesses do not start two engines."""
    RUN_FOLDER.mkdir(parents=True, exist_ok=True)
    RUN_FOLDER.chmod(0o755)  # who may use the socket must reach it, whoever made the folder, under whatever umask
    with (RUN_FOLDER / "engine.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _refuse_rival() -> None:
    """Raise when an engine runs in our network namespace although none answers."""
    here = _network_namespace(os.getpid())
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == "dockerd" and _network_namespace(process.pid) == here:
            raise IsolationError(
                f"a Docker engine runs (pid {process.pid}) but answers at none of the known addresses",
                remedy="Set DOCKER_HOST to its address, or stop it: a second one would break its network",
            )


def _network_namespace(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/ns/net").readlink()
    except OSError:
        return None


def _remove_stale_pid_file() -> None:
    """Remove what a crash left: nothing starts while any program, or a zombie, bears the number in it."""
    if not own_engine(PID_FILE):
        PID_FILE.unlink(missing_ok=True)
        (EXEC_ROOT / "containerd/containerd.pid").unlink(missing_ok=True)


def _spawn(program: str) -> Child:
    """Start dockerd in a session of its own, so that neither Ctrl-C nor our end reaches it."""
    DATA_ROOT.mkdir(mode=0o711, parents=True, exist_ok=True)
    command = [program, "--data-root", str(DATA_ROOT), "--exec-root", str(EXEC_ROOT)]
    command += ["--host", OWN_URL, "--pidfile", str(PID_FILE), "--config-file", str(_write_config())]
    return Child("dockerd", command, terminate_s=TERMINATE_S, kill_s=TERMINATE_S, log=LOG_FILE, cwd="/")


def _write_config() -> Path:
    """Take over the machine's own engine configuration, without what is set on our command line; keep our runtimes."""
    try:
        config = json.loads(SYSTEM_CONFIG.read_text())
    except (OSError, ValueError):
        config = {}
    own = RUN_FOLDER / "daemon.json"
    taken = {key: config[key] for key in config if key not in _SET_HERE}
    runtimes = {**_registered(own), **taken.get("runtimes", {})}
    own.write_text(json.dumps({**taken, **({"runtimes": runtimes} if runtimes else {})}, indent=2) + "\n")
    return own


def _registered(config: Path) -> dict[str, dict[str, object]]:
    """Return the runtimes that were registered with our engine when it last ran, as far as they are still there."""
    try:
        found = json.loads(config.read_text()).get("runtimes", {})
    except (OSError, ValueError):
        return {}
    return {name: entry for name, entry in found.items() if Path(str(entry.get("path"))).exists()}


def _await_answer(engine: Child) -> None:
    within_s = patience.limit_s(START_S)
    try:
        if not engine.answered(lambda: answers(OWN_URL), within_s):
            raise _not_up(engine, within_s)
    finally:
        engine.close()


def _not_up(engine: Child, within_s: float) -> IsolationError:
    what = f"dockerd ended with status {engine.status}"
    if engine.status is None:
        what = f"dockerd did not answer within {within_s:.0f} s. {patience.longer()}"
        engine.end()
    error = IsolationError(what, remedy=f"Its reasons are in {LOG_FILE}; the last lines follow")
    for line in engine.tail(15):
        error.add_note(line)
    return error


def _own_processes() -> list[psutil.Process]:
    return own_engine(PID_FILE) + left_behind(EXEC_ROOT)
