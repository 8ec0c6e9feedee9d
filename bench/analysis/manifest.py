"""What a run says about itself: the manifest as frozen records, validated once, at the door."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bench.analysis.intervals import CONFIDENCE
from bench.errors import ResultsError
from bench.model import Arm, Better, Claim, Client, Density, Phase, Rung, Scalar, Storage
from bench.store import dataset, layout

REDACTED_HOST = "HOST"
"""The name of every host in a run that was published."""


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
    unwatched: dict[str, str] = field(default_factory=dict)
    """Sentinels that cannot stand on this machine, each with what is missing."""
    varied: dict[str, str] = field(default_factory=dict)
    """What was drawn for every trial; empty text where there was nothing to choose, no key where it was not drawn."""


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
    write_bytes_per_s: int | None = None
    cpu_set: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMetric:
    """A number the workload reports about itself."""

    name: str
    unit: str
    better: Better


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScenario:
    """A scenario as it was run, of any version: what an old run does not tell is as the defaults say.

    ``settle_s`` is None when idle memory was not read, ``ready`` when no console line means ready; ``answer`` says
    which first answer does, and is empty for none.
    """

    title: str
    question: str
    version: str
    image: str
    command: tuple[str, ...]
    envelope: RunEnvelope
    parameters: dict[str, tuple[Scalar, ...]] = field(default_factory=dict)
    arms: tuple[Arm, ...] = ()
    steps: dict[str, tuple[Scalar, ...]] = field(default_factory=dict)
    rounds: int | None = None
    storage: Storage | None = None
    client: Client | None = None
    ready: str | None = None
    answer: str = ""
    settle_s: float | None = None
    density: Density | None = None
    rungs: tuple[Rung, ...] = ()
    provision: bool = False
    metrics: tuple[RunMetric, ...] = ()
    claims: tuple[Claim, ...] = ()

    @property
    def cell_dimensions(self) -> dict[str, tuple[Scalar, ...]]:
        """What takes a fresh instance for every combination, as in ``bench.plan``: arms, then parameters."""
        arms: dict[str, tuple[Scalar, ...]] = {"arm": tuple(arm.name for arm in self.arms)} if self.arms else {}
        return {**arms, **self.parameters}

    @property
    def dimensions(self) -> dict[str, tuple[Scalar, ...]]:
        """Everything that tells this scenario's figures apart: arms, parameters, then steps."""
        return {**self.cell_dimensions, **self.steps}


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOffered:
    """A cell that was left out because its isolation lacks what it asks for."""

    scenario: str
    parameters: dict[str, Scalar]
    isolation: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSource:
    """The image that another was imported from: as it was called, and the digest of its configuration (its ID)."""

    reference: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunImage:
    """An image by content; ``source`` is None where it is made of packages."""

    digest: str
    packages: int = 0
    lock: str = ""
    source: RunSource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """When a run was to stop, what its intervals of 95 % are reckoned with for that, and why it stopped."""

    rounds: int | None = None
    precision: float | None = None
    budget_s: float | None = None
    confidence: float = CONFIDENCE
    reason: str = ""

    @property
    def is_fixed(self) -> bool:
        """Whether the number of rounds was known from the beginning."""
        return self.precision is None and self.budget_s is None

    def nominal(self, asked: float) -> float:
        """Return what an interval is reckoned with so that, in a run that stopped like this, it is as sure as asked.

        The share left out shrinks as that of an interval of 95 % does.
        """
        return 1 - (1 - asked) * (1 - self.confidence) / (1 - CONFIDENCE)


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
    stopping: Stopping = field(default_factory=Stopping)
    quick: bool = False
    harness: Harness = field(default_factory=Harness)
    images: dict[str, RunImage] = field(default_factory=dict)
    planned: int = 0
    not_offered: tuple[NotOffered, ...] = ()

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
