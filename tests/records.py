"""Small records to test with; each function fills in what a test does not care about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.isolations.base import Launch
from bench.model import Cell, Envelope, Image, Metric, Network, Sample, Scalar, Scenario, Trial, Window

MIB = 1 << 20
NONCE = "0123456789abcdef"


def envelope(
    *,
    cpus: int = 1,
    cpu_set: tuple[int, ...] = (),
    memory_bytes: int = 128 * MIB,
    pids: int = 64,
    network: Network = "none",
) -> Envelope:
    return Envelope(cpus=cpus, cpu_set=cpu_set, memory_bytes=memory_bytes, pids=pids, network=network)


def scenario(
    *command: str,
    name: str = "speak",
    rounds: int = 5,
    parameters: Mapping[str, tuple[Scalar, ...]] | None = None,
    ready: str | None = None,
    settle_s: float | None = None,
    timeout_s: float = 60.0,
    start_timeout_s: float = 60.0,
    metrics: Sequence[Metric] = (),
    window: Window | None = None,
) -> Scenario:
    return Scenario(
        name=name,
        title=name.title(),
        question="Does it speak?",
        version="0123456789ab",
        image="base",
        command=command or ("say", "hello"),
        envelope=envelope(),
        rounds=rounds,
        parameters=parameters or {},
        ready=ready,
        settle_s=settle_s,
        timeout_s=timeout_s,
        start_timeout_s=start_timeout_s,
        metrics=tuple(metrics),
        window=window,
    )


def trial(of: Scenario | None = None, *, number: int = 1, isolation: str = "fake") -> Trial:
    cell = Cell(scenario=of or scenario(), parameters={}, isolation=isolation)
    return Trial(number=number, round=1, cell=cell, nonce=NONCE)


def image(folder: Path) -> Image:
    """Return an image that is nothing but a lock: enough for the fake, and for a manifest."""
    digest = "sha256:" + "5f" * 32
    made = Image(name="base", digest=digest, folder=folder, suite="bookworm", disk_bytes=1 << 30)
    made.lock.write_text(json.dumps({"suite": "bookworm", "digest": digest, "packages": [{"name": "dash"}]}))
    return made


def launch(*command: str, folder: Path, ready: str | None = None, number: int = 1) -> Launch:
    of = scenario(*command, ready=ready)
    patterns = {"ready": ready} if ready else {}
    return Launch(
        trial=trial(of, number=number),
        image=image(folder),
        envelope=envelope(cpu_set=(1,)),
        command=of.command,
        patterns=patterns,
    )


def metric(name: str = "rate", *, pattern: str | None = None, path: str | None = None) -> Metric:
    return Metric(name=name, unit="1/s", better="higher", pattern=pattern, json=path)


def by_metric(samples: Sequence[Sample]) -> dict[tuple[str, str], float]:
    """Return values by metric and vantage; a pair that comes twice is an error."""
    found = {(sample.metric, sample.vantage): sample.value for sample in samples}
    assert len(found) == len(samples)
    return found
