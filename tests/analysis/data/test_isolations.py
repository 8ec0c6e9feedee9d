"""What a run tells of its isolations decides how they stand; a run that tells nothing looks as such runs always did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.analysis.data.isolations import UNTOLD, IsolationFacts
from bench.analysis.data.manifest import load_manifest
from bench.errors import ResultsError
from bench.model import Facts, Role
from bench.report.plots import style
from bench.sharing.run import Run
from tests.synthetic import write_run

KEEPER = Role(name="keeper", place=1, peak=9, machine=True)
TOLD = {
    "bare": {"order": 0, "colour": "#000000"},
    "docker": {"order": None, "colour": ""},
    "vm": {"order": -1, "colour": "#abcdef", "roles": [{"name": "keeper", "place": 1, "peak": 9, "machine": True}]},
}


def told(run: Path, facts: dict[str, object]) -> Path:
    """Let the isolations of a run tell these facts."""
    file = run / "manifest.json"
    document = json.loads(file.read_text())
    for name, one in facts.items():
        document["isolations"][name]["facts"] = one
    file.write_text(json.dumps(document))
    return run


def test_isolations_stand_and_are_coloured_as_their_run_tells(tmp_path: Path) -> None:
    run = Run(told(write_run(tmp_path), dict(TOLD)))
    assert run.comparison("startup").isolations == ("vm", "bare", "docker")
    assert {sweep.isolations for sweep in run.sweeps} == {("vm", "bare", "docker")}
    colours = style.colours(("bare", "docker", "vm"), run.facts)
    assert (colours["bare"], colours["vm"]) == ("#000000", "#abcdef")
    assert colours["docker"] not in ("#000000", "#E69F00")
    pictures = [file.read_text() for file in run.report().plots if file.suffix == ".svg"]
    assert pictures
    assert all("#abcdef" in picture for picture in pictures)
    assert not any("#009e73" in picture for picture in pictures)


def test_a_role_stands_where_its_isolation_says(tmp_path: Path) -> None:
    facts = IsolationFacts.of(load_manifest(told(write_run(tmp_path), dict(TOLD))))
    assert facts.told["vm"] == Facts(order=-1, colour="#abcdef", roles=(KEEPER,))
    roles = ("processes:other", "processes:vmm", "processes:keeper", "processes:workload")
    assert sorted(roles, key=facts.role_order) == [roles[3], roles[2], roles[1], roles[0]]
    assert facts.peaks == (*UNTOLD.peaks, "keeper")
    assert facts.machine_vantages == {"processes:vmm", "processes:keeper"}


def test_what_is_untold_is_as_it_was() -> None:
    """From before facts stood in the manifest: the order, the colours and the roles of every published report."""
    names = (
        "zone",
        "vm:microvm",
        "uml",
        "vm",
        "docker:runsc",
        "docker",
        "podman",
        "runsc",
        "runc",
        "crun",
        "bare:twin",
    )
    assert sorted((*names, "bare"), key=UNTOLD.reading_order) == ["bare", "bare:twin", "crun", "runc", "runsc",
        "podman", "docker", "docker:runsc", "vm", "vm:microvm", "uml", "zone"]  # fmt: skip
    assert style.colours(("bare", "docker", "vm", "docker:runsc", "vm:microvm", "a")) == {
        "bare": "#0072B2", "docker": "#E69F00", "vm": "#009E73", "docker:runsc": "#D55E00", "vm:microvm": "#CC79A7",
        "a": "#56B4E9",
    }  # fmt: skip
    assert UNTOLD.peaks == ("vmm", "shim", "monitor", "sentry", "gofer", "conmon", "virtiofsd")


@pytest.mark.parametrize(
    ("facts", "said"),
    [({"colour": "red"}, "colour 'red': #RRGGBB is expected"), ({"roles": [{"name": "a b"}]}, "role 'a b'")],
)
def test_what_is_no_fact_is_refused_by_name(facts: dict[str, object], said: str, tmp_path: Path) -> None:
    run = told(write_run(tmp_path), {"docker": facts})
    with pytest.raises(ResultsError, match=r"manifest\.json.*isolations\.docker\.facts") as refused:
        load_manifest(run)
    assert said in str(refused.value)
