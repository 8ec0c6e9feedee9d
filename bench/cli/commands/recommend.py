"""``bench recommend``: isolations in the order of the user's own weights, how sure that is, what would change it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bench.analysis.choosing.criteria import Measured
from bench.analysis.choosing.ranking import recommend as ranked
from bench.analysis.data.frame import load
from bench.analysis.data.manifest import load_manifest
from bench.analysis.figures.sweep import sweeps
from bench.cli.terminal import Terminal
from bench.errors import InputError, written
from bench.report.render import markdown, terminal
from bench.report.tables import choices
from bench.store.named import find_run

_WEIGHT = re.compile(r"\s*([A-Za-z][\w.-]*)\s*=\s*(\d+(?:\.\d*)?|\.\d+)\s*")


def recommend(run: str, results: Path, *, weights: str | None, musts: Sequence[str], to: str | None) -> None:
    """Rank a run's isolations, and print the ranking; ``to``: a file for Markdown, ``-`` prints that instead."""
    asked = None if weights is None else read_weights(weights)
    folder = find_run(run, results)
    manifest = load_manifest(folder)
    measured = Measured(sweeps=sweeps(load(folder, compact=True), manifest), manifest=manifest)
    found = ranked(measured, weights=asked, musts=musts)
    shown = choices.weighing(found)
    text = "\n".join(markdown.weighing(shown)).rstrip() + "\n"
    if to == "-":
        print(text, end="")  # noqa: T201
        return
    Terminal().print(terminal.weighing(shown))
    if to:
        with written(Path(to)):
            Path(to).write_text(text, encoding="utf-8")


def read_weights(text: str) -> dict[str, float]:
    """Read ``start=3,memory=1``; raises InputError for what is no weight, or given twice."""
    found: dict[str, float] = {}
    for part in text.split(","):
        known = _WEIGHT.fullmatch(part)
        if known is None or known[1] in found:
            wrong = "is no weight" if known is None else "is given twice"
            raise InputError(
                f"--weights: {part.strip()!r} {wrong}", remedy="Such as --weights start=3,memory=1,surface=4"
            )
        found[known[1]] = float(known[2])
    return found
