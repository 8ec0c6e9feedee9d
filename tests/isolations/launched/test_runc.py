"""runc on a bundle keeps the contract."""

from __future__ import annotations

from tests.isolations.launched.gated import GatedContract


class TestRunc(GatedContract):
    name = "runc"
    roles = frozenset({"workload", "monitor"})
