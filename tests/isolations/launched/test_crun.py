"""crun on a bundle keeps the contract."""

from __future__ import annotations

from tests.isolations.launched.gated import GatedContract


class TestCrun(GatedContract):
    name = "crun"
    roles = frozenset({"workload", "monitor"})
