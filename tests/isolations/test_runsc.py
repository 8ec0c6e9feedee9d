"""gVisor on a bundle keeps the contract."""

from __future__ import annotations

from tests.isolations.gated import GatedContract


class TestRunsc(GatedContract):
    name = "runsc"
    roles = frozenset({"monitor", "sentry", "gofer"})
