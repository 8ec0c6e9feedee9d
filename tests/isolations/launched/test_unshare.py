"""Namespaces by hand keep the contract."""

from __future__ import annotations

from tests.isolations.launched.gated import GatedContract


class TestUnshare(GatedContract):
    name = "unshare"
    roles = frozenset({"workload", "monitor"})
