"""The records that travel from a scenario file to a report. Standard library only.

All are frozen. Quantities carry their unit in their name: ``_s`` seconds, ``_ns`` nanoseconds on the host's
monotonic clock, ``_bytes`` bytes. What is collected is raw; nothing here is rounded, subtracted or clamped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

Scalar = str | int | float | bool
Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What every instance of a comparison gets, in every isolation."""

    cpus: int
    memory_bytes: int
    pids: int
    network: Literal["none"] = "none"
    cpu_set: tuple[int, ...] = ()
    """Host CPUs the instance may use; empty until a run has placed it on this host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number a workload reports about itself, and how to find it in the output.

    Exactly one of ``pattern`` (a regular expression with one group, searched line by line) and ``json`` (a
    dotted path into the one JSON document of the output) is set. A pattern that matches several lines gives
    the last match.
    """

    name: str
    unit: str
    better: Better
    pattern: str | None = None
    json: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The workload's own measuring window, so that its clock can be held against the host's.

    ``begin`` and ``finish`` are patterns of console lines whose arrival the host stamps; ``seconds`` is the
    pattern (one group) of the duration that the workload itself reports for the same stretch.
    """

    begin: str
    finish: str
    seconds: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What people say, and where they said it."""

    says: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFile:
    """A file that goes into the image: bytes, absolute path inside, permission bits."""

    path: str
    mode: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a root file system is made from a distribution's packages."""

    name: str
    suite: str
    packages: tuple[str, ...]
    files: tuple[ImageFile, ...] = ()
    disk_bytes: int = 1 << 30
    """Size of the virtual machine's disk, free space included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A built root file system in the cache; its forms (tree, disk) lie beside it in ``folder``."""

    name: str
    digest: str
    """``sha256:`` and the SHA-256 of ``rootfs.tar``; also the DiffID of the imported container image."""
    folder: Path
    suite: str
    disk_bytes: int

    @property
    def tar(self) -> Path:
        """The root file system as an uncompressed tar."""
        return self.folder / "rootfs.tar"

    @property
    def lock(self) -> Path:
        """JSON: every package with version and hash, the suite, the digest."""
        return self.folder / "lock.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One question: what to run, in what envelope, and what to read from it."""

    name: str
    title: str
    question: str
    version: str
    """First 12 hex digits of the SHA-256 of the scenario file and the files it brings."""
    image: str
    command: tuple[str, ...]
    envelope: Envelope
    files: tuple[ImageFile, ...] = ()
    parameters: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    rounds: int = 5
    timeout_s: float = 60.0
    """Longest time from ready, or from the reading of idle memory, to the workload's end."""
    start_timeout_s: float = 60.0
    """Longest time from the request to ready."""
    ready: str | None = None
    """Pattern of the console line that means ready; None: ready at the start mark."""
    settle_s: float | None = None
    """Idle memory is read this long after ready; None: not read."""
    window: Window | None = None
    metrics: tuple[Metric, ...] = ()
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Scenario x parameters x isolation: what a round runs once."""

    scenario: Scenario
    parameters: Mapping[str, Scalar]
    isolation: str

    @property
    def parameters_text(self) -> str:
        """The parameters as canonical JSON: sorted keys, no spaces needed to compare."""
        return json.dumps(dict(self.parameters), sort_keys=True)

    @property
    def command(self) -> tuple[str, ...]:
        """The scenario's command with every ``{parameter}`` filled in."""
        return tuple(_fill(word, self.parameters) for word in self.scenario.command)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One fresh instance of one cell, to be measured once."""

    number: int
    round: int
    cell: Cell
    nonce: str
    """Unguessable word that tells the entry's marks from the workload's own output."""


class Kind(StrEnum):
    """How a trial can end."""

    OK = "ok"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    DID_NOT_RETURN = "did not return"
    UNSUPPORTED = "unsupported"
    SPOILED = "spoiled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a trial ended and, unless ok, why: one sentence with the remedy where there is one."""

    kind: Kind
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One number: what, how much, in which unit, seen by whom, when.

    ``vantage`` is who saw it: ``host``, ``cgroup``, ``guest``, ``workload``, ``harness``, or
    ``processes:ROLE`` for a sum over the instance's host processes of one role.
    ``at_s`` counts from the trial's request.
    """

    metric: str
    value: float
    unit: str
    vantage: str
    better: Better
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Everything one trial left behind; one line of the journal."""

    trial: Trial
    outcome: Outcome
    emulated: bool
    samples: tuple[Sample, ...]
    seen: Mapping[str, str]
    """What the instance reported from inside about the envelope it got."""
    tail: tuple[str, ...]
    """Last console lines, for a trial that did not end ok."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A mark on an isolation's timeline and what has happened when it is set."""

    mark: str
    label: str


def _fill(word: str, parameters: Mapping[str, Scalar]) -> str:
    for name, value in parameters.items():
        word = word.replace("{" + name + "}", str(value))
    return word


def short_digest(*parts: bytes) -> str:
    """Return the first 12 hex digits of the SHA-256 over length-prefixed parts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()[:12]
