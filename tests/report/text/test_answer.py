"""The answer's sentences are sentences, whatever a figure's standing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.analysis.data.frame import load
from bench.analysis.data.manifest import load_manifest
from bench.analysis.figures.glance import NOT_SHOWN, TOO_FEW
from bench.analysis.figures.sweep import sweeps
from bench.report.tables import overview
from bench.report.text import answer, effect
from tests.synthetic import write_run


@pytest.mark.parametrize(
    ("standing", "told"),
    [(TOO_FEW, " from too few rounds"), (NOT_SHOWN, ", no difference shown"), (effect.WORSE, "")],
)
def test_what_is_compared_stands_before_what_is_noted_of_it(
    standing: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_run(tmp_path / "run", rounds=3)
    found = sweeps(load(run), load_manifest(run))
    monkeypatch.setattr(effect, "of", lambda _finding: standing)
    line = next(one for one in overview.lines(found, load_manifest(run)) if one.kind == overview.KINDS[2])
    alone = replace(line, places=line.places[:1])
    (said,) = answer.answer([alone], found)
    what = line.what.partition(": ")[2]
    assert f" bare's {what}" in said
    assert said.endswith(f"{told}.")
