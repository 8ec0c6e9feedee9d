"""Landlock keeps the contract; an older setpriv is refused."""

from __future__ import annotations

import pytest

from bench.isolations.registry import open_isolation
from tests.isolations.launched.gated import GatedContract


class TestLandlock(GatedContract):
    name = "landlock"
    roles = frozenset({"workload"})


@pytest.mark.root
def test_a_setpriv_without_it_is_refused_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.isolations.launched.landlock.told_by", lambda *_words: "--no-new-privs")
    fault = open_isolation("landlock", "fir").missing()
    assert fault is not None
    assert "knows no --landlock-access" in fault.reason
    assert "2.41" in fault.remedy
