"""What a missing engine means for a test that needs it."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def unavailable(reason: str) -> NoReturn:
    """Skip, saying why; fail in CI, where everything must run for real."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
