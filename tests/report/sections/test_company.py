"""Start-up, density and bursts in one picture: whose times, in what company, among how many."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bench.analysis.data.frame import load
from bench.analysis.data.manifest import load_manifest
from bench.analysis.figures.company import Company, curves
from bench.analysis.figures.sweep import sweeps
from bench.report.compose import compose
from tests.synthetic import write_run

Points = Mapping[str, Sequence[tuple[Mapping[str, int], float]]]

TIMES: Mapping[str, Points] = {
    "startup": {"timeline.ready": [({}, 0.1)]},
    "density": {"density.start": [({"running": 0}, 0.1), ({"running": 1}, 0.2)]},
}
BURST = [({"at_once": count}, 0.1 * count) for count in (1, 2, 4) for _ in range(count)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scripted run whose trials are those of three scenarios instead."""
    folder = write_run(tmp_path_factory.mktemp("results") / "run", rounds=3, trouble=False)
    asked: Mapping[str, Points] = {
        **TIMES,
        "burst": {"burst.each.ready": BURST, "burst.each.requested": [(step, 0.0) for step, _ in BURST]},
    }
    manifest = json.loads((folder / "manifest.json").read_text())
    plain = next(iter(manifest["scenarios"].values())) | {
        "parameters": {}, "steps": {}, "arms": [], "metrics": [], "claims": [], "client": None, "settle_s": None,
    }  # fmt: skip
    many = {
        "density": {"density": {"most": 2, "floor_bytes": 1}},
        "burst": {"burst": {"at_once": [1, 2, 4], "floor_bytes": 1, "floor_tasks": 1}},
    }
    manifest["scenarios"] = {name: plain | many.get(name, {}) for name in asked}
    line = json.loads((folder / "trials.jsonl").read_text().splitlines()[0])
    sample = line["samples"][0]
    lines = []
    for number, (turn, name, isolation) in enumerate(
        ((turn, name, isolation) for turn in (1, 2, 3) for name in asked for isolation in ("bare", "docker")), start=1
    ):
        seen = [
            sample | {"metric": metric, "value": value, "unit": "s", "vantage": "host", "better": "lower", "step": step}
            for metric, points in asked[name].items()
            for step, value in points
        ]
        about = {"number": number, "round": turn, "scenario": name, "isolation": isolation, "parameters": {}}
        lines.append(json.dumps(line | about | {"samples": seen, "outcome": "ok", "reason": ""}))
    (folder / "trials.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "manifest.json").write_text(json.dumps(manifest | {"planned": len(lines)}))
    return folder


def test_curves_count_the_one_that_is_started(run: Path) -> None:
    manifest = load_manifest(run)
    found = {(one.isolation, one.company): one for one in curves(sweeps(load(run), manifest), manifest)}
    assert {company for _, company in found} == set(Company)
    assert found["bare", Company.ALONE].counts == (1,)
    assert found["docker", Company.RUNNING].counts == (1, 2)
    assert found["docker", Company.AT_ONCE].counts == (1, 2, 4)
    assert [one.median for one in found["docker", Company.AT_ONCE].found] == pytest.approx([0.1, 0.2, 0.4])


def test_the_last_section_of_many_has_the_picture_and_its_table(run: Path) -> None:
    facets = [facet for section in compose(run).sections for facet in section.facets]
    (facet,) = [one for one in facets if one.picture and one.picture.name == "company"]
    assert facet.table.head == ("isolation", "started", "1", "2", "4")
    assert len(facet.table.rows) == 6
    assert facet.picture is not None
    axes = facet.picture.figure.axes[0]
    assert axes.get_xlim()[0] < 1
    assert axes.get_xlim()[1] > 4
    assert len(axes.get_lines()) == 6


def test_company_of_one_sort_has_no_picture_of_its_own(run: Path) -> None:
    manifest = load_manifest(run)
    alone = [one for one in sweeps(load(run), manifest) if one.scenario == "startup"]
    assert curves(alone, manifest) == ()
