"""Programs of this host: where they are looked for, and how who asks may have a missing one installed."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Not on the path of a Debian user, who may run most of what lies there all the same."""


def found(program: str, *before: str) -> str | None:
    """Return where a program lies, in a folder to be looked into before, on the user's path or in a system folder.

    None: nowhere.
    """
    return shutil.which(program, path=os.pathsep.join([*before, _search_path()]))


def of_wheel(program: str, package: str, folder: str) -> str | None:
    """Return where a program lies that a wheel brings in a folder of its package, or else as ``found`` finds it.

    What such a wheel puts on the path is a script of Python's, which takes its time.
    """
    spec = find_spec(package)
    return found(program, *(f"{place}/{folder}" for place in (spec and spec.submodule_search_locations) or ()))


def reach_system_folders() -> None:
    """Let this process, and whatever it starts, find by its name what ``found`` finds."""
    os.environ["PATH"] = _search_path()


def as_root(command: str) -> str:
    """Return a command that takes root as who asks has to type it."""
    if os.geteuid() == 0:
        return command
    return f"sudo {command}" if found("sudo") else f"as root: {command}"


def _search_path() -> str:
    asked = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join([*asked, *(folder for folder in _SYSTEM_FOLDERS if folder not in asked)])
