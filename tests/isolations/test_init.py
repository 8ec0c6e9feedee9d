"""The table of isolations: names, third parties, and what is said when one cannot be had."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint

import pytest

from bench import isolations
from bench.errors import UnavailableError, UnknownNameError
from bench.isolations import DEFAULT, names, open_isolation
from bench.isolations.fake import Fake


class ThirdParty(Fake):
    """What somebody else's package would bring."""


@pytest.fixture
def third_parties(monkeypatch: pytest.MonkeyPatch) -> None:
    group = "isobench.isolations"
    points = [
        EntryPoint("jail", "tests.isolations.test_init:ThirdParty", group),
        EntryPoint("bare", "tests.isolations.test_init:ThirdParty", group),
        EntryPoint("lost", "a_module_that_is_not_there:Class", group),
    ]
    monkeypatch.setattr(isolations, "entry_points", lambda group: [p for p in points if p.group == group])


def test_an_isolation_is_opened_for_a_run() -> None:
    opened = open_isolation("fake", "20261123-2105-fir")
    assert isinstance(opened, Fake)
    assert opened.run == "20261123-2105-fir"


def test_what_is_compared_by_default_has_a_name() -> None:
    assert set(DEFAULT) <= set(names())
    assert "fake" not in DEFAULT


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="no isolation is called 'fke', did you mean 'fake'"):
        open_isolation("fke", "fir")


@pytest.mark.usefixtures("third_parties")
def test_a_third_partys_isolation_is_found() -> None:
    assert "jail" in names()
    assert isinstance(open_isolation("jail", "fir"), ThirdParty)


@pytest.mark.usefixtures("third_parties")
def test_a_third_party_cannot_take_one_of_our_names() -> None:
    assert names().count("bare") == 1
    assert not isinstance(open_isolation("bare", "fir"), ThirdParty)


@pytest.mark.usefixtures("third_parties")
def test_a_third_partys_missing_module_says_whose_it_is() -> None:
    with pytest.raises(UnavailableError, match="a_module_that_is_not_there") as missing:
        open_isolation("lost", "fir")
    assert missing.value.remedy == "part of a third party"


@pytest.mark.parametrize(("name", "library"), [("docker", "docker"), ("vm", "libvirt")])
def test_a_missing_library_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, name: str, library: str) -> None:
    for module in (f"bench.isolations.{name}", "bench.isolations.hypervisor"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UnavailableError, match=f"isolation {name} needs a library") as missing:
        open_isolation(name, "fir")
    assert "pip install" in str(missing.value.remedy)
    assert isinstance(missing.value.__cause__, ImportError)
