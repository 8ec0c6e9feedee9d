"""Labels of pictures: whatever is in a run's text, there is room left to draw in."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from bench import report
from bench.report.plots import style
from tests.synthetic import write_run
from tests.synthetic_service import write_service_run

LONG = "an isolation with a name that nobody would choose " * 4


def lengthened(text: str) -> str:
    """Return text as long as a run may have it, that still tells one thing from another by its end."""
    return (LONG + text)[-200:]


@pytest.mark.parametrize("write", [write_run, write_service_run])
def test_names_as_long_as_may_be_leave_room_for_every_picture(write: object, tmp_path: Path) -> None:
    assert callable(write)
    run = Path(write(tmp_path / "run", rounds=4))
    manifest = json.loads((run / "manifest.json").read_text())
    names = {name: name if name == "bare" else lengthened(name) for name in manifest["isolations"]}
    manifest["isolations"] = {names[name]: one for name, one in manifest["isolations"].items()}
    for one in manifest["isolations"].values():
        for phase in one["phases"]:
            phase["label"] = lengthened(phase["label"])
    metrics = {}
    for scenario in manifest["scenarios"].values():
        scenario["title"] = lengthened(scenario["title"])
        scenario["claims"] = []
        for metric in scenario["metrics"]:
            metrics[metric["name"]] = metric["name"] = lengthened(metric["name"])
            metric["unit"] = lengthened("x")
        for kind in ("parameters", "steps"):
            scenario[kind] = {lengthened(name): values for name, values in scenario.get(kind, {}).items()}
    for one in manifest.get("not_offered", []):
        one["isolation"] = names[one["isolation"]]
    (run / "manifest.json").write_text(json.dumps(manifest))
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    for trial in trials:
        trial["isolation"] = names[trial["isolation"]]
        trial["parameters"] = {lengthened(name): value for name, value in trial["parameters"].items()}
        for sample in trial["samples"]:
            sample["step"] = {lengthened(name): value for name, value in sample.get("step", {}).items()}
            if sample["metric"] in metrics:
                sample |= {"metric": metrics[sample["metric"]], "unit": lengthened("x")}
    (run / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = report.write(run)
    assert len(paths.plots) >= 4


def test_what_is_cut_keeps_its_beginning_and_its_end() -> None:
    one, other = (style.cut(f"{LONG}{end}", 30) for end in ("one", "other"))
    assert one != other
    assert len(one) <= 30
    assert one.startswith("an isolation with")
    assert one.endswith("one")
    assert "…" in one


def test_lines_are_cut_by_themselves_and_short_ones_are_left_alone() -> None:
    assert style.cut("threads = 1\nbare 812 /s", 20) == "threads = 1\nbare 812 /s"
    assert style.cut(f"threads = 1\n{LONG}", 20).startswith("threads = 1\nan isolation")
