"""What of a fleet is published beside the runs of its hosts: what it was, and its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from bench.analysis.fleets.hosts import own_folders
from bench.errors import PublishError
from bench.report.content import Report
from bench.report.fleets.fleet_report import compose_fleet, save_fleet
from bench.sharing.publish import copies, index
from bench.sharing.publish.redaction import Redaction
from bench.store.fleets import load_fleet
from bench.store.layout import MANIFEST


class OfFleet(TypedDict):
    """What an entry of the index says of a fleet, and not of its first host."""

    run: str
    host: str
    headline: str


def renamed(folder: Path) -> Mapping[str, str]:
    """Return what a fleet's hosts are called where it is published, in their order; raises ResultsError."""
    return {host: f"host-{number}" for number, host in enumerate(load_fleet(folder).hosts, start=1)}


def measured(folder: Path) -> list[Path]:
    """Return the runs of a fleet's hosts, those in its own folder alone; raises PublishError where there is none."""
    runs = [run for run in own_folders(folder, load_fleet(folder)) if (run / MANIFEST).is_file()]
    if not runs:
        raise PublishError(f"{folder}: no host of this fleet has a run", remedy="Measure again: bench fleet resume")
    return runs


def derive(
    folder: Path, target: Path, redaction: Redaction, names: Mapping[str, str], reports: Sequence[Report]
) -> OfFleet:
    """Copy what the fleet was into ``target``, beside its hosts' published runs, and make its report of them."""
    copies.copy_fleet(folder, target, redaction, names)
    composed = compose_fleet(target)
    save_fleet(composed, target)
    machines = Counter(index.machine(one) for one in reports)
    return {
        "run": redaction.text(load_fleet(target).fleet),
        "host": "; ".join(f"{count} x ({machine})" for machine, count in machines.items()),
        "headline": " ".join(composed.sentences),
    }
