"""Firejail keeps the contract."""

from __future__ import annotations

from tests.isolations.launched.gated import GatedContract


class TestFirejail(GatedContract):
    name = "firejail"
    roles = frozenset({"workload", "monitor"})
