"""Which process plays which role in an instance, told by its program.

What a program is called is read from the first word of its command line: gVisor's parts all run one file, whose name
the kernel gives as ``exe``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bench.host.accounting import Unreadable
from bench.host.processes import PsutilProcess
from bench.isolations.registry import HELPERS
from bench.model import Role

WORKLOAD = "workload"


def by_role(found: Iterable[PsutilProcess], helpers: Mapping[str, Role] = HELPERS) -> dict[str, list[PsutilProcess]]:
    """Return the processes by role; what is no part of any isolation is the workload, what has ended left out.

    ``helpers`` are an isolation's own programs and their roles, beside those of the isolations in this repository.
    """
    known = {**HELPERS, **helpers}
    roles: dict[str, list[PsutilProcess]] = {}
    for process in found:
        try:
            program = process.program
        except Unreadable:
            continue
        roles.setdefault(known[program].name if program in known else WORKLOAD, []).append(process)
    return roles
