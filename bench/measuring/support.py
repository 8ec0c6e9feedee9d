"""Which cells an isolation can run at all: not every one has every network mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from bench.host.cpus import cpu_count
from bench.isolations.base import Availability, Isolation
from bench.measuring import provision
from bench.measuring.revival import restore
from bench.model import Cell
from bench.store.manifest import NotOffered


class Offer:
    """What the isolations of a run offer, known once they have been checked."""

    def __init__(self, isolations: Mapping[str, Isolation], availabilities: Mapping[str, Availability]) -> None:
        self._isolations = isolations
        self._availabilities = availabilities
        self.left_out: list[NotOffered] = []
        """Every cell that was refused, with its reason and remedy."""

    def accepts(self, cell: Cell) -> bool:  # noqa: PLR0911 - one return for each thing that may be missing
        """Say whether a cell can be run; remember one that cannot. What is not available is for its trials to say."""
        if not self._availabilities[cell.isolation].ready:
            return True
        if cell.scenario.provision:  # each way belongs to one isolation: nothing is missing in the others
            return provision.offered(cell)
        if cell.scenario.restore and (fault := restore.lacking(self._isolations[cell.isolation], cell)):
            return self._leave_out(cell, fault.reason, fault.remedy)
        if cell.envelope.cpus > cpu_count():
            reason = f"its envelope asks for {cell.envelope.cpus} CPUs, this host gives us {cpu_count()}"
            return self._leave_out(cell, reason, f"Ask for {cpu_count()} at most, or measure on a larger host")
        wanted = cell.envelope.network
        isolation = self._isolations[cell.isolation]
        if isolation.most_cpus is not None and cell.envelope.cpus > isolation.most_cpus:
            reason = f"{cell.isolation} has {isolation.most_cpus} CPU at most"
            return self._leave_out(cell, reason, f"Compare it with an envelope of {isolation.most_cpus} CPU")
        network = isolation.altered(cell.envelope).network
        if isolation.route(network) is not None and (network != "none" or wanted == "none"):
            return True
        fault = isolation.lacks(wanted)
        return self._leave_out(cell, fault.reason, fault.remedy)

    def lines(self) -> list[str]:
        """Return one line for each reason, with the scenarios it strikes and what to do about it."""
        by_reason: dict[str, dict[str, None]] = {}
        for one in self.left_out:
            by_reason.setdefault(f"{one.reason}. {one.remedy}", {})[one.scenario] = None
        return [f"{', '.join(scenarios)}: left out, since {reason}" for reason, scenarios in by_reason.items()]

    def _leave_out(self, cell: Cell, reason: str, remedy: str) -> Literal[False]:
        self.left_out.append(
            NotOffered(
                scenario=cell.scenario.name,
                parameters=dict(cell.parameters),
                isolation=cell.isolation,
                reason=reason,
                remedy=remedy,
            )
        )
        return False
