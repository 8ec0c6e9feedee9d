"""Scripted runs of one machine over months, by the store's own writers. FIXTURE: nothing here was measured."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.host.machine import Host
from bench.model import Cell, Envelope, Kind, Measurement, Outcome, Sample, Scenario, Trial
from bench.store.journal import Journal
from bench.store.manifest import Harness, Manifest, RunImage, RunIsolation, RunMetric, RunScenario, write
from tests.records import NONCE, scenario

BEGAN = datetime(2026, 1, 5, 3, tzinfo=UTC)
HOST = Host(
    name="fir", cpu_model="Scripted CPU 9000", cpus=2, memory_bytes=23 << 30, os="Debian 12", kernel="6.1.0-18",
    architecture="x86_64", cgroup="v2",
)  # fmt: skip
SPREAD = 0.01

Levels = Mapping[str, float]
Change = Callable[[Manifest], Manifest]


def write_history(
    results: Path,
    runs: int,
    *,
    factors: Callable[[int], Levels] = lambda _run: {},
    changed: Callable[[int], Change] = lambda _run: lambda manifest: manifest,
    metrics: Sequence[str] = ("events_per_s", "latency"),
    isolations: Sequence[str] = ("bare", "docker"),
    rounds: int = 3,
    seed: int = 1,
) -> list[Path]:
    """Write so many daily runs and return their folders.

    ``factors`` says by what a metric, as ``METRIC on ISOLATION``, is multiplied in the run of this number, ``changed``
    how its manifest differs. Figures scatter by 1 % from run to run, and as much from round to round.
    """
    return [
        _write(
            results,
            number,
            factors(number),
            changed(number),
            metrics,
            isolations,
            rounds,
            random.Random(f"{seed}-{number}"),
        )
        for number in range(runs)
    ]


def kernel(release: str) -> Change:
    """Return what makes a run one on another kernel."""
    return lambda manifest: replace(manifest, host=replace(manifest.host, kernel=release))


def engine(version: str) -> Change:
    """Return what makes a run one with another Docker engine."""
    return lambda manifest: replace(
        manifest, isolations={**manifest.isolations, "docker": RunIsolation(ready=True, versions={"engine": version})}
    )


def _write(
    results: Path,
    number: int,
    factors: Levels,
    changed: Change,
    metrics: Sequence[str],
    isolations: Sequence[str],
    rounds: int,
    chance: random.Random,
) -> Path:
    began = BEGAN + timedelta(days=number)
    run = f"{began:%Y%m%d-%H%M}-fir"
    folder = results / run
    folder.mkdir(parents=True)
    declared = scenario("work", name="work", rounds=rounds)
    write(changed(_manifest(run, began, declared, metrics, isolations, rounds)), folder)
    base = {
        (metric, isolation): chance.lognormvariate(0, SPREAD) * factors.get(f"{metric} on {isolation}", 1.0)
        for metric in ("timeline.ready", *metrics)
        for isolation in isolations
    }
    with Journal(folder) as journal:
        for turn in range(1, rounds + 1):
            for place, isolation in enumerate(isolations):
                trial = Trial(
                    number=(turn - 1) * len(isolations) + place + 1,
                    round=turn,
                    cell=Cell(scenario=declared, parameters={}, isolation=isolation),
                    nonce=NONCE,
                )
                samples = _samples(base, isolation, chance)
                measurement = Measurement(
                    trial=trial, outcome=Outcome(kind=Kind.OK), emulated=False, samples=samples, seen={}, tail=()
                )
                journal.append(measurement, b"", started_at=began)
    return folder


def _samples(base: Mapping[tuple[str, str], float], isolation: str, chance: random.Random) -> tuple[Sample, ...]:
    found = []
    for (metric, of), level in base.items():
        if of == isolation:
            mark = metric.startswith("timeline.")
            rate = metric.endswith("_per_s")
            found.append(
                Sample(
                    metric=metric,
                    value=(0.1 if mark else 800.0 if rate else 0.02) * level * chance.lognormvariate(0, SPREAD),
                    unit="1/s" if rate else "s",
                    vantage="host" if mark else "workload",
                    better="higher" if rate else "lower",
                    at_s=1.0,
                )
            )
    return tuple(found)


def _manifest(
    run: str, began: datetime, declared: Scenario, metrics: Sequence[str], isolations: Sequence[str], rounds: int
) -> Manifest:
    return Manifest(
        run=run,
        started_at=began.isoformat(timespec="seconds"),
        finished_at=(began + timedelta(minutes=4)).isoformat(timespec="seconds"),
        bench_version="0.1.0",
        seed=began.toordinal(),
        host=HOST,
        harness=Harness(python="3.11.7"),
        rounds={declared.name: rounds},
        planned=rounds * len(isolations),
        isolations={name: RunIsolation(ready=True, versions={"engine": "28.0"}) for name in isolations},
        scenarios={declared.name: _scenario(declared, metrics)},
        images={declared.image: RunImage(digest="sha256:" + "5f0c" * 16)},
    )


def _scenario(declared: Scenario, metrics: Sequence[str]) -> RunScenario:
    return RunScenario(
        title="Work",
        question="How fast does it work?",
        version=declared.version,
        image=declared.image,
        command=declared.command,
        rounds=declared.rounds,
        envelope=Envelope(cpus=1, cpu_set=(1,), memory_bytes=512 << 20, pids=256, network="none"),
        metrics=tuple(
            RunMetric(
                name=name,
                unit="1/s" if name.endswith("_per_s") else "s",
                better="higher" if name.endswith("_per_s") else "lower",
            )
            for name in metrics
        ),
    )
