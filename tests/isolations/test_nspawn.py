"""systemd-nspawn keeps the contract."""

from __future__ import annotations

from tests.isolations.gated import GatedContract


class TestNspawn(GatedContract):
    name = "nspawn"
    roles = frozenset({"workload", "monitor"})
