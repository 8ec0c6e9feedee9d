"""What a control group says of itself, in the files of either version; what a kernel does not keep is None."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.host.accounting import AccountReading
from bench.host.block import written_v1, written_v2
from bench.host.files import contents


def read_v1(folders: Mapping[str, Path]) -> AccountReading:
    """Read the books of a group of version 1; ``folders`` are where each controller keeps its own."""
    memory, cpu = folders["memory"], folders.get("cpuacct")
    stat = _table(memory / "memory.stat")
    usage_ns = _number(cpu / "cpuacct.usage") if cpu else None
    return AccountReading(
        memory_bytes=_number(memory / "memory.usage_in_bytes"),
        memory_peak_bytes=_number(memory / "memory.max_usage_in_bytes"),
        anon_bytes=stat.get("total_rss"),
        file_bytes=stat.get("total_cache"),
        shmem_bytes=stat.get("total_shmem"),
        cpu_s=None if usage_ns is None else usage_ns / 1e9,
        throttled=_table(folders["cpu"] / "cpu.stat").get("nr_throttled") if "cpu" in folders else None,
        oom_kills=_table(memory / "memory.oom_control").get("oom_kill"),
        forks_refused=_table(folders["pids"] / "pids.events").get("max") if "pids" in folders else None,
        written_bytes=written_v1(folders["blkio"]) if "blkio" in folders else None,
    )


def read_v2(folder: Path) -> AccountReading:
    """Read the books of a group of version 2."""
    stat, cpu = _table(folder / "memory.stat"), _table(folder / "cpu.stat")
    return AccountReading(
        memory_bytes=_number(folder / "memory.current"),
        memory_peak_bytes=_number(folder / "memory.peak"),
        anon_bytes=stat.get("anon"),
        file_bytes=stat.get("file"),
        shmem_bytes=stat.get("shmem"),
        cpu_s=cpu["usage_usec"] / 1e6 if "usage_usec" in cpu else None,
        throttled=cpu.get("nr_throttled"),
        oom_kills=_table(folder / "memory.events").get("oom_kill"),
        forks_refused=_table(folder / "pids.events").get("max"),
        written_bytes=written_v2(folder),
    )


def _number(file: Path) -> int | None:
    try:
        return int(contents(file))
    except (OSError, ValueError):
        return None


def _table(file: Path) -> dict[str, int]:
    try:
        rows = [line.split() for line in contents(file).splitlines()]
    except OSError:
        return {}
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].lstrip("-").isdigit()}
