"""The names of what a run makes on a host, and the one way back from a name to its run.

Whatever bears another name is somebody else's.
"""

from __future__ import annotations

import os
import re
import secrets
from itertools import pairwise

_RUN = r"\d{8}-\d{4}-[a-z0-9]+"
"""Of a run: when it began, and a word, such as ``20261123-2105-fir``."""
_PROCESS = r"[a-z]+-\d+-[0-9a-f]{6}"
"""Of what belongs to a process and not to a run: what it is, the pid, and chance, since pids come again."""
_ID = re.compile(f"{_RUN}|{_PROCESS}")
_INSTANCE = re.compile(rf"isobench-({_ID.pattern})-\d{{4,}}(?:-[0-9a-z]+)*")


def of_process(what: str) -> str:
    """Return an id that no other process of this host bears, before or after."""
    return f"{what}-{os.getpid()}-{secrets.token_hex(3)}"


def is_id(run: str) -> bool:
    """Whether a word has the form of a run's id."""
    return _ID.fullmatch(run) is not None


def instance(run: str, label: str) -> str:
    """Name an instance of a run: a container, a volume, a machine."""
    return f"isobench-{run}-{label}"


def run_of(name: str) -> str | None:
    """Return whose instance bears this name; None: it is none of ours."""
    found = _INSTANCE.fullmatch(name)
    return found[1] if found else None


def run_of_machine(words: list[str]) -> str | None:
    """Return whose machine a QEMU command line starts, by the guest's name in its ``-name``; None: it is none of ours.

    Source: QEMU, ``qemu-options``: options are separated by commas, a comma within one is doubled, and the name may
    stand alone in front.
    """
    for option, value in pairwise(words):
        if option in ("-name", "--name"):
            parts = re.split(r"(?<!,),(?!,)", value)
            named = [part.removeprefix("guest=") for part in parts if part.startswith("guest=")]
            return run_of(next(iter(named), parts[0]))
    return None
