"""What a scenario file and a recipe file may say, table by table.

The only modules that know pydantic are this one, ``values`` and ``document``. They are imported only while a
file is read, so that ``python -m bench --help`` does not pay for it.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bench.model import Better
from bench.scenario.values import (
    InsidePath,
    JsonPath,
    LineRegex,
    MetricName,
    Mode,
    Name,
    Network,
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


class EnvelopeTable(Table):
    """``[envelope]``: what every instance gets, in every isolation."""

    cpus: Annotated[int, Field(ge=1, le=4096)]
    memory_mib: Annotated[int, Field(ge=64, le=1 << 24)]
    pids: Annotated[int, Field(ge=16, le=1 << 22)] = 256
    network: Network = "none"


class ReadyTable(Table):
    """``[ready]``: the console line that means ready."""

    pattern: LineRegex


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


class ClaimTable(Table):
    """``[[claims]]``: what people say, and where."""

    says: Text
    source: Text


class QuickTable(Table):
    """``[quick]``: what ``--quick`` changes."""

    rounds: Rounds | None = None
    parameters: dict[ParameterName, Values] = {}
    settle_s: Seconds | None = None
    timeout_s: Seconds | None = None


class ScenarioFile(Table):
    """A scenario file as a whole."""

    title: Text
    question: Text
    image: Name
    command: Annotated[list[Word], Field(min_length=1)]
    envelope: EnvelopeTable
    files: list[FileTable] = []
    parameters: dict[ParameterName, Values] = {}
    rounds: Rounds = 5
    timeout_s: Seconds = 60.0
    start_timeout_s: Seconds = 60.0
    ready: ReadyTable | None = None
    settle_s: Seconds | None = None
    window: WindowTable | None = None
    metrics: list[MetricTable] = []
    claims: list[ClaimTable] = []
    quick: QuickTable = QuickTable()


class RecipeFile(Table):
    """An image recipe as a whole."""

    suite: Name
    packages: list[PackageName] = []
    files: list[FileTable] = []
    disk_mib: Annotated[int, Field(ge=64, le=1 << 20)] = 1024
