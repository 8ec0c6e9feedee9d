"""Hardware virtualization or emulation, decided by booting a guest under each.

libvirt and ``/dev/kvm`` may both say that KVM is there while no guest ever boots under it (nested and
para-virtual hosts). Where QEMU does not even take KVM, that is the answer. Else a real guest is booted under emulation,
then under KVM with little more time than emulation needed; KVM is chosen only if its guest starts, and sooner. The
answer is cached for this host and machine type.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.errors import BenchError, StartTimeoutError
from bench.host import patience
from bench.host.processors.virtualization import DEVICE, closed
from bench.model import Say, short_digest

_KVM = DEVICE
EMULATED_S = 120.0
"""Within which an emulated guest starts and ends on a fast host."""
_KVM_PATIENCE = 2.0
"""How much longer than under emulation a guest may take under KVM before we stop waiting: it should be sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which accelerator, and why."""

    kvm: bool
    why: str


def choose(
    boot_s: Callable[[bool, float], float], folder: Path, versions: dict[str, str], say: Say, *, unfit: str = ""
) -> Choice:
    """Return the accelerator whose guest starts soonest here.

    ``boot_s`` boots a guest with KVM (True) or without (False) and returns the seconds to its start mark, or
    raises BenchError when there is none within the seconds it is given. ``folder`` keeps the answer, under a key of
    kernel, CPU and versions. ``unfit`` says why this guest cannot run under the KVM of this host: it is not tried.
    """
    if why := closed(_KVM) or unfit:
        return Choice(kvm=False, why=why)
    memory = folder / f"accelerator-{_key(versions)}.json"
    with suppress(OSError, ValueError, TypeError):  # not asked yet, or a broken answer: ask again
        return Choice(**json.loads(memory.read_text()))
    try:
        _under_kvm_s(boot_s, 0.0)  # a host that refuses it says so at once
        say("booting a guest under emulation and under KVM, to choose (once per host and machine type)")
        emulated_s = boot_s(False, patience.limit_s(EMULATED_S))
        accelerated_s = _under_kvm_s(boot_s, _KVM_PATIENCE * emulated_s)
    except _RefusedError as refused:  # of today, perhaps: said, but not remembered
        return Choice(kvm=False, why=f"a guest under KVM failed: {refused}")
    if accelerated_s is None:
        choice = Choice(kvm=False, why="/dev/kvm opens, but no guest reaches its start mark under it")
    else:
        sooner = accelerated_s < emulated_s
        compared = f"{accelerated_s:.1f} s under KVM, {emulated_s:.1f} s emulated"
        choice = Choice(kvm=sooner, why=f"a guest starts in {compared}")
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(json.dumps(asdict(choice)))
    return choice


class _RefusedError(Exception):
    """KVM was refused, or a guest under it failed in another way than by not starting."""


def _under_kvm_s(boot_s: Callable[[bool, float], float], timeout_s: float) -> float | None:
    """Return how long a guest takes under KVM; None when it does not start in time."""
    try:
        return boot_s(True, timeout_s)
    except StartTimeoutError:
        return None
    except BenchError as error:
        raise _RefusedError(error.what.splitlines()[0]) from error


def _key(versions: dict[str, str]) -> str:
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    return short_digest(os.uname().release.encode(), cpu.encode(), json.dumps(versions, sort_keys=True).encode())
