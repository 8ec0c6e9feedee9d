"""Other tools' files as runs of a history: what ``hyperfine --export-json`` and ``pytest --benchmark-json`` write.

hyperfine tells no machine, and 1.x no date: all its files count as of one machine, those of 1.x from when they were
last written. Each command, and each benchmark by its full name, is a scenario of one figure: the median of its times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bench.analysis.history.medians import Medians
from bench.errors import ResultsError
from bench.host.machine import Host
from bench.store.door import invalid, require_bounded
from bench.store.medians import RunMedian
from bench.store.sanitize import read_json

_AGAIN = "Have the tool write it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRun:
    """What a file of another tool tells; ``began`` is ISO 8601, ``facts`` what of its circumstances may matter."""

    began: str
    host: Host
    facts: Mapping[str, str]
    medians: Medians


@dataclass(frozen=True, slots=True, kw_only=True)
class _TimesTold:
    """A result of hyperfine 1.x, or the statistics of a benchmark; seconds."""

    median: float
    times: tuple[float, ...] = ()
    rounds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _TimedCommand(_TimesTold):
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hyperfine1:
    results: tuple[_TimedCommand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _HyperfineSummary:
    median: float
    count: int
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Summarized:
    command: str
    summary: dict[str, _HyperfineSummary]


@dataclass(frozen=True, slots=True, kw_only=True)
class _HyperfinePlatform:
    os: str = ""
    architecture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Metadata:
    start_time: str
    hyperfine_version: str = ""
    platform: _HyperfinePlatform = field(default_factory=_HyperfinePlatform)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hyperfine2:
    metadata: _Metadata
    results: tuple[_Summarized, ...]
    primary_metric: str = "time_wall_clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Benchmark:
    fullname: str
    stats: _TimesTold


@dataclass(frozen=True, slots=True, kw_only=True)
class _CpuInfo:
    brand_raw: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _MachineInfo:
    node: str = ""
    processor: str = ""
    machine: str = ""
    system: str = ""
    release: str = ""
    python_version: str = ""
    cpu: _CpuInfo = field(default_factory=_CpuInfo)


@dataclass(frozen=True, slots=True, kw_only=True)
class _CommitInfo:
    id: str | None = None
    branch: str | None = None
    dirty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _PytestBenchmark:
    machine_info: _MachineInfo
    benchmarks: tuple[_Benchmark, ...]
    datetime: str
    version: str = ""
    commit_info: _CommitInfo = field(default_factory=_CommitInfo)


_ForeignFigure = tuple[str, int, float, str]
"""Name, number of times, their median, its unit."""

_ONE, _TWO, _PYTEST = TypeAdapter(_Hyperfine1), TypeAdapter(_Hyperfine2), TypeAdapter(_PytestBenchmark)


def read(file: Path) -> ForeignRun:
    """Read a file of hyperfine or pytest-benchmark; raises ResultsError naming file and key for what is neither."""
    try:
        document = read_json(file.read_bytes())
    except OSError as error:
        raise ResultsError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ResultsError(f"{file}: not valid JSON: {error}", remedy=_AGAIN) from error
    if not isinstance(document, dict) or not {"benchmarks", "results"} & document.keys():
        raise ResultsError(f"{file}: neither hyperfine's nor pytest-benchmark's JSON, nor a run's folder")
    require_bounded(file, document, _AGAIN)
    try:
        if "benchmarks" in document:
            return _of_pytest(_PYTEST.validate_python(document))
        if "schema_version" in document:
            return _of_hyperfine_2(_TWO.validate_python(document))
        return _of_hyperfine_1(_ONE.validate_python(document), file)
    except ValidationError as error:
        raise invalid(file, error, _AGAIN) from error


def _of_hyperfine_1(found: _Hyperfine1, file: Path) -> ForeignRun:
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat()
    figures = ((one.command, len(one.times), one.median, "s") for one in found.results)
    return ForeignRun(began=written, host=_host(_MachineInfo()), facts={}, medians=_medians(figures))


def _of_hyperfine_2(found: _Hyperfine2) -> ForeignRun:
    about, primary = found.metadata, found.primary_metric
    told = [(one.command, one.summary[primary]) for one in found.results if primary in one.summary]
    figures = ((name, one.count, one.median, "s" if one.unit == "second" else one.unit) for name, one in told)
    return ForeignRun(
        began=about.start_time,
        host=_host(_MachineInfo(system=about.platform.os, machine=about.platform.architecture)),
        facts={"hyperfine": about.hyperfine_version},
        medians=_medians(figures),
    )


def _of_pytest(found: _PytestBenchmark) -> ForeignRun:
    machine, commit = found.machine_info, found.commit_info
    facts = {
        "kernel": machine.release,
        "Python": machine.python_version,
        "pytest-benchmark": found.version,
        "commit": f"{commit.id or 'none'}{', and changes to it' if commit.dirty else ''}",
        "branch": commit.branch or "none",
    }
    figures = ((one.fullname, one.stats.rounds, one.stats.median, "s") for one in found.benchmarks)
    return ForeignRun(began=found.datetime, host=_host(machine), facts=facts, medians=_medians(figures))


def _host(machine: _MachineInfo) -> Host:
    """Return a machine as pytest-benchmark tells of it; two that tell nothing count as one."""
    return Host(
        name=machine.node,
        cpu_model=machine.cpu.brand_raw or machine.processor,
        cpus=machine.cpu.count,
        memory_bytes=0,
        os=machine.system,
        kernel=machine.release,
        architecture=machine.machine,
        cgroup="",
    )


def _medians(figures: Iterable[_ForeignFigure]) -> Medians:
    """Return figures as a run has them; names that two of them bear are numbered."""
    seen: Counter[str] = Counter()
    found = []
    for name, n, median, unit in figures:
        seen[name] += 1
        told = name if seen[name] == 1 else f"{name} ({seen[name]})"
        found.append(RunMedian(told, "{}", "", False, "time", "workload", unit, "lower", n, median))
    return tuple(found)
