"""A fleet without what it needs says so in one line."""

from __future__ import annotations

import pytest

from bench.errors import InputError
from bench.measuring.fleet import installed


def test_what_is_missing_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "find_spec", lambda name: None if name == "distributed" else object())
    with pytest.raises(InputError, match="a fleet needs distributed, not installed here") as told:
        installed.require_installed()
    assert told.value.remedy == "pip install 'isobench[fleet]'"


def test_with_all_there_is_nothing_to_say() -> None:
    installed.require_installed()
