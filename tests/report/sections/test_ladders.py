"""The ladder's table, words and picture."""

from __future__ import annotations

from dataclasses import replace

import matplotlib.colors
import numpy as np
import pytest

from bench.analysis.data.manifest import load_manifest
from bench.analysis.figures import ladder
from bench.analysis.figures.comparison import Comparison
from bench.analysis.statistics.resampling import Floats
from bench.report.content import Facet
from bench.report.sections import ladders
from bench.store.manifest import Manifest, RunIsolation
from tests.analysis.figures.test_ladder import RUNGS, TIMES, comparison
from tests.synthetic import write_run


@pytest.fixture
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """A manifest in which every rung is known, runc as one that is not ready."""
    known = load_manifest(write_run(tmp_path_factory.mktemp("results") / "run", rounds=3))
    ready = {name: replace(known.isolations["docker"], stopwatch=f"from the {name} go on") for name in TIMES}
    refused = replace(known.isolations["bare"], ready=False, reason="the command runc is missing")
    isolations: dict[str, RunIsolation] = {**ready, "runc": refused}
    return replace(known, isolations=isolations)


def made(manifest: Manifest, *isolations: str) -> Facet:
    found = ladders.facet(comparison(*isolations), manifest, RUNGS, "ladder")
    assert found is not None
    return found


def in_rounds(found: Comparison, isolation: str) -> Floats:
    """Return what an isolation has in the rounds from 6 to 9, to be changed."""
    [side] = [one for key, one in found.rounds[isolation].items() if key[:2] == (ladder.METRIC, ladder.VANTAGE)]
    return side.values[(side.rounds >= 6).argmax() : (side.rounds > 9).argmax() or None]


def test_the_answer_is_whose_work_the_time_is(manifest: Manifest) -> None:
    assert made(manifest, *TIMES).sentences == (
        "Of the 180 ms to the first line of docker:cli, 2.00 ms (1 %) are the kernel's, 18.0 ms (10 %) are the "
        "runtime's, 130 ms (72 %) are the daemon's and 30.0 ms (17 %) are the client's.",
        "Of the 2.00 s to the first line of vm (emulated), 2.00 ms (under 1 %) are the kernel's and 2.00 s (100 %) "
        "are the machine's.",
    )


def test_each_rung_has_a_row_its_stopwatch_and_what_it_stands_on(manifest: Manifest) -> None:
    table = made(manifest, *TIMES).table
    assert [row[:3] for row in table.rows][3:] == [
        ("docker:cli", "docker", "something (client)"),
        ("vm (emulated)", "bare", "something (machine)"),
    ]
    assert [row[5] for row in table.rows] == ["2.00 ms", "+18.0 ms", "+130 ms", "+30.0 ms", "+2.00 s"]
    assert "docker: from the docker go on." in table.notes


def test_a_rung_that_could_not_be_measured_stays_in_view_with_its_reason(manifest: Manifest) -> None:
    found = made(manifest, "bare", "docker")
    assert "runc was not measured: the command runc is missing." in found.table.notes
    assert [row[0] for row in found.table.rows] == ["bare", "docker"]


def test_work_that_may_be_none_is_said_to_be(manifest: Manifest) -> None:
    uneven = comparison("bare", "runc")
    in_rounds(uneven, "runc")[:] = 0.001
    found = ladders.facet(uneven, manifest, RUNGS, "ladder")
    assert found is not None
    assert found.sentences == (
        "Of the 20.0 ms to the first line of runc, 2.00 ms (10 %) are the kernel's and 18.0 ms (90 %) are the "
        "runtime's, or none at all (its interval reaches nought).",
    )


def test_what_two_rungs_do_is_not_said_to_be_one_s(manifest: Manifest) -> None:
    found = made(manifest, "bare", "docker")
    assert found.sentences == (
        "Of the 150 ms to the first line of docker, 2.00 ms (1 %) are the kernel's and 148 ms (99 %) are the "
        "runtime's and the daemon's together.",
    )
    assert found.table.rows[1][2] == "something; something (runtime and daemon)"


def test_rungs_that_were_not_asked_for_are_named_together(manifest: Manifest) -> None:
    asked = {name: one for name, one in manifest.isolations.items() if name in ("bare", "docker", "docker:cli")}
    known = replace(manifest, isolations=asked)
    found = made(known, "bare", "docker")
    assert found.table.notes[-2:] == (
        "docker:cli was not measured: no trial of it ended well.",
        "Not asked for: runc, vm.",
    )


def test_a_rung_that_takes_less_than_the_one_below_is_said_to_be_lost_in_noise(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TIMES, "docker:cli", 0.149)
    [said] = made(manifest, "bare", "runc", "docker", "docker:cli").sentences
    assert said.endswith("and 130 ms (87 %) are the daemon's; what the client adds is lost in the noise.")


def test_bars_begin_where_the_rung_below_ends_and_machines_have_a_panel_of_their_own(manifest: Manifest) -> None:
    picture = made(manifest, *TIMES).picture
    assert picture is not None
    containers, machines = picture.figure.axes
    bars = [(round(bar.get_x(), 6), round(bar.get_x() + bar.get_width(), 6)) for bar in containers.patches]  # type: ignore[attr-defined]
    assert bars == [(0, 2), (2, 20), (20, 150), (150, 180)]
    [machine] = machines.patches
    assert machine.get_hatch() == "////"
    assert matplotlib.colors.to_hex(machine.get_facecolor()).lower() == "#009e73"
    assert "emulated" in machines.get_title(loc="right")
    assert [axes.get_title(loc="left") for axes in (containers, machines)] == [
        "Until the first line",
        "Machines, until the first line",
    ]


def test_whiskers_show_how_sure_it_is_what_a_rung_adds(manifest: Manifest) -> None:
    uneven = comparison("bare", "docker")
    late = in_rounds(uneven, "docker")
    late += 0.5
    found = ladders.facet(uneven, manifest, RUNGS, "ladder")
    assert found is not None
    assert found.picture is not None
    [axes] = found.picture.figure.axes
    whisker = np.asarray(axes.lines[-1].get_xdata(), dtype=float)
    assert whisker == pytest.approx([150, 650])
    assert axes.get_xlim()[1] > 650


def test_no_rung_no_ladder(manifest: Manifest) -> None:
    assert ladders.facet(comparison("vm"), manifest, RUNGS[:2], "ladder") is None
