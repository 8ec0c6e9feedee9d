"""runc on a bundle keeps the contract."""

from __future__ import annotations

from bench.isolations.base import Isolation
from bench.model import Image
from tests.isolations.coming_back import holds_still
from tests.isolations.launched.gated import GatedContract


class TestRunc(GatedContract):
    name = "runc"
    roles = frozenset({"workload", "monitor"})

    def test_a_container_is_paused_and_goes_on(self, isolation: Isolation, image: Image) -> None:
        holds_still(isolation, image)
