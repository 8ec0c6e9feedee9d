"""The manifest: what a run was, so that its numbers can be understood and its plan rebuilt from the seed.

One schema for who writes it and who reads it, in the order of the file. What has a default is missing in runs of some
older version: a run that does not tell it was as the default says.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.errors import written
from bench.host.machine import Host
from bench.model import (
    FIXED_CONFIDENCE,
    Arm,
    Better,
    Burst,
    Claim,
    Client,
    Density,
    Entering,
    Envelope,
    Facts,
    Neighbour,
    Phase,
    Rate,
    Restore,
    Rung,
    Scalar,
    Storage,
    Virtualization,
)
from bench.store.layout import MANIFEST, MANIFEST_SCHEMA, SCHEMA_VERSION

REDACTED_HOST = "HOST"
"""The name of every host in a run that was published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """When a run was to stop, what its intervals of 95 % are reckoned with for that, and why it stopped."""

    rounds: int | None = None
    precision: float | None = None
    budget_s: float | None = None
    confidence: float = FIXED_CONFIDENCE
    reason: str = ""

    @property
    def is_fixed(self) -> bool:
        """Whether the number of rounds was known from the beginning."""
        return self.precision is None and self.budget_s is None

    def nominal(self, asked: float) -> float:
        """Return what an interval is reckoned with so that, in a run that stopped like this, it is as sure as asked.

        The share left out shrinks as that of an interval of 95 % does.
        """
        return 1 - (1 - asked) * (1 - self.confidence) / (1 - FIXED_CONFIDENCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """What measured: the host CPUs it kept to, its Python."""

    cpu_set: tuple[int, ...] = ()
    not_apart: tuple[str, ...] = ()
    """What of harness, instances and others' work could not be kept apart on this host, each in a sentence."""
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
    virtualization: Virtualization = ""
    versions: dict[str, str] = field(default_factory=dict)
    engine: dict[str, str] = field(default_factory=dict)
    """Which engine started its instances, and how that was set up; empty: none did, or a run that did not say."""
    own_kernel: bool = False
    stopwatch: str = ""
    phases: tuple[Phase, ...] = ()
    facts: Facts | None = None
    """What its row says of it; None: a run from before that was told (``bench.store.untold``)."""

    @property
    def emulated(self) -> bool:
        """Whether it was a machine whose processor QEMU translated."""
        return self.virtualization == "emulation"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMetric:
    """A number the workload reports about itself."""

    name: str
    unit: str
    better: Better


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScenario:
    """A scenario as it was run.

    ``settle_s`` is None when idle memory was not read, ``ready`` when no console line means ready; ``answer`` says
    which first answer does, and is empty for none. ``envelope.cpu_set`` is every CPU that an instance may have got.
    ``limits`` are a process's, in the kernel's words; empty in runs that did not keep them.
    """

    title: str
    question: str
    version: str
    image: str
    command: tuple[str, ...]
    parameters: dict[str, tuple[Scalar, ...]] = field(default_factory=dict)
    arms: tuple[Arm, ...] = ()
    steps: dict[str, tuple[Scalar, ...]] = field(default_factory=dict)
    rounds: int | None = None
    envelope: Envelope
    limits: dict[str, str] = field(default_factory=dict)
    storage: Storage | None = None
    client: Client | None = None
    ready: str | None = None
    answer: str = ""
    settle_s: float | None = None
    idle_s: float | None = None
    neighbour: Neighbour | None = None
    density: Density | None = None
    burst: Burst | None = None
    rate: Rate | None = None
    entering: Entering | None = None
    rungs: tuple[Rung, ...] = ()
    provision: bool = False
    restore: Restore | None = None
    surface: bool = False
    outgrows_memory: bool = False
    metrics: tuple[RunMetric, ...] = ()
    claims: tuple[Claim, ...] = ()

    @property
    def many(self) -> bool:
        """Whether its trials are of many instances."""
        return bool(self.density or self.burst or self.rate)

    @property
    def cell_dimensions(self) -> dict[str, tuple[Scalar, ...]]:
        """What takes a fresh instance for every combination, as in ``bench.measuring.plan``: arms, then parameters."""
        arms: dict[str, tuple[Scalar, ...]] = {"arm": tuple(arm.name for arm in self.arms)} if self.arms else {}
        return {**arms, **self.parameters}

    @property
    def dimensions(self) -> dict[str, tuple[Scalar, ...]]:
        """Everything that tells this scenario's figures apart: arms, parameters, then steps."""
        return {**self.cell_dimensions, **self.steps}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSource:
    """The image that another was imported from: as it was called, and the digest of its configuration (its ID)."""

    reference: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunImage:
    """An image by content; ``lock`` is a path inside the run's folder, ``source`` None where it is made of packages."""

    digest: str
    suite: str = ""
    packages: int = 0
    lock: str = ""
    source: RunSource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOffered:
    """A cell that was left out because its isolation lacks what it asks for."""

    scenario: str
    parameters: dict[str, Scalar]
    isolation: str
    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWorkload:
    """A workload that came with the command line, as its options say it; ``folder`` is where they were given."""

    image: str
    command: str | None = None
    ready: str | None = None
    metrics: tuple[str, ...] = ()
    cpus: int
    memory_mib: int
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFor:
    """What of a request no other entry tells: with it the run can be asked for again. Paths are absolute."""

    scenarios_folder: str = ""
    kernel: str = ""
    """The file of a guests' kernel of the user's own."""
    beside: tuple[str, ...] = ()
    """Isolations that are there for scenarios with rungs alone."""
    own: OwnWorkload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that was one way, and then another."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """When a run was taken up again: with it begins its next stretch."""

    at: str
    after: int
    """Trials that were kept."""
    gap_s: float
    """Since the start of the last of them; since the run's start where there is none."""
    ended_by: str = ""
    """What ended the stretch before: a signal, a disk that refused a trial; empty where it was killed."""
    differences: tuple[Difference, ...] = ()
    """What had changed since the run began, and was accepted."""


def stretch_of(trial: int, resumed: Iterable[Resumed]) -> int:
    """Return in which stretch of a run, from 1, the trial of this number was measured."""
    return 1 + sum(one.after < trial for one in resumed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One run. Times are ISO 8601 with offset."""

    run: str
    started_at: str
    command_line: tuple[str, ...] = ()
    bench_version: str
    seed: int
    quick: bool = False
    rounds: dict[str, int] = field(default_factory=dict)
    stopping: Stopping = field(default_factory=Stopping)
    host: Host
    harness: Harness = field(default_factory=Harness)
    isolations: dict[str, RunIsolation]
    scenarios: dict[str, RunScenario]
    images: dict[str, RunImage] = field(default_factory=dict)
    planned: int = 0
    """Trials that were to be run; where a run stops by itself, those that it came to."""
    not_offered: tuple[NotOffered, ...] = ()
    finished_at: str | None = None
    """None until it is done."""
    interrupted: str | None = None
    """The signal that ended it before its time."""
    asked: AskedFor | None = None
    """None: a run that cannot be taken up again."""
    resumed: tuple[Resumed, ...] = ()
    schema_version: int = SCHEMA_VERSION

    def phase_label(self, isolation: str, mark: str) -> str:
        """Return what has happened when ``mark`` is set, in the isolation's own words."""
        known = self.isolations.get(isolation)
        labels = {phase.mark: phase.label for phase in known.phases} if known else {}
        return labels.get(mark, mark.replace("_", " "))


def write(manifest: Manifest, folder: Path) -> None:
    """Write the manifest whole or not at all; raises StoreError."""
    growing = folder / f".{MANIFEST}.partial"
    with written(folder / MANIFEST):
        try:
            with growing.open("w") as file:
                json.dump({"schema": MANIFEST_SCHEMA, **asdict(manifest)}, file, indent=2, ensure_ascii=False)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            growing.replace(folder / MANIFEST)
        finally:
            growing.unlink(missing_ok=True)
