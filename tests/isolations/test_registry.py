"""The table of isolations: names, third parties, and what is said when one cannot be had."""

from __future__ import annotations

import re
import sys
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from bench.errors import UnavailableError, UnknownNameError
from bench.isolations import registry
from bench.isolations.fake import Fake
from bench.isolations.registry import DEFAULT, GROUP, facts, names, open_isolation
from bench.isolations.variants import (
    VARIANTS,
    BareOptions,
    DockerOptions,
    GvisorOptions,
    MachineOptions,
    UmlOptions,
    chosen,
)
from bench.model import Facts
from bench.plugin import Role, Row


class ThirdParty(Fake):
    """What somebody else's package would bring."""


ROW = Row(
    place="tests.isolations.test_registry:ThirdParty",
    hint="pip install jail",
    seam=2,
    order=5,
    colour="#123456",
    colours={"tight": "#654321"},
    helpers={"warden": Role(name="keeper"), "warder": Role(name="keeper")},
)
GONE = Row(place="bench.isolations.cgroup:Class", hint="pip install --upgrade gone", seam=2)
LOST = Row(place="a_module_that_is_not_there:Class", hint="apt-get install lost", seam=2)
OLD = Row(place="tests.isolations.test_registry:ThirdParty", hint="pip install --upgrade old", seam=1)


@pytest.fixture
def third_parties(monkeypatch: pytest.MonkeyPatch) -> None:
    places = {
        "jail": "tests.isolations.test_registry:ROW",
        "bare": "tests.isolations.test_registry:ROW",
        "gone": "tests.isolations.test_registry:GONE",
        "lost": "tests.isolations.test_registry:LOST",
        "old": "tests.isolations.test_registry:OLD",
        "rowless": "tests.isolations.test_registry:ThirdParty",
        "broken": "tests.isolations.breaks_when_imported:ROW",
    }
    points = [EntryPoint(name, place, GROUP) for name, place in places.items()]
    monkeypatch.setattr(registry, "entry_points", lambda group: [p for p in points if p.group == group])


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
@pytest.mark.parametrize(
    ("name", "said", "remedy"),
    [
        (
            "lost",
            "needs a library that is not there: No module named 'a_module_that_is_not_there'",
            "apt-get install lost",
        ),
        ("gone", "No module named 'bench.isolations.cgroup'", "Import it from bench.plugin"),
        ("old", "was written for version 1 of the seam, this is version 2", "pip install --upgrade old"),
        ("rowless", "is no bench.plugin.Row", "pip install --upgrade another package"),
        ("broken", "isolation broken of another package is broken: RuntimeError: raised at import", "uninstall"),
    ],
)
def test_a_third_party_that_cannot_be_opened_says_why_and_what_helps(name: str, said: str, remedy: str) -> None:
    with pytest.raises(UnavailableError, match=re.escape(said)) as refused:
        open_isolation(name, "fir")
    assert remedy in str(refused.value.remedy)


@pytest.mark.usefixtures("third_parties")
def test_a_row_tells_its_facts_and_a_broken_one_none() -> None:
    keeper = Role(name="keeper")
    assert facts("jail") == Facts(order=5, colour="#123456", roles=(keeper,))
    assert facts("jail:tight") == Facts(order=5, colour="#654321", roles=(keeper,))
    assert facts("jail:other") == Facts(order=5, roles=(keeper,))
    assert [facts(name) for name in ("rowless", "broken")] == [Facts()] * 2
    assert open_isolation("jail", "fir").helpers == {"warden": keeper, "warder": keeper}


@pytest.mark.parametrize("wrong", [{"colour": "red"}, {"colours": {"tight": "#12"}}])
def test_a_row_whose_colour_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="#RRGGBB is expected"):
        Row(place="jail:Jail", hint="pip install jail", seam=2, **wrong)


def test_rows_stand_from_a_process_to_a_machine() -> None:
    order = [facts(name).order for name in names() if name != "fake"]
    assert len(set(order)) == len(order)
    assert [facts(name).order for name in ("bare", "runc", "docker:runsc", "vm:q35")] == [0, 60, 90, 100]
    assert {role.name for role in facts("vm").roles} == {"vmm", "virtiofsd"}


def test_a_variant_bears_its_words_and_an_unknown_word_is_refused() -> None:
    assert open_isolation("vm:q35+vcpus-2", "fir").name == "vm:q35+vcpus-2"
    with pytest.raises(UnknownNameError, match=r"no isolation is called 'vm:q53', did you mean 'vm:q35'"):
        open_isolation("vm:q53", "fir")
    with pytest.raises(UnknownNameError):
        open_isolation("fake:fast", "fir")


def test_every_variant_sets_fields_that_its_family_has() -> None:
    options: dict[str, Any] = {
        "bare": BareOptions(),
        "docker": DockerOptions(),
        "podman": DockerOptions(),
        "runsc": GvisorOptions(),
        "vm": MachineOptions(),
        "uml": UmlOptions(),
    }
    for family, known in VARIANTS.items():
        for word, variant in known.items():
            changed = chosen(family, (word,), options[family])
            assert {name: getattr(changed, name) for name in variant.changes} == variant.changes
            assert word in ("pc", "twin") or changed != options[family]


@pytest.mark.parametrize(("name", "library"), [("docker", "docker"), ("vm", "libvirt")])
def test_a_missing_library_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, name: str, library: str) -> None:
    for module in (
        "bench.isolations.engines.docker",
        "bench.isolations.machines.vm",
        "bench.isolations.machines.libvirt_connection",
    ):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UnavailableError, match=f"isolation {name} needs a library") as missing:
        open_isolation(name, "fir")
    assert "pip install" in str(missing.value.remedy)
    assert isinstance(missing.value.__cause__, ImportError)
