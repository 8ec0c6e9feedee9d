"""``bench check-plugin`` at its door: what it needs, and whom it does not know."""

from __future__ import annotations

import pytest

from bench.cli.commands import check_plugin
from tests.cli.conftest import Bench


def test_without_pytest_it_says_which_extra_brings_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_plugin, "find_spec", lambda _name: None)
    done = bench("check-plugin", "fake")
    assert done.code == 3
    assert "check-plugin needs pytest, which is not there" in done.err
    assert "pip install 'isobench[testing]'" in done.err


def test_a_name_that_nobody_bears_is_refused(bench: Bench) -> None:
    done = bench("check-plugin", "sepriv")
    assert done.code == 2
    assert "sepriv" in done.err
