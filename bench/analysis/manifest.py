"""What a run says about itself: the manifest as frozen records, validated once, at the door."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bench.errors import ResultsError
from bench.model import Better, Claim, Phase, Scalar
from bench.store import dataset, layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The machine that was measured; ``virtual`` names the hypervisor it runs under, empty for none known."""

    name: str
    cpu_model: str
    cpus: int
    memory_bytes: int
    os: str
    kernel: str
    architecture: str
    cgroup: str
    virtual: str = ""
    swap_bytes: int = 0
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """What measured: the host CPUs it kept to, its Python."""

    cpu_set: tuple[int, ...] = ()
    python: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunIsolation:
    """An isolation that was asked for: what it was, or why it did not run and what to do about it."""

    ready: bool
    detail: str = ""
    reason: str | None = None
    remedy: str | None = None
    emulated: bool = False
    versions: dict[str, str] = field(default_factory=dict)
    own_kernel: bool = False
    stopwatch: str = ""
    phases: tuple[Phase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnvelope:
    """What every instance got."""

    cpus: int
    memory_bytes: int
    pids: int
    network: str
    cpu_set: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMetric:
    """A number the workload reports about itself."""

    name: str
    unit: str
    better: Better


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScenario:
    """A scenario as it was run. ``settle_s`` is None when idle memory was not read."""

    title: str
    question: str
    version: str
    image: str
    command: tuple[str, ...]
    envelope: RunEnvelope
    parameters: dict[str, tuple[Scalar, ...]] = field(default_factory=dict)
    settle_s: float | None = None
    metrics: tuple[RunMetric, ...] = ()
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunImage:
    """An image by content."""

    digest: str
    packages: int = 0
    lock: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One run. Times are ISO 8601; ``finished_at`` is None until done; ``interrupted`` names a signal."""

    schema_version: int
    run: str
    started_at: str
    bench_version: str
    seed: int
    host: Host
    isolations: dict[str, RunIsolation]
    scenarios: dict[str, RunScenario]
    finished_at: str | None = None
    interrupted: str | None = None
    command_line: tuple[str, ...] = ()
    rounds: dict[str, int] = field(default_factory=dict)
    quick: bool = False
    harness: Harness = field(default_factory=Harness)
    images: dict[str, RunImage] = field(default_factory=dict)
    planned: int = 0

    def phase_label(self, isolation: str, mark: str) -> str:
        """Return what has happened when ``mark`` is set, in the isolation's own words."""
        known = self.isolations.get(isolation)
        labels = {phase.mark: phase.label for phase in known.phases} if known else {}
        return labels.get(mark, mark.replace("_", " "))


_MANIFEST = TypeAdapter(Manifest)


def load_manifest(path: str | Path) -> Manifest:
    """Read ``manifest.json`` of the run folder ``path``.

    Raises ResultsError naming the file, and the key, when it is missing, broken or from a newer version.
    """
    run_dir = Path(path)
    document = dataset.read_manifest(run_dir)
    try:
        return _MANIFEST.validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ResultsError(f"{run_dir / layout.MANIFEST}: {where}: {first['msg']}", remedy="Measure again") from error
