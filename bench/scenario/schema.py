"""What a scenario file and a recipe file may say, table by table.

The only modules that know pydantic are this one, ``values`` and ``document``. They are imported only while a
file is read, so that ``python -m bench --help`` does not pay for it.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from bench.model import Better, Network, Part, Provenance, Scalar, StorageKind, Where
from bench.scenario.values import (
    AnyMetricName,
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
    Text,
    Values,
    Word,
)


class Table(BaseModel):
    """A table of the file: strict about types, and about keys it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FileTable(Table):
    """``[[files]]``: a file that goes into the image."""

    path: InsidePath
    source: Text
    mode: Mode = "0644"


class ImageTable(Table):
    """``image = { from = "..." }``: somebody's OCI image instead of a recipe."""

    source: Annotated[Text, Field(alias="from")]


def _image_kind(value: object) -> str:
    return "[table]" if isinstance(value, dict | ImageTable) else "[name]"


ImageChoice = Annotated[
    Annotated[Name, Tag("[name]")] | Annotated[ImageTable, Tag("[table]")], Discriminator(_image_kind)
]
"""A recipe's name, or a table; which of the two is never part of a message."""


class EnvelopeTable(Table):
    """``[envelope]``: what every instance gets, in every isolation."""

    cpus: Annotated[int, Field(ge=1, le=4096)]
    memory_mib: Annotated[int, Field(ge=64, le=1 << 24)]
    pids: Annotated[int, Field(ge=16, le=1 << 22)] = 256
    network: Network = "none"
    write_mib_per_s: Annotated[int | None, Field(ge=1, le=1 << 20)] = None


class StorageTable(Table):
    """``[storage]``: where the workload keeps its data."""

    path: InsidePath
    kind: StorageKind = "layer"
    size_mib: Annotated[int, Field(ge=16, le=1 << 20)] = 512


class ArmTable(Table):
    """``[[arms]]``: a named way to run the same scenario."""

    name: Text
    network: Network | None = None
    storage: StorageKind | None = None
    client: Where | None = None


class TcpTable(Table):
    """``ready.tcp``: what is sent to the service's port, and what its answer must hold."""

    send: str = ""
    expect: LineRegex


class ReadyTable(Table):
    """``[ready]``: the console line that means ready, or the service's own first answer."""

    pattern: LineRegex | None = None
    tcp: TcpTable | None = None
    http: HttpPath | None = None


class ClientTable(Table):
    """``[client]``: what runs once for every step."""

    command: Annotated[list[LineWord], Field(min_length=1)]
    where: Where = "inside"


class SetupTable(Table):
    """``[setup]``: commands that run once before the first step, where the client runs."""

    commands: Annotated[list[Annotated[list[LineWord], Field(min_length=1)]], Field(min_length=1)]


class OutputTable(Table):
    """``[output]``: what a believable output holds, and what it does not."""

    expect: list[LineRegex] = []
    forbid: list[LineRegex] = []


class RungTable(Table):
    """``[[rungs]]``: one rung of a launch ladder."""

    isolation: Text
    over: Text | None = None
    adds: Text
    part: Part


class DensityTable(Table):
    """``[density]``: how many idle instances to start, and what the host keeps."""

    most: Annotated[int, Field(ge=2, le=1000)]
    floor_mib: Annotated[int, Field(ge=64, le=1 << 24)] = 2048


class TimeTable(Table):
    """``[time]``: about how long a run takes on the authors' machine, with the image cached."""

    full_s: Seconds | None = None
    quick_s: Seconds | None = None


class WindowTable(Table):
    """``[window]``: the workload's own measuring window."""

    begin: LineRegex
    finish: LineRegex
    seconds: NumberRegex


class MetricTable(Table):
    """``[[metrics]]``: a number the workload reports."""

    name: MetricName
    unit: Text
    better: Better
    pattern: NumberRegex | None = None
    json_path: Annotated[JsonPath | None, Field(alias="json")] = None
    series: NumberRegex | None = None
    least: Finite | None = None
    most: Finite | None = None


class ClaimTable(Table):
    """``[[claims]]``: what people say, where, and what the data would have to show."""

    says: Text
    source: Text
    provenance: Provenance = "M"
    published: str = ""
    metric: AnyMetricName | None = None
    vantage: Text = "workload"
    of: Text | None = None
    against: Text | None = None
    at_least: Finite | None = None
    at_most: Finite | None = None
    margin: Annotated[float | None, Field(gt=0, lt=1)] = None
    where: dict[ParameterName, Values] = {}
    against_where: dict[ParameterName, Scalar] = {}
    hardware_virtualization: bool = False
    emulation: bool = False
    untested: Text | None = None


class QuickTable(Table):
    """``[quick]``: what ``--quick`` changes."""

    rounds: Rounds | None = None
    parameters: dict[ParameterName, Values] = {}
    settle_s: Seconds | None = None
    timeout_s: Seconds | None = None
    arms: Annotated[list[Text], Field(min_length=1)] | None = None
    steps: dict[ParameterName, Values] = {}
    most: Annotated[int, Field(ge=2, le=1000)] | None = None


class ScenarioFile(Table):
    """A scenario file as a whole."""

    title: Text
    question: Text
    image: ImageChoice
    command: list[Word] = []
    envelope: EnvelopeTable
    storage: StorageTable | None = None
    arms: list[ArmTable] = []
    client: ClientTable | None = None
    setup: SetupTable | None = None
    steps: dict[ParameterName, Values] = {}
    density: DensityTable | None = None
    rungs: list[RungTable] = []
    provision: bool = False
    outgrows_memory: bool = False
    files: list[FileTable] = []
    parameters: dict[ParameterName, Values] = {}
    rounds: Rounds = 5
    timeout_s: Seconds = 60.0
    start_timeout_s: Seconds = 60.0
    ready: ReadyTable | None = None
    settle_s: Seconds | None = None
    window: WindowTable | None = None
    metrics: list[MetricTable] = []
    output: OutputTable = OutputTable()
    claims: list[ClaimTable] = []
    quick: QuickTable = QuickTable()
    time: TimeTable = TimeTable()


class RecipeFile(Table):
    """An image recipe as a whole."""

    suite: Name | None = None
    source: Annotated[Text | None, Field(alias="from")] = None
    packages: list[PackageName] = []
    files: list[FileTable] = []
    disk_mib: Annotated[int | None, Field(ge=64, le=1 << 20)] = None
