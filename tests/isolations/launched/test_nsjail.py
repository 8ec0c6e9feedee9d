"""nsjail keeps the contract."""

from __future__ import annotations

from tests.isolations.launched.gated import GatedContract


class TestNsjail(GatedContract):
    name = "nsjail"
    roles = frozenset({"workload", "monitor"})
