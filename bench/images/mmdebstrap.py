"""Run mmdebstrap: distribution packages into a tar, and its complaints into errors people can act on."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from bench.errors import ImageError

EPOCH_S = 0
"""The time stamp of every file in an image, so that the same packages give the same bytes."""

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
        "apt-get install uidmap and give this user a range in /etc/subuid and /etc/subgid, or be root",
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
    if shutil.which("mmdebstrap") is None:
        raise ImageError(f"{wanted_by} needs mmdebstrap, which is not installed", remedy="apt-get install mmdebstrap")
    words = ["mmdebstrap", f"--variant={variant}", "--format=tar", *options]
    if packages:
        words.append(f"--include={','.join(packages)}")
    words += [suite, os.fspath(tar)]
    if mirror():
        words.append(mirror())
    status, tail = _run(words, _environment(tar.parent))
    if status != 0:
        raise _complaint(tail, suite=suite, wanted_by=wanted_by)


def mirror() -> str:
    """Return the mirror the user chose with ISOBENCH_MIRROR; empty: mmdebstrap's own choice for the suite."""
    return os.environ.get("ISOBENCH_MIRROR", "")


def download(stage: str, inside: str, outside: Path) -> str:
    """Return the option that copies a file out of the unfinished system; ``stage``: extract or customize."""
    return f"--{stage}-hook=download {shlex.quote(inside)} {shlex.quote(os.fspath(outside))}"


def _environment(scratch: Path) -> dict[str, str]:
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "SOURCE_DATE_EPOCH": str(EPOCH_S),
        "PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin",
    }
    if os.geteuid() == 0:  # otherwise its helper users must be able to enter the directory: leave it in /tmp
        environment["TMPDIR"] = os.fspath(scratch)
    return environment


def _run(words: Sequence[str], environment: dict[str, str]) -> tuple[int, list[str]]:
    """Run in a process group of its own; return the exit status and the last lines of its messages."""
    with subprocess.Popen(
        words,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        process_group=0,
    ) as process:
        try:
            assert process.stderr is not None
            tail = deque((line.rstrip() for line in process.stderr), maxlen=_TAIL_LINES)
            return process.wait(), list(tail)
        except BaseException:
            _end_group(process)
            raise


def _end_group(process: subprocess.Popen[str]) -> None:
    """Ask, then kill; the group outlives its leader until its last member has gone."""
    for sent, patience_s in ((signal.SIGTERM, _STOP_TIMEOUT_S), (signal.SIGKILL, _STOP_TIMEOUT_S)):
        deadline = time.monotonic() + patience_s
        try:
            os.killpg(process.pid, sent)
            while time.monotonic() < deadline:
                process.poll()
                os.killpg(process.pid, 0)
                time.sleep(0.05)
        except ProcessLookupError:
            break
    process.wait()


def _complaint(tail: Sequence[str], *, suite: str, wanted_by: str) -> ImageError:
    text = "\n".join(tail)
    found, what, remedy = next(
        (found, what, remedy) for sign, what, remedy in _COMPLAINTS if (found := re.findall(sign, text))
    )
    said = what.format(suite=suite, found=", ".join(dict.fromkeys(found)))
    error = ImageError(f"{wanted_by}: {said}", remedy=remedy)
    error.add_note("mmdebstrap said:\n" + text)
    return error
