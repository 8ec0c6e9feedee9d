"""The engines of a run: each once, with what changes how it starts a container; none where none took part."""

from __future__ import annotations

import json
from pathlib import Path

from bench import report
from bench.analysis.data.manifest import load_manifest
from bench.report.text import about
from tests.synthetic import write_run

ENGINE = {
    "address": "unix:///run/lab.sock",
    "id": "7V5S:EAGB",
    "version": "20.10",
    "init": "true",
    "cgroup-parent": "/a",
}


def test_an_engine_is_shown_once_with_its_settings_apart(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=3)
    manifest = json.loads((run / "manifest.json").read_text())
    for name in ("docker", "vm"):
        manifest["isolations"][name]["engine"] = ENGINE
    (run / "manifest.json").write_text(json.dumps(manifest))
    table = about.engines(load_manifest(run))
    assert table.rows == (
        ("docker, vm", "address unix:///run/lab.sock, id 7V5S:EAGB, version 20.10", "init true, cgroup-parent /a"),
    )
    paths = report.save(report.compose(run), run)
    for shown in (paths.html, paths.markdown):
        assert "7V5S:EAGB" in shown.read_text()
        assert "cgroup-parent" in shown.read_text()


def test_a_run_without_an_engine_says_nothing_of_any(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=3)
    assert about.engines(load_manifest(run)).rows == ()
