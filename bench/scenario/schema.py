"""What a scenario file and a recipe file may say, table by table.

The only modules that know pydantic are this one, ``values`` and ``document``. They are imported only while a
file is read, so that ``python -m bench --help`` does not pay for it.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from bench.model import DEFAULT_PIDS, Better, Network, Part, Provenance, StorageKind, Where
from bench.scenario.values import (
    AnyMetricName,
    FilledText,
    Finite,
    HttpPath,
    InsidePath,
    JsonPath,
    LineRegex,
    LineWord,
    MetricName,
    Mode,
    Name,
    NumberRegex,
    PackageName,
    ParameterName,
    Rounds,
    Seconds,
    Value,
    ValueList,
    Word,
)


class TomlTable(BaseModel):
    """A table of the file: strict about types, and about keys it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FileTable(TomlTable):
    """``[[files]]``: a file that goes into the image."""

    path: InsidePath
    source: FilledText
    mode: Mode = "0644"


class ImageTable(TomlTable):
    """``image = { from = "..." }``: somebody's OCI image instead of a recipe."""

    source: Annotated[FilledText, Field(alias="from")]


def _image_kind(value: object) -> str:
    return "[table]" if isinstance(value, dict | ImageTable) else "[name]"


ImageChoice = Annotated[
    Annotated[Name, Tag("[name]")] | Annotated[ImageTable, Tag("[table]")], Discriminator(_image_kind)
]
"""A recipe's name, or a table; which of the two is never part of a message."""


class EnvelopeTable(TomlTable):
    """``[envelope]``: what every instance gets, in every isolation."""

    cpus: Annotated[int, Field(ge=1, le=4096)]
    memory_mib: Annotated[int, Field(ge=64, le=1 << 24)]
    pids: Annotated[int, Field(ge=16, le=1 << 22)] = DEFAULT_PIDS
    network: Network = "none"
    write_mib_per_s: Annotated[int | None, Field(ge=1, le=1 << 20)] = None
    read_mib_per_s: Annotated[int | None, Field(ge=1, le=1 << 20)] = None
    write_operations_per_s: Annotated[int | None, Field(ge=10, le=1 << 30)] = None
    read_operations_per_s: Annotated[int | None, Field(ge=10, le=1 << 30)] = None


class StorageTable(TomlTable):
    """``[storage]``: where the workload keeps its data."""

    path: InsidePath
    kind: StorageKind = "layer"
    size_mib: Annotated[int, Field(ge=16, le=1 << 20)] = 512


class ArmTable(TomlTable):
    """``[[arms]]``: a named way to run the same scenario."""

    name: FilledText
    network: Network | None = None
    storage: StorageKind | None = None
    client: Where | None = None


class TcpTable(TomlTable):
    """``ready.tcp``: what is sent to the service's port, and what its answer must hold."""

    send: str = ""
    expect: LineRegex


class ReadyTable(TomlTable):
    """``[ready]``: the console line that means ready, or the service's own first answer."""

    pattern: LineRegex | None = None
    tcp: TcpTable | None = None
    http: HttpPath | None = None


class ClientTable(TomlTable):
    """``[client]``: what runs once for every step."""

    command: Annotated[list[LineWord], Field(min_length=1)]
    where: Where = "inside"


class SetupTable(TomlTable):
    """``[setup]``: commands that run once before the first step, where the client runs."""

    commands: Annotated[list[Annotated[list[LineWord], Field(min_length=1)]], Field(min_length=1)]


class OutputTable(TomlTable):
    """``[output]``: what a believable output holds, and what it does not."""

    expect: list[LineRegex] = []
    forbid: list[LineRegex] = []


class RungTable(TomlTable):
    """``[[rungs]]``: one rung of a launch ladder."""

    isolation: FilledText
    over: FilledText | None = None
    adds: FilledText
    part: Part


class DensityTable(TomlTable):
    """``[density]``: how many idle instances to start, and what the host keeps."""

    most: Annotated[int, Field(ge=2, le=1000)]
    floor_mib: Annotated[int, Field(ge=64, le=1 << 24)] = 2048


class NeighbourTable(TomlTable):
    """``[neighbour]``: what runs in another instance beside the victim."""

    command: Annotated[list[LineWord], Field(min_length=1)]
    ready: LineRegex
    work: NumberRegex


class RestoreTable(TomlTable):
    """``[restore]``: the service is brought to life by each of the ways, and asked."""

    ask: Annotated[list[Word], Field(min_length=1)]
    hold: list[Word] = []


