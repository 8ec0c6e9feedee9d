"""A fleet that is taken up, before any host is asked: refused where it would not be the one it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from distributed import Client

from bench.errors import InputError
from bench.measuring.fleet.coordinator import FleetRequest, lacking, resume_fleet
from bench.model.version import __version__
from bench.scenario import load_selected
from bench.store.fleets import Fleet, FleetAsked, FleetHost, load_fleet, write_fleet
from bench.store.writer import only_writer

ASKED = FleetAsked(scenarios=("startup",), quick=True)
NOBODY = cast(Client, None)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """A fleet of which one host is done, and one was lost."""
    (startup,) = load_selected(["startup"], None, quick=True)
    fleet = Fleet(
        fleet=tmp_path.name,
        started_at="2026-11-23T21:05:00+00:00",
        bench_version=__version__,
        seed=1,
        scenarios={"startup": startup.version},
        hosts={
            "alpha": FleetHost(number=1, seed=2, state="measured"),
            "beta": FleetHost(number=2, seed=3, state="lost"),
        },
        asked=ASKED,
    )
    write_fleet(fleet, tmp_path)
    return fleet


def _resume(folder: Path) -> None:
    asked = FleetRequest(run=ASKED, wait_s=1, silence_s=1, results=folder.parent, seed=1, command_line=())
    resume_fleet(asked, folder, NOBODY, print)


def test_what_it_lacks_are_hosts_without_a_whole_run(fleet: Fleet, tmp_path: Path) -> None:
    assert lacking(fleet) == ("beta",)
    assert load_fleet(tmp_path) == fleet


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"bench_version": "0.0.9"}, f"Isobench: 0.0.9 then, {__version__} now"),
        ({"scenarios": {"startup": "0123"}}, "scenario startup: 0123 then, "),
    ],
)
def test_another_version_is_named_and_refused(
    fleet: Fleet, tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    write_fleet(replace(fleet, **changed), tmp_path)  # type: ignore[arg-type]  # one field at a time
    with pytest.raises(InputError, match=said) as refused:
        _resume(tmp_path)
    assert refused.value.remedy == "Put that back as it was, or measure a new fleet"
    assert not load_fleet(tmp_path).resumed


@pytest.mark.usefixtures("fleet")
def test_two_at_once_are_refused(tmp_path: Path) -> None:
    with only_writer(tmp_path), pytest.raises(InputError, match="is being measured into, by process"):
        _resume(tmp_path)
