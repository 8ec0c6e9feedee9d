"""How tests start an instance: in an envelope of their own, each as a trial of its own, where the isolation works."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import NoReturn

import pytest

from bench.host import patience
from bench.host.cpus import instance_cpus
from bench.host.run_state import run_folder
from bench.isolations.base import Availability, Instance, Isolation, Launch, Route
from bench.isolations.console import LIMIT_BYTES
from bench.isolations.probe import check
from bench.model import Cell, Envelope, Image, Network, Scenario, Storage, Trial

START_S = patience.limit_s(90.0)
LEAVE_S = patience.limit_s(30.0)

_numbers = count(1)


def envelope() -> Envelope:
    """The envelope all contract tests use."""
    return Envelope(cpus=1, memory_bytes=256 << 20, pids=128, cpu_set=instance_cpus(1))


def launch_of(isolation: Isolation, image: Image, command: Sequence[str], network: Network = "none") -> Launch:
    """Return what launches a command as a trial of its own, in the envelope as the isolation changes it."""
    scenario = Scenario(
        name="contract",
        title="Contract",
        question="Is it kept?",
        version="0",
        image=image.name,
        command=tuple(command),
        envelope=replace(envelope(), network=network),
    )
    cell = Cell(scenario=scenario, parameters={}, isolation=isolation.name)
    trial = Trial(number=next(_numbers), round=1, cell=cell, nonce=secrets.token_hex(8))
    wanted = isolation.altered(replace(envelope(), network=network))
    return Launch(trial=trial, image=image, envelope=wanted, command=tuple(command))


def start(
    isolation: Isolation,
    image: Image,
    command: Sequence[str],
    *,
    ready: str | None = None,
    console_limit_bytes: int = LIMIT_BYTES,
    stays: bool = False,
    answers: bool = False,
    storage: Storage | None = None,
    network: Network = "none",
    port: int = 0,
    pids: int = 128,
    memory_bytes: int | None = None,
) -> AbstractContextManager[Instance]:
    """Launch a command as a trial of its own."""
    launch = launch_of(isolation, image, command, network=network)
    limits = replace(launch.envelope, pids=pids, memory_bytes=memory_bytes or launch.envelope.memory_bytes)
    patterns = {"ready": ready} if ready else {}
    return isolation.launch(
        replace(
            launch,
            envelope=limits,
            stays=stays,
            answers=answers,
            storage=storage,
            port=port,
            patterns=patterns,
            console_limit_bytes=console_limit_bytes,
        )
    )


@cache
def tried(isolation: Isolation, image: Image) -> Availability:
    """Find out by one real start whether an isolation works here."""
    return check(isolation, image, lambda _line: None)


def checked(isolation: Isolation, image: Image) -> Isolation:
    """Return the isolation ready to launch; skip where the host cannot have it, or do as ``unavailable``."""
    fault = tried(isolation, image).fault
    if fault is not None:
        reason = f"{isolation.name}: {fault.reason}. {fault.remedy}"
        pytest.skip(reason) if fault.of_host else unavailable(reason)
    return isolation


def unavailable(reason: str) -> NoReturn:
    """Skip, saying why; fail in CI, where everything must run for real."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def reachable(isolation: Isolation) -> tuple[Network, Route]:
    """Return the first network mode in which the host reaches a service; loopback inside where there is none."""
    networks: tuple[Network, ...] = ("published", "host", "none")
    found = (
        (network, isolation.route(isolation.altered(replace(envelope(), network=network)).network))
        for network in networks
    )
    return next((network, route) for network, route in found if route is not None)


def holding(word: str, run: str) -> list[Path]:
    """Return what holds a word on the host's side: processes' words, variables and groups, and files of the run."""
    names = ("cmdline", "environ", "cgroup")
    files = [file for name in names for file in Path("/proc").glob(f"[0-9]*/{name}")]
    files += [file for file in run_folder(run).rglob("*") if file.is_file()]
    return [file for file in files if word in str(file) or word.encode() in _content(file)]


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # the process has ended
        return b""
