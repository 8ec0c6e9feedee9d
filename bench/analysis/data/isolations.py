"""How a run's isolations stand among each other: their facts as the manifest tells them, or as they were untold."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from bench.model import Facts, Role
from bench.store.manifest import Manifest
from bench.store.untold import ROLES, untold


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationFacts:
    """Facts of isolations and of the roles of their processes, by name."""

    told: Mapping[str, Facts]
    roles: Mapping[str, Role]

    @classmethod
    def of(cls, manifest: Manifest | None) -> IsolationFacts:
        """Take what a manifest tells; None, or a run from before facts were told: what was known then."""
        asked = manifest.isolations if manifest else {}
        told = {name: one.facts for name, one in asked.items() if one.facts is not None}
        roles = (*ROLES, *(role for facts in told.values() for role in facts.roles))
        return cls(told=told, roles={role.name: role for role in roles})

    def reading_order(self, isolation: str) -> tuple[int, str]:
        """Sort key: from a process to a machine, then what has no place; variants after their base."""
        order = self._of(isolation).order
        return (sys.maxsize if order is None else order, isolation)

    def colour(self, isolation: str) -> str:
        """Return its colour in pictures, empty for none of its own."""
        return self._of(isolation).colour

    def role_order(self, vantage: str) -> tuple[int, str]:
        """Sort key of a role, given as ``processes:ROLE``: the same in every picture and table."""
        name = vantage.partition(":")[2]
        return (self.roles[name] if name in self.roles else Role(name="other")).place, name

    @property
    def peaks(self) -> tuple[str, ...]:
        """The roles whose own peak of memory is told, in order."""
        told = (role for role in self.roles.values() if role.peak)
        return tuple(role.name for role in sorted(told, key=lambda role: (role.peak, role.name)))

    @property
    def machine_vantages(self) -> frozenset[str]:
        """The vantages ``processes:ROLE`` of machines' monitors."""
        return frozenset(f"processes:{role.name}" for role in self.roles.values() if role.machine)

    def _of(self, isolation: str) -> Facts:
        return self.told.get(isolation) or untold(isolation)


UNTOLD = IsolationFacts.of(None)
"""For a table whose manifest is not at hand."""
