"""What can be seen from in here, beside system calls: ``fact NAME VALUE``, one a line. Nothing is opened to be changed.

A file counts as writable where its mode has a bit for it and the kernel says that this process may.
"""

import ctypes
import os
import stat
import sys
from pathlib import Path

_SYSLOG = {"x86_64": 103, "aarch64": 116}[os.uname().machine]
_SYSLOG_SIZE = 10
_SET_ID = stat.S_ISUID | stat.S_ISGID


def first(path):
    """Return a file's first line; nothing where it cannot be read."""
    try:
        with Path(path).open(errors="replace") as file:
            return file.readline().strip()
    except OSError:
        return ""


def lines(path):
    """Return a file's lines."""
    return Path(path).read_text().splitlines()


def below(top, *, one_device=False):
    """Yield every path below a folder with its status; of processes only this one's are looked at."""
    device = Path(top).stat().st_dev
    for folder, folders, files in os.walk(top):
        if folder == "/proc":
            folders[:] = [name for name in folders if not name.isdigit()]
        for name in [*folders, *files]:
            path = Path(folder, name)
            try:
                status = path.lstat()
            except OSError:
                continue
            if not one_device or status.st_dev == device:
                yield path, status
            elif name in folders:
                folders.remove(name)


def writable(top):
    """Count the files that could be opened for writing."""
    return sum(
        stat.S_ISREG(status.st_mode) and status.st_mode & 0o222 != 0 and os.access(path, os.W_OK)
        for path, status in below(top)
    )


def processes():
    """Yield every process that can be seen, as NUMBER:START, which no other process of its kernel is called."""
    for number in (path.name for path in Path("/proc").iterdir() if path.name.isdigit()):
        said = first(f"/proc/{number}/stat").rpartition(")")[2].split()
        if said:
            yield f"{number}:{said[19]}"


def facts():
    """Yield names and values."""
    for line in lines("/proc/self/status"):
        name, _, value = line.partition(":")
        if name in ("Seccomp", "NoNewPrivs", "CapEff", "CapBnd"):
            yield name, value.strip()
    yield "boot_id", first("/proc/sys/kernel/random/boot_id")
    yield "version", first("/proc/version")
    yield "osrelease", os.uname().release
    yield "uptime", first("/proc/uptime")
    yield "time_offsets", " ".join(first("/proc/self/timens_offsets").split())
    for path in sorted(Path("/proc/self/ns").iterdir()):
        yield f"namespace.{path.name}", path.readlink()
    yield "writable.proc", writable("/proc")
    yield "writable.sys", writable("/sys") if Path("/sys").is_dir() else 0
    yield "devices", sum(stat.S_ISBLK(status.st_mode) or stat.S_ISCHR(status.st_mode) for _, status in below("/dev"))
    programs = (status.st_mode for _, status in below("/", one_device=True) if stat.S_ISREG(status.st_mode))
    yield "set_id", sum(mode & _SET_ID != 0 for mode in programs)
    yield "mounts", len(lines("/proc/self/mounts"))
    yield "processes", " ".join(processes())
    size = ctypes.CDLL(None).syscall(_SYSLOG, _SYSLOG_SIZE, 0, 0)
    yield "kernel_log", "seen" if size >= 0 else "not seen"
    yield "cpus_seen", sum(line.startswith("processor") for line in lines("/proc/cpuinfo"))
    yield "cpus_given", len(os.sched_getaffinity(0))


for fact, value in facts():
    sys.stdout.write(f"fact {fact} {value}\n")
