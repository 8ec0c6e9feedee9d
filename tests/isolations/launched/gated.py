"""The contract for what a gate starts: an isolation's own test file gives its name and its roles."""

from __future__ import annotations

from typing import ClassVar

import pytest

from bench.host import cgroup
from bench.isolations.base import Isolation
from bench.isolations.registry import open_isolation
from bench.model import Image
from bench.testing.contract import IsolationContract
from bench.testing.launching import checked
from tests.isolations.coming_back import holds_still


@pytest.mark.root
class GatedContract(IsolationContract):
    """Nothing may be left but what the kernel removes by itself: groups and mounts bear the run's id."""

    name: ClassVar[str]

    @pytest.fixture(scope="class")
    @classmethod
    def isolation(cls, image: Image, run_id: str) -> Isolation:
        return checked(open_isolation(cls.name, run_id), image)

    def leftovers(self, run: str) -> list[str]:
        pivots = [str(folder) for root in cgroup.hierarchies() for folder in root.glob("lxc.*")]
        return super().leftovers(run) + pivots

    def test_an_instance_is_paused_and_goes_on(self, isolation: Isolation, image: Image) -> None:
        holds_still(isolation, image)
