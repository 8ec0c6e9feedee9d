"""What a guest's kernel is told, where machines differ."""

from __future__ import annotations

import platform

from bench.images import KERNEL_ARGUMENTS
from bench.images.boot.kit import console


def test_the_first_serial_line_has_another_name_on_arm() -> None:
    assert console("x86_64") == "console=ttyS0"
    assert console("aarch64") == "console=ttyAMA0"
    assert console(platform.machine()) in KERNEL_ARGUMENTS
