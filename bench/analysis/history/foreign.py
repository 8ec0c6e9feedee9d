"""Other tools' files as runs of a history: what ``hyperfine --export-json`` and ``pytest --benchmark-json`` write.

hyperfine tells no machine, and 1.x no date: all its files count as of one machine, those of 1.x from when they were
last written. Each command, and each benchmark by its full name, is a scenario of one figure: the median of its times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
class _Times:
    """A result of hyperfine 1.x, or the statistics of a benchmark; seconds."""

    median: float
    times: tuple[float, ...] = ()
    rounds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _TimedCommand(_Times):
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hyperfine1:
    results: tuple[_TimedCommand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Summary:
    median: float
    count: int
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Summarized:
    command: str
    summary: dict[str, _Summary]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Metadata:
    start_time: str
    hyperfine_version: str = ""
    platform: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hyperfine2:
    metadata: _Metadata
    results: tuple[_Summarized, ...]
    primary_metric: str = "time_wall_clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Benchmark:
    fullname: str
    stats: _Times


@dataclass(frozen=True, slots=True, kw_only=True)
class _PytestBenchmark:
    machine_info: dict[str, Any]
    benchmarks: tuple[_Benchmark, ...]
    datetime: str
    version: str = ""
    commit_info: dict[str, Any] = field(default_factory=dict)


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
    figures = ((one.command, len(one.times), one.median, "s", "lower") for one in found.results)
    return ForeignRun(began=written, host=_host({}), facts={}, medians=_medians(figures))


def _of_hyperfine_2(found: _Hyperfine2) -> ForeignRun:
    told = [(one.command, one.summary[found.primary_metric]) for one in found.results if one.summary]
    figures = (
        (command, one.count, one.median, "s" if one.unit == "second" else one.unit, "lower") for command, one in told
    )
    host = _host({"system": found.metadata.platform.get("os"), "machine": found.metadata.platform.get("architecture")})
    return ForeignRun(
        began=found.metadata.start_time,
        host=host,
        facts={"hyperfine": found.metadata.hyperfine_version},
        medians=_medians(figures),
    )


def _of_pytest(found: _PytestBenchmark) -> ForeignRun:
    info, commit = found.machine_info, found.commit_info
    figures = ((one.fullname, one.stats.rounds, one.stats.median, "s", "lower") for one in found.benchmarks)
    facts = {
        "kernel": info.get("release"),
        "Python": info.get("python_version"),
        "pytest-benchmark": found.version,
        "commit": commit.get("id"),
        "branch": commit.get("branch"),
        "changes that were not committed": commit.get("dirty"),
    }
    return ForeignRun(
        began=found.datetime,
        host=_host(info),
        facts={name: str(value) for name, value in facts.items() if value is not None},
        medians=_medians(figures),
    )


def _host(info: Mapping[str, Any]) -> Host:
    """Return a machine as pytest-benchmark tells of it; two that tell nothing count as one."""
    cpu = info.get("cpu") if isinstance(info.get("cpu"), dict) else {}
    return Host(
        name=str(info.get("node") or ""),
        cpu_model=str((cpu or {}).get("brand_raw") or info.get("processor") or ""),
        cpus=int((cpu or {}).get("count") or 0),
        memory_bytes=0,
        os=str(info.get("system") or ""),
        kernel=str(info.get("release") or ""),
        architecture=str(info.get("machine") or ""),
        cgroup="",
    )


def _medians(figures: Iterable[tuple[str, int, float, str, str]]) -> Medians:
    return tuple(
        RunMedian(name, "{}", "", False, "time", "workload", unit, better, n, median)
        for (_, n, median, unit, better), name in _named(figures)
    )


def _named(
    figures: Iterable[tuple[str, int, float, str, str]],
) -> Iterator[tuple[tuple[str, int, float, str, str], str]]:
    """Yield figures with their names: those that bear the same one are numbered."""
    seen: Counter[str] = Counter()
    for one in figures:
        seen[one[0]] += 1
        yield one, one[0] if seen[one[0]] == 1 else f"{one[0]} ({seen[one[0]]})"
