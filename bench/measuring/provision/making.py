"""One trial: a server is made ready, started, and compared with another making of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import monotonic_ns

from bench.host.run_state import scratch
from bench.host.signals import Interruptions
from bench.isolations.base import Isolation, Launch
from bench.measuring.leave import stop
from bench.measuring.observation import Ended, Observation
from bench.measuring.provision.order import Made, Order, OverdueError
from bench.measuring.provision.reference import DriftReport
from bench.measuring.provision.ways import way_of
from bench.model import Kind, Recipe, Sample

_LEAVE_TIMEOUT_S = 30.0
"""How long the server may take to stop when it is asked to, and then to leave."""

_OVER = ("left", "overflow", "end", "closed")


def make(
    isolation: Isolation,
    launch: Launch,
    recipe: Recipe,
    observation: Observation,
    interruptions: Interruptions,
    say: Callable[[str], None] = lambda _line: None,
) -> None:
    """Make the server of ``launch``'s image anew by the cell's way, and write what is seen into ``observation``.

    ``launch`` is what would start the ready image; its scenario's ``timeout_s`` bounds the making, its
    ``start_timeout_s`` the server's start. What drifted is listed after the console's own lines. Nothing is left on
    return, nor when it raises: Ended for what the scenario's times or the server's end cut short, BenchError else.
    """
    cell = launch.trial.cell
    way = way_of(cell)
    began_ns = monotonic_ns()
    order = Order(
        image=launch.image,
        recipe=recipe,
        files=cell.scenario.files,
        run=isolation.run,
        limit_s=cell.scenario.timeout_s,
        say=say,
        allowed=interruptions.allowed,
    )
    try:
        with (
            interruptions.held(),
            scratch(isolation.run, launch.label, "made", entered=True) as folder,
            way.making(order, folder, launch.trial.nonce) as made,
        ):
            started_s = _start(isolation, _launch(launch, made), observation, interruptions)
            with interruptions.allowed():
                compared = made.compare()
            observation.samples += _samples(made, started_s, compared, at_s=(monotonic_ns() - began_ns) / 1e9)
            _note(compared, observation)
    except OverdueError as error:
        raise Ended(Kind.TIMED_OUT, str(error)) from error


def _launch(launch: Launch, made: Made) -> Launch:
    ready = launch.trial.cell.scenario.ready
    return replace(
        launch, image=made.image, stays=True, patterns={} if ready is None else {"ready": ready}, answers=False
    )


def _start(isolation: Isolation, launch: Launch, observation: Observation, interruptions: Interruptions) -> float:
    """Start the server and let it go again; return the seconds from the request until it said it was ready."""
    timeout_s = launch.trial.cell.scenario.start_timeout_s
    with isolation.launch(launch) as instance:
        observation.instance = instance
        with interruptions.allowed():
            reached = instance.wait("ready", *_OVER, timeout_s=timeout_s)
            started_s = instance.timeline.since_request_s("ready")
            if reached is None:
                raise Ended(Kind.TIMED_OUT, f"made and started, but not ready within {timeout_s:g} s")
            if reached != "ready" or started_s is None:
                raise Ended(Kind.FAILED, "made and started, but the server ended before it was ready")
            stop({instance: launch}, _LEAVE_TIMEOUT_S, isolation.clock)
    return started_s


def _samples(made: Made, started_s: float, compared: DriftReport, *, at_s: float) -> list[Sample]:
    seconds = {"provision.time": made.took_s, "provision.ready": made.took_s + started_s}
    samples = [_sample(metric, value, "s", "host", at_s) for metric, value in seconds.items()]
    samples += [_sample("provision.bytes", size, "B", form, at_s) for form, size in made.shared_bytes.items()]
    if compared.moved is not None:
        samples.append(_sample("provision.drift.packages", len(compared.moved), "packages", "host", at_s))
    return samples + compared.drift.samples(at_s)


def _sample(metric: str, value: float, unit: str, vantage: str, at_s: float) -> Sample:
    return Sample(metric=metric, value=float(value), unit=unit, vantage=vantage, better="lower", at_s=at_s)


def _note(compared: DriftReport, observation: Observation) -> None:
    """Keep what the numbers are to be read with, and list what has drifted."""
    observation.notes["compared with"] = compared.reference
    if compared.moved is not None:
        moved = "; ".join(compared.moved)
        observation.notes["archive"] = f"has moved since: {moved}" if moved else "gave the same packages"
    assert observation.instance is not None
    observation.instance.console.feed(_listed(compared), monotonic_ns())


def _listed(compared: DriftReport) -> bytes:
    lines = ["", f"---- {compared.drift.total} files are not the same in both makings ----"]
    lines += [f"package {line}" for line in compared.moved or ()]
    return "\n".join([*lines, *compared.drift.lines(), ""]).encode("utf-8", "surrogateescape")
