"""The CPUs of a host as its kernel describes them: which share a core, a cache or memory, and which are set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_FASTEST, _SLOWEST = "performance", "efficiency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cpu:
    """One logical CPU.

    A core and a cache bear the number of the lowest CPU that has part in them; ``llc`` is the last-level cache.
    """

    number: int
    core: int
    package: int = 0
    node: int = 0
    """The NUMA node."""
    llc: int = 0
    kind: str = ""
    """``performance``, ``efficiency`` or ``capacity N`` where the host has CPUs of several kinds; else empty."""
    slowness: int = 0
    """0: of the fastest kind here, 1: of the next."""
    isolated: bool = False
    """Whether the kernel spreads no load over it (``isolcpus``, isolated partitions of cpusets)."""
    tickless: bool = False
    """Whether it is kept from the timer's ticks (``nohz_full``)."""

    @property
    def set_aside(self) -> bool:
        """Whether this host keeps its own work away from it."""
        return self.isolated or self.tickless


def read(root: Path = Path("/sys")) -> tuple[Cpu, ...]:
    """Return the CPUs that are online, in ascending order; none where ``root`` does not tell.

    What a kernel leaves out is as if there were one of it: a core of its own, one package, one node, and the package's
    CPUs share a cache. Source: Linux, Documentation/ABI/stable/sysfs-devices-system-cpu and sysfs-devices-node;
    ``cpu_core`` and ``cpu_atom`` are the event sources of Intel's hybrid processors.
    """
    folder = root / "devices/system/cpu"
    online = cpu_list(_text(folder / "online"))
    packages = {number: _number(folder / f"cpu{number}/topology/physical_package_id", 0) for number in online}
    first_of = {package: min(one for one in online if packages[one] == package) for package in set(packages.values())}
    nodes = _nodes(root)
    kinds = _kinds(root, online)
    slowness = {kind: place for place, kind in enumerate(sorted(set(kinds.values()), key=_fastest_first))}
    isolated, tickless = cpu_list(_text(folder / "isolated")), cpu_list(_text(folder / "nohz_full"))
    return tuple(
        Cpu(
            number=number,
            core=min(_siblings(folder / f"cpu{number}") & online | {number}),
            package=packages[number],
            node=nodes.get(number, 0),
            llc=min(_sharing_cache(folder / f"cpu{number}") & online, default=first_of[packages[number]]),
            kind=kinds.get(number, "") if len(slowness) > 1 else "",
            slowness=slowness.get(kinds.get(number, ""), 0),
            isolated=number in isolated,
            tickless=number in tickless,
        )
        for number in sorted(online)
    )


def described(cpus: Iterable[Cpu]) -> str:
    """Return CPUs in a phrase: how many of what they share, of each kind, and what is set aside; empty for none."""
    known = list(cpus)
    counts = {
        "package": len({cpu.package for cpu in known}),
        "NUMA node": len({cpu.node for cpu in known}),
        "last-level cache": len({(cpu.node, cpu.llc) for cpu in known}),
        "core": len({cpu.core for cpu in known}),
        "CPU": len(known),
    }
    said = [f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts.items()]
    said += [f"{count} of kind {kind}" for kind, count in Counter(cpu.kind for cpu in known if cpu.kind).items()]
    for what, aside in (("isolated", "isolated"), ("without ticks", "tickless")):
        if count := sum(getattr(cpu, aside) for cpu in known):
            said.append(f"{count} {what}")
    return ", ".join(said) if known else ""


def cpu_list(text: str) -> set[int]:
    """Return the CPUs of a list as the kernel writes it, ``0-2,4``; what is no part of such a list is passed over."""
    cpus: set[int] = set()
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (not last or last.isdigit()):
            cpus.update(range(int(first), int(last or first) + 1))
    return cpus


def _siblings(folder: Path) -> set[int]:
    """Return the CPUs of the same core; kernels before 5.3 have the older name alone."""
    topology = folder / "topology"
    return cpu_list(_text(topology / "core_cpus_list") or _text(topology / "thread_siblings_list"))


def _sharing_cache(folder: Path) -> set[int]:
    """Return the CPUs that share the cache of the highest level; none where no cache is told."""
    levels = {_number(cache / "level", 0): cache for cache in sorted(folder.glob("cache/index*"))}
    return cpu_list(_text(levels[max(levels)] / "shared_cpu_list")) if levels else set()


def _nodes(root: Path) -> dict[int, int]:
    found: dict[int, int] = {}
    for folder in root.glob("devices/system/node/node*"):
        with suppress(ValueError):
            found |= dict.fromkeys(cpu_list(_text(folder / "cpulist")), int(folder.name.removeprefix("node")))
    return found


def _kinds(root: Path, online: Iterable[int]) -> Mapping[int, str]:
    """Return each CPU's kind: of Intel's hybrids by name, else by the capacity that the kernel reckons with."""
    hybrid = {"cpu_core": _FASTEST, "cpu_atom": _SLOWEST, "cpu_lowpower": _SLOWEST}
    named = {
        cpu: kind for source, kind in hybrid.items() for cpu in cpu_list(_text(root / "devices" / source / "cpus"))
    }
    return named or dict(_capacities(root, online))


def _capacities(root: Path, online: Iterable[int]) -> Iterator[tuple[int, str]]:
    for number in online:
        if capacity := _number(root / f"devices/system/cpu/cpu{number}/cpu_capacity", 0):
            yield number, f"capacity {capacity}"


def _fastest_first(kind: str) -> tuple[bool, int]:
    _, _, capacity = kind.partition(" ")
    return kind == _SLOWEST, -int(capacity or 0)


def _number(file: Path, otherwise: int) -> int:
    try:
        return int(_text(file))
    except ValueError:
        return otherwise


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