class FloorTable(TomlTable):
    """What the host keeps while many are asked for."""

    floor_mib: Annotated[int, Field(ge=64, le=1 << 24)] = 2048
    floor_tasks: Annotated[int, Field(ge=64, le=1 << 22)] = 1024


class BurstTable(FloorTable):
    """``[burst]``: how many instances to ask for at the same moment."""

    at_once: Annotated[list[Annotated[int, Field(ge=1, le=1000)]], Field(min_length=1)]


class RateTable(FloorTable):
    """``[rate]``: how many starts at each fixed rate, and when one is too late."""

    starts: Annotated[int, Field(ge=2, le=1000)] = 32
    late: Annotated[Finite, Field(gt=1)] = 3.0


class EnteringTable(TomlTable):
    """``[entering]``: a command that is run again and again in an instance that runs already."""

    command: Annotated[list[Word], Field(min_length=1)]
    times: Annotated[int, Field(ge=1, le=10_000)] = 100


class TimeTable(TomlTable):
    """``[time]``: about how long a run takes on the authors' machine, with the image cached."""

    full_s: Seconds | None = None
    quick_s: Seconds | None = None


class WindowTable(TomlTable):
    """``[window]``: the workload's own measuring window."""

    begin: LineRegex
    finish: LineRegex
    seconds: NumberRegex


class MetricTable(TomlTable):
    """``[[metrics]]``: a number the workload reports."""

    name: MetricName
    unit: FilledText
    better: Better
    pattern: NumberRegex | None = None
    json_path: Annotated[JsonPath | None, Field(alias="json")] = None
    series: NumberRegex | None = None
    least: Finite | None = None
    most: Finite | None = None
    negative: bool = False
    optional: bool = False


class ClaimTable(TomlTable):
    """``[[claims]]``: what people say, where, and what the data would have to show."""

    says: FilledText
    source: FilledText
    provenance: Provenance = "M"
    published: Word = ""
    metric: AnyMetricName | None = None
    vantage: FilledText = "workload"
    of: FilledText | None = None
    against: FilledText | None = None
    at_least: Finite | None = None
    at_most: Finite | None = None
    margin: Annotated[Finite | None, Field(gt=0, lt=1)] = None
    where: dict[ParameterName, ValueList] = {}
    against_where: dict[ParameterName, Value] = {}
    hardware_virtualization: bool = False
    emulation: bool = False
    untested: FilledText | None = None


class QuickTable(TomlTable):
    """``[quick]``: what ``--quick`` changes."""

    rounds: Rounds | None = None
    parameters: dict[ParameterName, ValueList] = {}
    settle_s: Seconds | None = None
    idle_s: Seconds | None = None
    timeout_s: Seconds | None = None
    arms: Annotated[list[FilledText], Field(min_length=1)] | None = None
    steps: dict[ParameterName, ValueList] = {}
    most: Annotated[int, Field(ge=1, le=1000)] | None = None


class ScenarioFile(TomlTable):
    """A scenario file as a whole."""

    title: FilledText
    question: FilledText
    image: ImageChoice
    command: list[Word] = []
    envelope: EnvelopeTable
    storage: StorageTable | None = None
    arms: list[ArmTable] = []
    client: ClientTable | None = None
    setup: SetupTable | None = None
    steps: dict[ParameterName, ValueList] = {}
    density: DensityTable | None = None
    neighbour: NeighbourTable | None = None
    burst: BurstTable | None = None
    rate: RateTable | None = None
    entering: EnteringTable | None = None
    rungs: list[RungTable] = []
    provision: bool = False
    restore: RestoreTable | None = None
    surface: bool = False
    outgrows_memory: bool = False
    untimed: dict[ParameterName, ValueList] = {}
    files: list[FileTable] = []
    parameters: dict[ParameterName, ValueList] = {}
    rounds: Rounds = 5
    timeout_s: Seconds = 60.0
    start_timeout_s: Seconds = 60.0
    ready: ReadyTable | None = None
    settle_s: Seconds | None = None
    idle_s: Seconds | None = None
    window: WindowTable | None = None
    metrics: list[MetricTable] = []
    output: OutputTable = OutputTable()
    claims: list[ClaimTable] = []
    quick: QuickTable = QuickTable()
    time: TimeTable = TimeTable()


class RecipeFile(TomlTable):
    """An image recipe as a whole."""

    suite: Name | None = None
    source: Annotated[FilledText | None, Field(alias="from")] = None
    packages: list[PackageName] = []
    files: list[FileTable] = []
    disk_mib: Annotated[int | None, Field(ge=64, le=1 << 20)] = None
