"""Which cells an isolation can run at all: not every one has every network mode."""

from __future__ import annotations

from collections.abc import Mapping

from bench import provision
from bench.isolations.base import Availability, Isolation
from bench.model import Cell
from bench.placement import cpu_count


class Offer:
    """What the isolations of a run offer, known once they have been checked."""

    def __init__(self, isolations: Mapping[str, Isolation], availabilities: Mapping[str, Availability]) -> None:
        self._isolations = isolations
        self._availabilities = availabilities
        self.left_out: list[dict[str, object]] = []
        """Every cell that was refused, with its reason, as the manifest keeps it."""

    def accepts(self, cell: Cell) -> bool:
        """Say whether a cell can be run; remember one that cannot. What is not available is for its trials to say."""
        if not self._availabilities[cell.isolation].ready:
            return True
        if cell.scenario.provision:  # each way belongs to one isolation: nothing is missing in the others
            return provision.offered(cell)
        if cell.envelope.cpus > cpu_count():
            self._leave_out(cell, f"its envelope asks for {cell.envelope.cpus} CPUs, this host gives us {cpu_count()}")
            return False
        wanted = cell.envelope.network
        isolation = self._isolations[cell.isolation]
        if isolation.most_cpus is not None and cell.envelope.cpus > isolation.most_cpus:
            self._leave_out(cell, f"{cell.isolation} has {isolation.most_cpus} CPU at most")
            return False
        network = isolation.altered(cell.envelope).network
        if isolation.route(network) is not None and (network != "none" or wanted == "none"):
            return True
        self._leave_out(cell, f"{cell.isolation} has no network mode {wanted!r}")
        return False

    def lines(self) -> list[str]:
        """Return one line for each reason, with the scenarios it strikes."""
        by_reason: dict[str, dict[str, None]] = {}
        for one in self.left_out:
            by_reason.setdefault(str(one["reason"]), {})[str(one["scenario"])] = None
        return [f"{', '.join(scenarios)}: left out, since {reason}" for reason, scenarios in by_reason.items()]

    def _leave_out(self, cell: Cell, reason: str) -> None:
        self.left_out.append(
            {
                "scenario": cell.scenario.name,
                "parameters": dict(cell.parameters),
                "isolation": cell.isolation,
                "reason": reason,
            }
        )
