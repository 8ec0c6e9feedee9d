"""Run mmdebstrap: distribution packages into a tar, and its complaints into errors people can act on."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.errors import ImageError
from bench.host import programs
from bench.host.subprocesses import Child, ran
from bench.images.debian import architecture

EPOCH_S = 0
"""The time stamp of every file in an image, so that the same packages give the same bytes."""

_LEASH = Path(__file__).with_name("leash.sh")
_SCRATCH = "isobench-building-"
_STOP_TIMEOUT_S = 10.0
_TAIL_LINES = 15

_COMPLAINTS = (
    (
        r"E: Unable to locate package (\S+)",
        "{suite} has no package {found}",
        "Correct the recipe's packages, or choose a suite that has them",
    ),
    (
        r"E: Package '?([^\s']+)'? has no installation candidate",
        "{suite} has no package {found} to install",
        "Correct the recipe's packages, or choose a suite that has them",
    ),
    (
        r"does not have a Release file",
        "the mirror has no suite called {suite!r}",
        "Correct the recipe's suite, or set ISOBENCH_MIRROR to a mirror that has it",
    ),
    (
        r"Could not resolve|Could not connect|Unable to connect|Connection failed|timed out|Failed to fetch",
        "the package mirror could not be reached",
        "Check the network, or set ISOBENCH_MIRROR to a mirror that answers",
    ),
    (
        r"unable to pick chroot mode",
        "without root, mmdebstrap needs subordinate user ids",
        "As root: apt-get install uidmap, and give this user a range in /etc/subuid and /etc/subgid, or be root",
    ),
    (
        r"Exec format error",
        "programs of another architecture do not run here",
        "As root: apt-get install qemu-user-static, which systemd registers. Where there is none: "
        "mount -t binfmt_misc none /proc/sys/fs/binfmt_misc && /lib/systemd/systemd-binfmt",
    ),
    (r"E: (.+)", "mmdebstrap failed: {found}", "Mend that and run again"),
    (r"", "mmdebstrap failed without a reason", "Run again, and report it if it stays so"),
)
"""What mmdebstrap's last lines mean: sign, what to say, remedy; the first sign that is found counts."""


def build(
    suite: str,
    tar: Path,
    *,
    variant: str,
    packages: Sequence[str],
    options: Sequence[str] = (),
    wanted_by: str,
) -> None:
    """Write the packages of ``suite`` and what they depend on into ``tar``.

    ``variant`` is mmdebstrap's: ``minbase`` for a system, ``extract`` for files only. ``wanted_by`` is who
    asks, for messages. Ends every process it started, also when interrupted.

    Raises ImageError when mmdebstrap is missing, a package or the suite is unknown, or no mirror answers.
    """
    if programs.found("mmdebstrap") is None:
        raise ImageError(
            f"{wanted_by} needs mmdebstrap, which is not installed",
            remedy=programs.as_root("apt-get install mmdebstrap"),
        )
    words = ["mmdebstrap", f"--variant={variant}", "--format=tar", *_foreign(), *options]
    if packages:
        words.append(f"--include={','.join(packages)}")
    words += [suite, os.fspath(tar)]
    if mirror():
        words.append(mirror())
    with _scratch(tar.parent) as scratch:
        status, tail = _run(words, _environment(scratch))
    if status != 0:
        raise _complaint(tail, suite=suite, wanted_by=wanted_by)


def _foreign() -> tuple[str, ...]:
    """Return what another architecture than this machine's needs; mmdebstrap's own look for an emulator misses some."""
    name = architecture.foreign()
    return (f"--architectures={name}", "--skip=check/qemu") if name else ()


def mirror() -> str:
    """Return the mirror the user chose with ISOBENCH_MIRROR; empty: mmdebstrap's own choice for the suite."""
    return os.environ.get("ISOBENCH_MIRROR", "")


def download(stage: str, inside: str, outside: Path) -> str:
    """Return the option that copies a file out of the unfinished system; ``stage``: extract or customize."""
    return f"--{stage}-hook=download {shlex.quote(inside)} {shlex.quote(os.fspath(outside))}"


def clean() -> list[str]:
    """Remove unfinished systems that this user's builds have left when they were killed; return one line for each."""
    return [f"half-made {folder}" for folder in _abandoned() if _removed(folder)]


@contextmanager
def _scratch(beside: Path) -> Iterator[Path]:
    """Make a folder for unfinished systems; its helper users must be able to enter it, and nobody may look into it.

    Without root those could not enter the cache. It is locked for as long as it is used.
    """
    folder = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=beside if os.geteuid() == 0 else None))
    with _locked(folder):
        folder.chmod(0o711)
        try:
            yield folder
        finally:
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Raises BlockingIOError where somebody else holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _abandoned() -> list[Path]:
    found = Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*")
    return [folder for folder in found if folder.is_dir() and folder.lstat().st_uid == os.geteuid()]


def _removed(folder: Path) -> bool:
    """Remove one as the users to whom its content belongs, unless it is in use."""
    with suppress(OSError), _locked(folder):
        helper = () if os.geteuid() == 0 else ("mmdebstrap", "--unshare-helper")
        ran(*helper, "rm", "-rf", "--one-file-system", folder)
    return not folder.exists()


def _environment(scratch: Path) -> dict[str, str]:
    return {
        **os.environ,
        **({"QEMU_CPU": architecture.current().emulated} if architecture.foreign() else {}),
        "LC_ALL": "C",
        "SOURCE_DATE_EPOCH": str(EPOCH_S),
        "PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin",
        "TMPDIR": os.fspath(scratch),
    }


def _run(words: Sequence[str], environment: dict[str, str]) -> tuple[int, list[str]]:
    """Run in a session of its own; return the exit status and the last lines of its messages.

    The session ends with this process, however that ends: what watches over it has the other end of a pipe.
    """
    with Child(
        "mmdebstrap",
        ["/bin/sh", str(_LEASH), *words],
        terminate_s=_STOP_TIMEOUT_S,
        kill_s=_STOP_TIMEOUT_S,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=environment,
    ) as child:
        return child.wait(), child.tail(_TAIL_LINES)


def _complaint(tail: Sequence[str], *, suite: str, wanted_by: str) -> ImageError:
    text = "\n".join(tail)
    found, what, remedy = next(
        (found, what, remedy) for sign, what, remedy in _COMPLAINTS if (found := re.findall(sign, text))
    )
    said = what.format(suite=suite, found=", ".join(dict.fromkeys(found)))
    error = ImageError(f"{wanted_by}: {said}", remedy=remedy)
    error.add_note("mmdebstrap said:\n" + text)
    return error
