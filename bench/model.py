"""The records that travel from a scenario file to a report. Standard library only.

All are frozen. Quantities carry their unit in their name: ``_s`` seconds, ``_ns`` nanoseconds on the host's
monotonic clock, ``_bytes`` bytes. What is collected is raw; nothing here is rounded, subtracted or clamped.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from bench.recipe import Image as Image  # noqa: PLC0414 - by the alias they count as this module's own
from bench.recipe import ImageFile as ImageFile  # noqa: PLC0414
from bench.recipe import ImageSource as ImageSource  # noqa: PLC0414
from bench.recipe import Recipe as Recipe  # noqa: PLC0414

BASELINE = "bare"
"""The isolation that the others are held against."""
TWIN = "bare:twin"
"""The baseline once more: what differs between the two is chance."""
Scalar = str | int | float | bool
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
Better = Literal["higher", "lower"]
Network = Literal["none", "host", "published"]
"""``none``: loopback inside only. ``host``: the host's own stack. ``published``: one port of the instance can be
reached from the host, the way the isolation usually does it."""
StorageKind = Literal["layer", "volume", "tmpfs"]
"""``layer``: the image's own copy-on-write layer. ``volume``: storage of the host beside it. ``tmpfs``: memory."""
Where = Literal["inside", "host"]
"""Where a client runs: in the instance beside the service, or on the host, from the same image's tree."""
Part = Literal["kernel", "runtime", "daemon", "client", "machine"]
"""Whose work a rung of a launch ladder adds."""
Provenance = Literal["P", "P*", "S", "M", "T"]
"""How far a published figure was followed: P primary source read, P* recomputed from its authors' raw data,
S a third party's notes of it, M recalled, T said by many, measured by nobody named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What every instance of a comparison gets, in every isolation."""

    cpus: int
    memory_bytes: int
    pids: int
    network: Network = "none"
    write_bytes_per_s: int | None = None
    """Most that the instance may write to a disk; None: as much as it can."""
    cpu_set: tuple[int, ...] = ()
    """Host CPUs the instance may use; empty until a run has placed it on this host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number a workload reports about itself, and how to find it in the output.

    Exactly one of ``pattern`` (a regular expression with one group, searched line by line) and ``json`` (a
    dotted path into the one JSON document of the output) is set. A pattern that matches several lines gives
    the last match. ``series`` is the pattern (one group) of lines that give the same figure while the workload runs. A
    value that is not above ``least``, or is above ``most``, is no result but a fault of the
    workload; None: no such bound.
    """

    name: str
    unit: str
    better: Better
    pattern: str | None = None
    json: str | None = None
    series: str | None = None
    least: float | None = None
    most: float | None = None


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
class Output:
    """What a workload's output must look like to be believed, as patterns of lines."""

    expect: tuple[str, ...] = ()
    """Each must match some line."""
    forbid: tuple[str, ...] = ()
    """None may match any line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What people say, where they said it, and what our data would have to show.

    The ratio of ``of`` to ``against`` in ``metric`` (or, without ``against``, the value of ``of`` itself) lies
    between ``at_least`` and ``at_most``, both included; an open end is None. A claim without a metric cannot be
    judged, and ``untested`` says why.
    """

    says: str
    source: str
    provenance: Provenance = "M"
    published: str = ""
    """The published figure, as it is printed beside ours."""
    metric: str | None = None
    vantage: str = "workload"
    of: str = ""
    against: str = ""
    at_least: float | None = None
    at_most: float | None = None
    where: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    """Only for parameters that have one of these values; each combination is judged by itself."""
    against_where: Mapping[str, Scalar] = field(default_factory=dict)
    """Where ``against`` is not measured with the same parameters as ``of``: those that differ."""
    hardware_virtualization: bool = False
    """Whether it speaks of hardware virtualization, so that an emulated machine says nothing about it."""
    emulation: bool = False
    """Whether it speaks of emulation, so that a machine with hardware virtualization says nothing about it."""
    untested: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Where a workload keeps its data: a folder inside, of which kind, and how large it may become."""

    path: str
    kind: StorageKind
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How the host asks a service whether it is there: what it sends, and what the first answer begins with."""

    send: bytes
    expect: str
    """Pattern searched in the bytes that came back."""
    says: str
    """For a person: ``HTTP GET /``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What asks a service, or works in an empty instance, once for every step."""

    command: tuple[str, ...]
    where: Where = "inside"
    setup: tuple[tuple[str, ...], ...] = ()
    """Commands that run once, before the first step, in the same place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """A named way to run the same scenario; a key that is None is as the scenario says."""

    name: str
    network: Network | None = None
    storage: StorageKind | None = None
    client: Where | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """How many idle instances to start beside each other, and what the host must keep for itself."""

    most: int
    floor_bytes: int
    """No further instance is started while the host has less available than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One rung of a launch ladder: an isolation that starts what the rung below it starts, and something more."""

    isolation: str
    over: str
    """The isolation of the rung it stands on; empty for the first."""
    adds: str
    """What it adds, for a person."""
    part: Part


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
    """With a client: a service that stays until it is stopped, or nothing at all. None given: what an imported image
    runs by itself."""
    envelope: Envelope
    files: tuple[ImageFile, ...] = ()
    parameters: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    """A fresh instance for every combination."""
    arms: tuple[Arm, ...] = ()
    storage: Storage | None = None
    client: Client | None = None
    steps: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    """The client's own parameters: every combination is measured in the same instance, one after another."""
    rounds: int = 5
    timeout_s: float = 60.0
    """Longest time from ready, or from the reading of idle memory, to the workload's end."""
    start_timeout_s: float = 60.0
    """Longest time from the request to ready."""
    ready: str | None = None
    """Pattern of the console line that means ready; None: ready at the start mark."""
    answer: Answer | None = None
    """Where the host can reach the service: its first answer means ready, whatever the console says."""
    settle_s: float | None = None
    """Idle memory is read this long after ready; None: not read."""
    window: Window | None = None
    metrics: tuple[Metric, ...] = ()
    output: Output = Output()
    claims: tuple[Claim, ...] = ()
    density: Density | None = None
    """Set: the scenario asks how many instances fit; there is no client then."""
    rungs: tuple[Rung, ...] = ()
    """A launch ladder, each rung after the one it stands on; the scenario is then about these isolations alone."""
    provision: bool = False
    """Whether the scenario asks what it costs to make its image ready, and to share it (``bench.provision``)."""
    outgrows_memory: bool = False
    """Whether a process of the workload is meant to be killed for memory, so that such an end is no fault."""
    recipe: Recipe | None = None
    """The recipe of its image where the scenario brings that itself; None: there is a file of that name."""
    took_s: float | None = None
    """About how long a run of it takes on the authors' machine, image cached; None: not known."""


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
        return filled(self.scenario.command, self.parameters)

    @property
    def arm(self) -> Arm:
        """The arm that the parameter ``arm`` names; one that changes nothing where the scenario has none."""
        found = (arm for arm in self.scenario.arms if arm.name == self.parameters.get("arm"))
        return next(found, Arm(name=""))

    @property
    def envelope(self) -> Envelope:
        """The scenario's envelope as this arm changes it."""
        network = self.arm.network
        return replace(self.scenario.envelope, network=network) if network else self.scenario.envelope

    @property
    def storage(self) -> Storage | None:
        """The scenario's storage as this arm changes it."""
        kind = self.arm.storage
        storage = self.scenario.storage
        return replace(storage, kind=kind) if storage and kind else storage

    @property
    def client_where(self) -> Where:
        """Where this arm's client runs."""
        client = self.scenario.client
        return self.arm.client or (client.where if client else "inside")


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
    ``at_s`` counts from the trial's request. ``step`` holds the parameters of the step it belongs to, none for
    a sample of the instance as a whole.
    """

    metric: str
    value: float
    unit: str
    vantage: str
    better: Better
    at_s: float
    step: Mapping[str, Scalar] = field(default_factory=dict)


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


def filled(command: Sequence[str], values: Mapping[str, Scalar]) -> tuple[str, ...]:
    """Return a command with every ``{name}`` replaced by its value; what a value brings is not looked at again."""
    return tuple(_PLACEHOLDER.sub(lambda match: str(values.get(match[1], match[0])), word) for word in command)


def combinations(parameters: Mapping[str, Sequence[Scalar]]) -> list[dict[str, Scalar]]:
    """Return the Cartesian product of the parameters' values; one empty combination when there are none."""
    names = list(parameters)
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*parameters.values())]


def short_digest(*parts: bytes) -> str:
    """Return the first 12 hex digits of the SHA-256 over length-prefixed parts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()[:12]
