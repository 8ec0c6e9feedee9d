"""The contract for what a gate starts: an isolation's own test file gives its name and its roles."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from bench.isolations import cgroup, open_isolation
from bench.isolations.base import Isolation
from bench.model import Image
from tests.isolations.contract import IsolationContract, checked


@pytest.mark.root
class GatedContract(IsolationContract):
    """Nothing may be left but what the kernel removes by itself: groups and mounts bear the run's id."""

    name: ClassVar[str]

    @pytest.fixture(scope="class")
    @classmethod
    def isolation(cls, image: Image, run_id: str) -> Isolation:
        return checked(open_isolation(cls.name, run_id), image)

    def leftovers(self, run: str) -> list[str]:
        groups = [f"control group {name}" for name in cgroup.below("isobench") if name == run]
        pivots = [str(folder) for root in cgroup.hierarchies() for folder in root.glob("lxc.*")]
        return groups + pivots + [line for line in Path("/proc/self/mounts").read_text().splitlines() if run in line]
