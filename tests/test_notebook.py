"""Every notebook runs from top to bottom, draws its pictures, and is stored without outputs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.report.test_calibrated import CALIBRATION
from tests.synthetic import write_run

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(path.name for path in FOLDER.glob("*.ipynb"))


def read(name: str) -> nbformat.NotebookNode:
    notebook: nbformat.NotebookNode = nbformat.read(FOLDER / name, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def executed(name: str) -> list[nbformat.NotebookNode]:
    """Return the outputs of a whole notebook; nothing may have been written to standard error."""
    notebook = read(name)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": FOLDER}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    return outputs


def pictures(outputs: list[nbformat.NotebookNode]) -> int:
    return len([output for output in outputs if "image/png" in output.get("data", {})])


def texts(outputs: list[nbformat.NotebookNode]) -> str:
    return "\n".join(output["data"].get("text/plain", "") for output in outputs if "data" in output)


def test_a_run_is_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOBENCH_RUN", str(write_run(tmp_path / "run", rounds=4)))
    assert pictures(executed("analysis.ipynb")) == 4


def test_a_run_that_was_really_measured_is_looked_at_again(measured_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How much of it there is to draw hangs on how many of its trials a busy host has spoiled."""
    monkeypatch.setenv("ISOBENCH_RUN", str(measured_run))
    assert texts(executed("analysis.ipynb"))


def test_two_runs_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker takes half as long again in the second: that is found, and nothing else."""
    before, after = (
        write_run(tmp_path / "a", rounds=10, trouble=False),
        write_run(tmp_path / "b", rounds=10, trouble=False),
    )
    lines = [json.loads(line) for line in (after / "trials.jsonl").read_text().splitlines()]
    for line in lines:
        for sample in line["samples"] if (line["scenario"], line["isolation"]) == ("startup", "docker") else ():
            sample["value"] *= 1.5
    (after / "trials.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.setenv("ISOBENCH_RUN_A", str(before))
    monkeypatch.setenv("ISOBENCH_RUN_B", str(after))
    outputs = executed("compare.ipynb")
    assert pictures(outputs) == 1
    said = texts(outputs)
    assert [line.split()[-1] for line in said.splitlines() if line.startswith("worse")] == ["1"]
    assert not [line for line in said.splitlines() if line.startswith("better")]


def test_the_rules_of_measuring_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a calibration that was really made: one that was missed is seen to be more than once its goal."""
    run = write_run(tmp_path / "a")
    shutil.copy(CALIBRATION, run / "calibration.json")
    monkeypatch.setenv("ISOBENCH_RUN", str(run))
    outputs = executed("methodology.ipynb")
    assert pictures(outputs) == 3
    said = texts(outputs)
    assert "this run has no twin" in said
    [line] = [line for line in said.splitlines() if line.startswith("delay  its own line 0.01 ")]
    assert [float(word) for word in line.split()[-3:]] == [0.13, 0.19, 0.2]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_outputs_are_stored_and_no_functions_defined(name: str) -> None:
    for cell in read(name).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert "def " not in cell.source or cell.cell_type != "code"
