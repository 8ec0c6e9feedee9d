"""What tests of the runner share."""

from __future__ import annotations

import pytest

from bench.isolations.fake import Fake
from bench.measuring import runner as runners
from tests.measuring.measured import quiet


@pytest.fixture
def fake() -> Fake:
    return Fake("fir")


@pytest.fixture
def quiet_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else this machine does, no trial is spoiled by it."""
    monkeypatch.setattr(runners, "SentinelWatch", quiet)
