"""LXC keeps the contract."""

from __future__ import annotations

from tests.isolations.gated import GatedContract


class TestLxc(GatedContract):
    name = "lxc"
    roles = frozenset({"workload", "monitor"})
