"""What an image asks for, in the words of the entry (``entry.sh``), which has no other shell than its own."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from bench.images.oci.user import User

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Engines give this to an image that names none."""

_BUSYBOX = "/.isobench/busybox"


def settings(environment: Sequence[str], directory: str, user: User) -> bytes:
    """Return the settings that the entry sources: its ``path``, ``user``, ``enter`` and the working directory.

    ``environment`` holds ``NAME=VALUE``; what has no ``=`` is left out, as engines do.
    """
    given = dict(one.split("=", 1) for one in environment if "=" in one[1:])
    values = {"PATH": _PATH, **given}
    values["HOME"] = values.get("HOME") or user.home
    words = [f"{name}={value}" for name, value in values.items()]
    lines = [
        f"path={shlex.quote(values['PATH'])}",
        f"user={'' if user.uid == 0 else user.uid}",
        *_entered(directory),
        f"enter() {{ {_become(f'{_BUSYBOX} env -i {shlex.join(words)} $padding', user)}; }}",
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _entered(directory: str) -> list[str]:
    """Return how the working directory is entered, and made where the image has none, as engines do."""
    if directory.strip("/") == "":
        return []
    where = shlex.quote(f"/{directory.lstrip('/')}")
    return [f"cd {where} 2>/dev/null || {{ {_BUSYBOX} mkdir -p {where} && cd {where}; }}"]


def _become(cleared: str, user: User) -> str:
    """Return the commands that give up root and become the command that $@ holds.

    start-stop-daemon looks the further groups up in the image's own list; nsenter, which enters nothing here, needs no
    entry there. The file that start-stop-daemon is to look for never exists: it is how it searches no processes.
    """
    if user.privileged:
        return f'exec {cleared} "$@"'
    if user.groups:
        drop = f"start-stop-daemon -S -p /.isobench/none -c {user.uid}:{user.gid}"
        return f'found=$1; shift; exec {cleared} {_BUSYBOX} {drop} -x "$found" -- "$@"'
    return f'exec {cleared} {_BUSYBOX} nsenter -G {user.gid} -S {user.uid} "$@"'
