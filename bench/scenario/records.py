"""From a checked scenario file to the records that travel on, ``[quick]`` applied where it is asked for."""

from __future__ import annotations

from bench.model import (
    Answer,
    Arm,
    Burst,
    Claim,
    Client,
    Density,
    Entering,
    Envelope,
    ImageFile,
    Metric,
    Neighbour,
    Output,
    Rate,
    Recipe,
    Restore,
    Rung,
    Scenario,
    Storage,
    Window,
)
from bench.scenario.schema import (
    BurstTable,
    ClaimTable,
    DensityTable,
    MetricTable,
    NeighbourTable,
    RateTable,
    ReadyTable,
    ScenarioFile,
    StorageTable,
    WindowTable,
)

_MIB = 1 << 20


def scenario_record(
    name: str, version: str, file: ScenarioFile, files: tuple[ImageFile, ...], image: str | Recipe, *, quick: bool
) -> Scenario:
    """Return a scenario file as a record; ``image`` is the name of a recipe, or one that the scenario brings."""
    took_s = file.time.quick_s if quick else file.time.full_s
    if quick:
        file = _quickened(file)
    return Scenario(
        name=name,
        title=file.title,
        question=file.question,
        version=version,
        image=image if isinstance(image, str) else image.name,
        recipe=image if isinstance(image, Recipe) else None,
        command=tuple(file.command),
        envelope=Envelope(
            cpus=file.envelope.cpus,
            memory_bytes=file.envelope.memory_mib * _MIB,
            pids=file.envelope.pids,
            network=file.envelope.network,
            write_bytes_per_s=file.envelope.write_mib_per_s * _MIB if file.envelope.write_mib_per_s else None,
            read_bytes_per_s=file.envelope.read_mib_per_s * _MIB if file.envelope.read_mib_per_s else None,
            write_operations_per_s=file.envelope.write_operations_per_s,
            read_operations_per_s=file.envelope.read_operations_per_s,
        ),
        files=files,
        parameters=file.parameters,
        arms=tuple(Arm(**arm.model_dump()) for arm in file.arms),
        storage=_storage(file.storage),
        client=_client(file),
        steps=file.steps,
        rounds=file.rounds,
        timeout_s=file.timeout_s,
        start_timeout_s=file.start_timeout_s,
        ready=file.ready.pattern if file.ready else None,
        answer=_answer(file.ready) if file.ready else None,
        settle_s=file.settle_s,
        idle_s=file.idle_s,
        window=_window(file.window),
        metrics=tuple(map(_metric, file.metrics)),
        output=Output(expect=tuple(file.output.expect), forbid=tuple(file.output.forbid)),
        claims=tuple(map(_claim, file.claims)),
        density=_density(file.density),
        neighbour=_neighbour(file.neighbour),
        burst=_burst(file.burst),
        rate=_rate(file.rate),
        entering=Entering(command=tuple(file.entering.command), times=file.entering.times) if file.entering else None,
        rungs=tuple(
            Rung(isolation=rung.isolation, over=rung.over or "", adds=rung.adds, part=rung.part) for rung in file.rungs
        ),
        provision=file.provision,
        restore=Restore(ask=tuple(file.restore.ask), hold=tuple(file.restore.hold)) if file.restore else None,
        surface=file.surface,
        outgrows_memory=file.outgrows_memory,
        untimed={name: tuple(values) for name, values in file.untimed.items()},
        took_s=took_s,
    )


def _quickened(file: ScenarioFile) -> ScenarioFile:
    """Return the file as ``[quick]`` changes it."""
    quick = file.quick
    changes = quick.model_dump(include={"rounds", "settle_s", "idle_s", "timeout_s"}, exclude_none=True)
    changes["parameters"] = {**file.parameters, **quick.parameters}
    changes["steps"] = {**file.steps, **quick.steps}
    if quick.arms is not None:
        changes["arms"] = [arm for arm in file.arms if arm.name in quick.arms]
    if quick.most is not None and file.density is not None:
        changes["density"] = file.density.model_copy(update={"most": quick.most})
    if quick.most is not None and file.rate is not None:
        changes["rate"] = file.rate.model_copy(update={"starts": quick.most})
    if quick.most is not None and file.burst is not None:
        at_once = [count for count in file.burst.at_once if count <= quick.most]
        changes["burst"] = file.burst.model_copy(update={"at_once": at_once})
    return file.model_copy(update=changes)


def _storage(table: StorageTable | None) -> Storage | None:
    return Storage(path=table.path, kind=table.kind, size_bytes=table.size_mib * _MIB) if table else None


def _window(table: WindowTable | None) -> Window | None:
    return Window(begin=table.begin, finish=table.finish, seconds=table.seconds) if table else None


def _density(table: DensityTable | None) -> Density | None:
    return Density(most=table.most, floor_bytes=table.floor_mib * _MIB) if table else None


def _neighbour(table: NeighbourTable | None) -> Neighbour | None:
    return Neighbour(command=tuple(table.command), ready=table.ready, work=table.work) if table else None


def _burst(table: BurstTable | None) -> Burst | None:
    if table is None:
        return None
    return Burst(at_once=tuple(table.at_once), floor_bytes=table.floor_mib * _MIB, floor_tasks=table.floor_tasks)


def _rate(table: RateTable | None) -> Rate | None:
    if table is None:
        return None
    floor_bytes = table.floor_mib * _MIB
    return Rate(starts=table.starts, late=table.late, floor_bytes=floor_bytes, floor_tasks=table.floor_tasks)


def _client(file: ScenarioFile) -> Client | None:
    if file.client is None:
        return None
    setup = tuple(map(tuple, file.setup.commands)) if file.setup else ()
    return Client(command=tuple(file.client.command), where=file.client.where, setup=setup)


def _answer(ready: ReadyTable) -> Answer | None:
    if ready.http is not None:
        request = f"GET {ready.http} HTTP/1.0\r\nHost: localhost\r\n\r\n"
        return Answer(send=request.encode(), expect=r"^HTTP/1\.[01] 2", says=f"HTTP GET {ready.http}")
    if ready.tcp is not None:
        says = f"TCP answer that holds {ready.tcp.expect!r}"
        return Answer(send=ready.tcp.send.encode(), expect=ready.tcp.expect, says=says)
    return None


def _metric(table: MetricTable) -> Metric:
    """A rate, a size, a share of work done: what is better higher is never nought unless the file says so.

    Nothing is below zero unless the file says that it can be.
    """
    negative = table.negative or (table.least is not None and table.least < 0)
    least = 0.0 if table.least is None and table.better == "higher" and not negative else table.least
    return Metric(
        name=table.name,
        unit=table.unit,
        better=table.better,
        pattern=table.pattern,
        json=table.json_path,
        series=table.series,
        least=least,
        most=table.most,
        negative=negative,
        optional=table.optional,
    )


def _claim(table: ClaimTable) -> Claim:
    at_least, at_most = table.at_least, table.at_most
    if table.margin is not None:
        at_least, at_most = 1 / (1 + table.margin), 1 + table.margin
    return Claim(
        says=table.says,
        source=table.source,
        provenance=table.provenance,
        published=table.published,
        metric=table.metric,
        vantage=table.vantage,
        of=table.of or "",
        against=table.against or "",
        at_least=at_least,
        at_most=at_most,
        where=table.where,
        against_where=table.against_where,
        hardware_virtualization=table.hardware_virtualization,
        emulation=table.emulation,
        untested=table.untested or "",
    )
