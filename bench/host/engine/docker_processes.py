"""The processes of our own Docker engine, told from those of any other."""

from __future__ import annotations

from pathlib import Path

import psutil

_KILL_S = 10.0


def own_engine(pid_file: Path) -> list[psutil.Process]:
    """Return the process named by the pid file, if it is the engine we started and not a stranger."""
    try:
        process = psutil.Process(int(pid_file.read_text()))
        ours = str(pid_file) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, psutil.Error):
        return []
    return [process] if ours else []


def left_behind(exec_root: Path) -> list[psutil.Process]:
    """Return what a killed engine leaves behind: its containers, their shims, its containerd."""
    roots = [
        process
        for process in psutil.process_iter(["name", "cmdline", "status"])
        if (process.info["name"] or "").startswith("containerd")
        and process.info["status"] != psutil.STATUS_ZOMBIE
        and any(word.startswith(f"{exec_root}/") for word in process.info["cmdline"] or ())
    ]
    return [process for root in roots for process in (*_descendants(root), root)]


def _descendants(root: psutil.Process) -> list[psutil.Process]:
    try:
        return root.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def end(process: psutil.Process, patience_s: float) -> None:
    """Ask, wait so long, then kill; return when it is gone or nothing helped."""
    for ask, wait_s in ((process.terminate, patience_s), (process.kill, _KILL_S)):
        try:
            ask()
            process.wait(wait_s)
        except psutil.TimeoutExpired:
            continue
        except psutil.NoSuchProcess:
            pass
        return
