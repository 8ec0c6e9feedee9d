"""How tests have the runner measure one trial on the fake, on a host of which sentinels see what they are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.host.disturbance.readings import HostActivity
from bench.host.signals import Interruptions
from bench.isolations.base import Availability, Fault
from bench.isolations.fake import Fake
from bench.measuring.runner import Runner
from bench.model import Measurement, Outcome, Scenario, Trial
from tests.records import image, trial


class Scripted:
    """A guard that has seen what it is told."""

    def __init__(self, change: HostActivity) -> None:
        self._change = change

    def end(self) -> HostActivity:
        return self._change


def quiet(cpus: tuple[int, ...], engine_s: Callable[[], float]) -> Scripted:
    return Scripted(HostActivity(span_s=2.0, cpus=len(cpus), swapped_bytes=0, stolen_s=0.0, busy_s=1.0))


def measure(
    fake: Fake,
    asked: Scenario | Trial,
    folder: Path,
    *,
    interruptions: Interruptions | None = None,
    fault: Fault | None = None,
) -> tuple[Measurement, bytes]:
    availability = Availability(isolation="fake", fault=fault, detail="")
    asked = asked if isinstance(asked, Trial) else trial(asked)
    images = {asked.cell.scenario.name: image(folder)}
    made = Runner({"fake": fake}, {"fake": availability}, images, interruptions or Interruptions())
    return made.measure(asked)


def outcome(fake: Fake, of: Scenario, folder: Path) -> Outcome:
    return measure(fake, of, folder)[0].outcome
