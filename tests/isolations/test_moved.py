"""The paths that packages for isolations imported from before: they lead to the same, and say what to write instead."""

from __future__ import annotations

import importlib
import re

import pytest

from bench import plugin
from bench.isolations.moved import MOVED


@pytest.mark.parametrize(("module", "name"), [(module, name) for module in MOVED for name in sorted(MOVED[module])])
def test_an_old_path_leads_to_the_same_and_says_what_to_write(module: str, name: str) -> None:
    said = f"{module}.{name} goes with the next release: write `from bench.plugin import {name}`"
    with pytest.warns(DeprecationWarning, match=re.escape(said)) as warned:
        found = getattr(importlib.import_module(module), name)
    assert found is getattr(plugin, name)
    assert [one.filename for one in warned] == [__file__]


def test_a_module_that_has_moved_names_has_no_others() -> None:
    for module in MOVED:
        with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'ladder'"):
            getattr(importlib.import_module(module), "ladder")  # noqa: B009 - mypy would see that it is not there


def test_what_has_not_moved_warns_of_nothing(recwarn: pytest.WarningsRecorder) -> None:
    for module, name in (("stream", "pump"), ("remedy", "missing_package"), ("roles", "by_role"), ("base", "Launch")):
        assert getattr(importlib.import_module(f"bench.isolations.{module}"), name) is getattr(plugin, name)
    assert recwarn.list == []
