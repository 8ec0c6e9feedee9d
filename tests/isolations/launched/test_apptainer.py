"""Apptainer keeps the contract; where there is no package of it, that is said."""

from __future__ import annotations

import pytest

from bench.host import programs
from bench.isolations.registry import open_isolation
from tests.isolations.launched.gated import GatedContract


class TestApptainer(GatedContract):
    name = "apptainer"
    roles = frozenset({"workload", "monitor"})


@pytest.mark.root
@pytest.mark.parametrize(("packaged", "remedy"), [(True, "apt-get install"), (False, "apptainer.org")])
def test_where_it_comes_from_is_said_for_this_host(
    packaged: bool, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = programs.found
    monkeypatch.setattr(programs, "found", lambda tool, *more: None if tool == "apptainer" else found(tool, *more))
    monkeypatch.setattr("bench.isolations.launched.apptainer.has_package", lambda _name: packaged)
    fault = open_isolation("apptainer", "fir").missing()
    assert fault is not None
    assert fault.reason == "the command apptainer is missing"
    assert remedy in fault.remedy
    assert (fault.fix is not None) is packaged
