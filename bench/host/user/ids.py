"""A user namespace of a user's own: root in it is the user, its others are ids that the user was given beside.

Without such ids there is one user inside, and who changes to another one, as services do, fails. Source: subuid(5),
newuidmap(1), unshare(1).
"""

from __future__ import annotations

import os
import pwd
import shutil
from functools import cache
from pathlib import Path

from bench.host import programs
from bench.host.subprocesses import ran, told_by

_SUBORDINATE = (Path("/etc/subuid"), Path("/etc/subgid"))
_MAPS = "--map-auto"
"""Of util-linux 2.38 and later."""


@cache
def namespace() -> tuple[str, ...]:
    """Return the options of ``unshare`` for a namespace in which this process is root; none where it is root."""
    if os.geteuid() == 0:
        return ()
    several = programs.found("newuidmap") and ungiven() is None and _MAPS in told_by("unshare", "--help")
    return ("--user", "--map-root-user", *((_MAPS,) if several else ()))


def user() -> str:
    """Return this user's name; the number of one who has none."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def ungiven() -> Path | None:
    """Return the file that gives this user no ids; None: both do."""
    names = (user(), str(os.geteuid()))
    for file in _SUBORDINATE:
        lines = file.read_text().splitlines() if file.exists() else []
        if not any(line.partition(":")[0] in names for line in lines):
            return file
    return None


def remove(folder: Path) -> None:
    """Remove a folder as far as that goes, with what users of a namespace have left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists() and namespace():
        ran("unshare", *namespace(), "rm", "-rf", folder)
