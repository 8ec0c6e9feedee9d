"""A cell that was left out is said before any figure, with its reason and its remedy."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench import report
from bench.isolations.engines.docker import Docker
from bench.report.render import terminal
from tests.analysis.two_runs.test_compare import edit_manifest
from tests.synthetic import write_run

REASON = "docker has no network mode 'published': its engine has no bridge with an address"
REMEDY = "Start the engine without bridge=none"
SAID = f"Left out: docker in cpu, docker in startup, since {REASON}. {REMEDY}."


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made = write_run(tmp_path / "run", rounds=3, trouble=False)
    cell = {"parameters": {}, "isolation": "docker", "reason": REASON, "remedy": REMEDY}
    left_out = [{"scenario": name, **cell} for name in ("cpu", "startup", "cpu")]
    edit_manifest(made, lambda document: document.update(not_offered=left_out))
    return made


def test_it_is_said_once_in_what_is_to_be_read_first(run: Path) -> None:
    composed = report.compose(run)
    assert composed.caveats.count(SAID) == 1
    paths = report.save(composed, run)
    first = paths.markdown.read_text().partition("## Read this first")[2].partition("\n## ")[0]
    assert SAID in first.replace("\\", "")
    assert SAID.replace("'", "&#39;") in paths.html.read_text()
    console = Console(width=400, file=io.StringIO())
    console.print(terminal.render(composed))
    assert isinstance(console.file, io.StringIO)
    assert SAID in console.file.getvalue()


def test_a_run_that_does_not_tell_the_remedy_is_read(run: Path) -> None:
    def forget(document: dict[str, Any]) -> None:
        for one in document["not_offered"]:
            del one["remedy"]

    edit_manifest(run, forget)
    assert SAID.removesuffix(f" {REMEDY}.") in report.compose(run).caveats


def test_an_engine_without_a_bridge_is_why_docker_publishes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    isolation = Docker("run")
    monkeypatch.setattr(isolation, "url", lambda: "")
    monkeypatch.setattr(isolation, "gateway", lambda: "")
    monkeypatch.setattr("bench.isolations.engines.docker_runtimes.without_network", lambda *_: False)
    fault = isolation.lacks("published")
    assert fault.reason == REASON
    assert fault.remedy.startswith(REMEDY)
    assert "none or host" in fault.remedy


def test_what_the_host_could_not_keep_apart_is_said_first_too(run: Path) -> None:
    shared = "an instance of 2 of the 2 CPUs shares every CPU with the harness and clients"
    edit_manifest(run, lambda document: document.update(harness={"cpu_set": [0, 1], "not_apart": [shared]}))
    assert f"Not kept apart: {shared}." in report.compose(run).caveats
