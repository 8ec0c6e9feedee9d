"""What a scenario asks, as its file says it; ``bench.model`` offers these records as its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bench.model.parameters import Scalar
from bench.model.recipe import ImageFile, Recipe

Better = Literal["higher", "lower"]
Network = Literal["none", "host", "published"]
"""``none``: loopback inside only. ``host``: the host's own stack. ``published``: one port of the instance can be
reached from the host, the way the isolation usually does it."""
StorageKind = Literal["layer", "volume", "tmpfs"]
"""``layer``: the image's own copy-on-write layer. ``volume``: storage of the host beside it. ``tmpfs``: memory."""
DiskRate = Literal["write_bytes", "read_bytes", "write_operations", "read_operations"]
Where = Literal["inside", "host"]
"""Where a client runs: in the instance beside the service, or on the host, from the same image's tree."""
Virtualization = Literal["", "hardware", "software", "emulation"]
"""By what a machine's processor comes about: KVM on hardware that has it, KVM without (page-table virtual machines),
QEMU's translation. Empty: it is no machine, or nobody told."""
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
    read_bytes_per_s: int | None = None
    write_operations_per_s: int | None = None
    read_operations_per_s: int | None = None
    """The same of what it reads, and of how often it asks a disk."""
    cpu_set: tuple[int, ...] = ()
    """Host CPUs the instance may use; empty until a run has placed it on this host."""

    @property
    def disk_rates(self) -> Mapping[DiskRate, int]:
        """The limits of a disk that are set, per second."""
        rates: Mapping[DiskRate, int | None] = {
            "write_bytes": self.write_bytes_per_s,
            "read_bytes": self.read_bytes_per_s,
            "write_operations": self.write_operations_per_s,
            "read_operations": self.read_operations_per_s,
        }
        return {name: rate for name, rate in rates.items() if rate is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number a workload reports about itself, and how to find it in the output.

    Exactly one of ``pattern`` (a regular expression with one group, searched line by line) and ``json`` (the way to a
    number in a JSON document of the output) is set. The last match counts, and the last document that has the number.
    ``series`` is the pattern (one group) of lines that give the same figure while the workload runs. A value that is
    not above ``least``, is above ``most``, or is below zero without being ``negative``, is no result but a fault of the
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
    negative: bool = False
    optional: bool = False
    """Whether an output may lack it: not every step has one."""


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
    """Whether it speaks of hardware virtualization, so that a machine without says nothing about it."""
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
    """Commands that run before the first step, in the same place: once, or once for each value of a step they name."""


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
class Neighbour:
    """What runs in another instance beside the victim, while the client works in that: a service until it is stopped.

    Which, and where, is asked for by the parameters ``antagonist`` (``none`` among its values) and ``place``.
    """

    command: tuple[str, ...]
    ready: str
    """Pattern of the line that it says once it works."""
    work: str
    """Pattern (one group) of the line that tells its throughput when it stops."""


ANTAGONIST, NOBODY = "antagonist", "none"
PLACE, SAME_CPU, OTHER_CPU = "place", "same CPU", "another CPU"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """How a service that is brought to life is asked inside, in words; ``port`` and ``requests`` are filled in."""

    ask: tuple[str, ...]
    hold: tuple[str, ...] = ()
    """Tells what it holds, and keeps a connection open, ``when`` it is before or after; empty: nobody looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """How many instances to ask for at the same moment, burst after burst, and what the host must keep for itself."""

    at_once: tuple[int, ...]
    """Numbers of instances, growing: a burst of each, all gone before the next."""
    floor_bytes: int
    """No burst is tried that would leave the host less memory than this, by what the one before it took."""
    floor_tasks: int
    """The same of processes and threads that may still be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many starts to ask for at each fixed rate, when one is too late, and what the host must keep for itself."""

    starts: int
    late: float
    """Times what one alone takes, after which a start is too late."""
    floor_bytes: int
    floor_tasks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """A command that is run, again and again, in an instance that runs already."""

    command: tuple[str, ...]
    times: int


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
    idle_s: float | None = None
    """How long, from then on, idle CPU time and wake-ups are watched; None: not at all."""
    window: Window | None = None
    metrics: tuple[Metric, ...] = ()
    output: Output = Output()
    claims: tuple[Claim, ...] = ()
    density: Density | None = None
    """Set: the scenario asks how many instances fit; there is no client then."""
    neighbour: Neighbour | None = None
    burst: Burst | None = None
    """Set: the scenario asks how long instances take that are asked for at once; there is no client then."""
    rate: Rate | None = None
    """Set: the scenario asks how many starts a second are kept up with; there is no client then."""
    entering: Entering | None = None
    """Set: the scenario asks what it takes to run a command in an instance that runs already."""
    rungs: tuple[Rung, ...] = ()
    """A launch ladder, each rung after the one it stands on; the scenario is then about these isolations alone."""
    provision: bool = False
    """Whether the scenario asks what it costs to make its image ready, and to share it (``measuring.provision``)."""
    restore: Restore | None = None
    """Set: the scenario asks how a service is brought to life, by each of its ways (``measuring.revival``)."""
    surface: bool = False
    """Whether it asks what an instance can reach (``measuring.surface``): its client's steps ask, or are traced."""
    outgrows_memory: bool = False
    """Whether the workload goes beyond its limits on purpose: that a process is killed for memory is then no fault, nor
    that the whole instance ends, where a metric tells what happened at a limit (unit ``at the limit``)."""
    untimed: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    """Values of parameters with which nothing is timed: what else the host does then spoils no trial."""
    recipe: Recipe | None = None
    """The recipe of its image where the scenario brings that itself; None: there is a file of that name."""
    took_s: float | None = None
    """About how long a run of it takes on the authors' machine, image cached; None: not known."""

    @property
    def stays(self) -> bool:
        """Whether an instance stays until it is dismissed: a service, or one of many that stand beside each other."""
        return bool(self.client or self.entering or self.restore or self.many)

    @property
    def many(self) -> bool:
        """Whether a trial of it is of many instances."""
        return bool(self.density or self.burst or self.rate)
