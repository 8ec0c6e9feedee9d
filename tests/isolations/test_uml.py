"""User-Mode Linux keeps the contract."""

from __future__ import annotations

from tests.isolations.gated import GatedContract


class TestUml(GatedContract):
    name = "uml"
    roles = frozenset({"vmm"})
