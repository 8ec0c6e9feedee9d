"""What a kernel's answers to system calls mean: answered, refused, wants a capability, not there.

EPERM alone is ambiguous. It is a filter's where there is one and the call would have failed before any question for a
capability: with no descriptor, address or flag that could be right, a handler answers EBADF, EFAULT or EINVAL first. Of
the calls that do ask first, ``_ASKS_FIRST`` names what for: an instance that has it was refused by its filter, one that
has not is counted as lacking it, whatever its filter would have said besides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

_FILTERED = "2"
"""``Seccomp:`` in ``/proc/self/status``: a filter is installed (``Documentation/filesystems/proc.rst``)."""

_DAC_READ_SEARCH, _SETGID, _SYS_MODULE, _SYS_CHROOT, _SYS_PACCT, _SYS_ADMIN, _SYS_BOOT = 2, 6, 16, 18, 20, 21, 22
_SYS_TIME, _SYS_TTY_CONFIG, _SYSLOG = 25, 26, 34
"""Numbers of ``include/uapi/linux/capability.h``."""

_ASKS_FIRST: Mapping[str, int] = {
    "acct": _SYS_PACCT,
    "delete_module": _SYS_MODULE,
    "fanotify_init": _SYS_ADMIN,
    "finit_module": _SYS_MODULE,
    "fsmount": _SYS_ADMIN,
    "fsopen": _SYS_ADMIN,
    "fspick": _SYS_ADMIN,
    "init_module": _SYS_MODULE,
    "kexec_file_load": _SYS_BOOT,
    "kexec_load": _SYS_BOOT,
    "landlock_restrict_self": _SYS_ADMIN,
    "lookup_dcookie": _SYS_ADMIN,
    "mount_setattr": _SYS_ADMIN,
    "move_mount": _SYS_ADMIN,
    "open_by_handle_at": _DAC_READ_SEARCH,
    "open_tree": _SYS_ADMIN,
    "pivot_root": _SYS_ADMIN,
    "reboot": _SYS_BOOT,
    "setdomainname": _SYS_ADMIN,
    "setgroups": _SETGID,
    "sethostname": _SYS_ADMIN,
    "swapoff": _SYS_ADMIN,
    "swapon": _SYS_ADMIN,
    "syslog": _SYSLOG,
    "vhangup": _SYS_TTY_CONFIG,
}
"""Calls whose handler asks for a capability before it looks at its arguments (Linux 6.1 to 6.18)."""

_ASKS: Mapping[str, int] = {
    **_ASKS_FIRST,
    "bpf": _SYS_ADMIN,
    "chroot": _SYS_CHROOT,
    "mount": _SYS_ADMIN,
    "setns": _SYS_ADMIN,
    "settimeofday": _SYS_TIME,
    "umount2": _SYS_ADMIN,
    "unshare": _SYS_ADMIN,
}
"""What the probe's further arguments come as far as."""


class SurfaceVerdict(StrEnum):
    """What came of a system call."""

    ANSWERED = "answered"
    REFUSED = "refused"
    NEEDS_CAPABILITY = "needs_capability"
    ABSENT = "absent"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswer:
    """One system call, as the probe has asked it."""

    number: int
    name: str
    answers: tuple[str, ...]
    """An errno's name, ``ok``, ``SIGSYS``, ``signal-N``, ``waits`` or ``left-out``; the second to further arguments."""

    def verdict(self, facts: Mapping[str, str]) -> SurfaceVerdict:
        """Say what came of it; ``facts`` are the process' ``Seccomp`` and ``CapEff``."""
        first, last = self.answers[0], self.answers[-1]
        if first == "left-out":
            return SurfaceVerdict.LEFT_OUT
        if first == "SIGSYS":
            return SurfaceVerdict.REFUSED
        if first == "ENOSYS":
            return SurfaceVerdict.ABSENT
        if "EPERM" not in (first, last):
            return SurfaceVerdict.ANSWERED
        asks = (_ASKS_FIRST if first == "EPERM" else _ASKS).get(self.name)
        lacks = asks is not None and not int(facts.get("CapEff", "0"), 16) >> asks & 1
        filtered = facts.get("Seccomp") == _FILTERED and not lacks
        return SurfaceVerdict.REFUSED if filtered else SurfaceVerdict.NEEDS_CAPABILITY


@dataclass(frozen=True, slots=True, kw_only=True)
class InsideView:
    """What the probe has said: its answers, and its facts by name."""

    calls: tuple[CallAnswer, ...]
    facts: Mapping[str, str]

    def verdicts(self) -> dict[str, SurfaceVerdict]:
        """Return what came of every call, by name."""
        return {call.name: call.verdict(self.facts) for call in self.calls}

    def counts(self) -> dict[str, int]:
        """Return how many calls there are of each verdict but those that were left out."""
        counted = Counter(self.verdicts().values())
        return {verdict.value: counted[verdict] for verdict in SurfaceVerdict if verdict is not SurfaceVerdict.LEFT_OUT}

    def table(self) -> str:
        """Return every call as ``NAME=VERDICT:ANSWER``, a further answer behind a comma: equal if all is."""
        verdicts = self.verdicts()
        return " ".join(f"{call.name}={verdicts[call.name]}:{','.join(call.answers)}" for call in self.calls)


def view(lines: Iterable[str]) -> InsideView:
    """Return what the probe's lines say. Raises ValueError where they do not hold a whole probe."""
    calls, facts = [], {}
    for line in lines:
        word, *rest = line.split() or [""]
        if word == "call" and len(rest) > 2:
            calls.append(CallAnswer(number=int(rest[0]), name=rest[1], answers=tuple(rest[2:])))
        elif word == "fact" and rest:
            facts[rest[0]] = " ".join(rest[1:])
    if not calls or "cpus_given" not in facts:  # the last that it says
        raise ValueError(f"the probe was cut short: {len(calls)} calls and {len(facts)} facts")
    return InsideView(calls=tuple(calls), facts=facts)
