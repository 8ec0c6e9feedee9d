"""Bubblewrap keeps the contract."""

from __future__ import annotations

from tests.isolations.launched.gated import GatedContract


class TestBubblewrap(GatedContract):
    name = "bubblewrap"
    roles = frozenset({"workload", "monitor"})
