"""Trials that are in no figure: the same words and counts in the terminal, in Markdown and on the page."""

from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console

from bench import report
from bench.report.render import terminal
from tests.synthetic import write_run


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of vm's idle memory 3 trials timed out and 2 did not return; of docker's 1 was spoiled, 1 out of memory."""
    run = write_run(tmp_path_factory.mktemp("results") / "run", rounds=5, trouble=False)
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    for trial in trials:
        if (trial["isolation"], trial["scenario"]) == ("vm", "memory"):
            waited = "timed out" if trial["round"] < 4 else "did not return"
            trial |= {"outcome": waited, "reason": "in vain", "samples": []}
        if (trial["isolation"], trial["scenario"]) == ("docker", "memory") and trial["round"] < 3:
            bad = "spoiled" if trial["round"] == 1 else "out of memory"
            trial |= {"outcome": bad, "reason": "too bad", "samples": []}
    (run / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    composed = report.compose(run)
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(terminal.render(composed))
    paths = report.save(composed, run)
    page = re.sub(r"<[^>]+>", " ", paths.html.read_text().partition("</style>")[2])
    made = {"terminal": console.export_text(), "markdown": paths.markdown.read_text(), "page": page}
    return {name: " ".join(text.replace("\\", "").split()) for name, text in made.items()}


@pytest.mark.parametrize("where", ["terminal", "markdown", "page"])
def test_what_is_in_no_figure_is_said_alike_with_its_count(shown: dict[str, str], where: str) -> None:
    text = shown[where]
    assert "5 did not return, 1 failed, 1 spoiled; these 7 are in no figure" in text
    assert "5 of 5 did not return" in text
    assert "In no figure: docker: 1 of 5 failed, 1 spoiled; vm (emulated): 5 of 5 did not return." in text
    assert "3 of 5" in text  # n, beside docker's idle memory
    counted = text.partition("Trials in no figure" if where == "page" else "## Trials in no figure")[0]
    if where == "page":  # the contents link to that heading
        counted = text[: text.rindex("Trials in no figure")]
    assert "timed out" not in counted
    assert "out of memory" not in counted


@pytest.mark.parametrize("where", ["markdown", "page"])
def test_each_of_them_is_listed_with_how_exactly_it_ended(shown: dict[str, str], where: str) -> None:
    listed = shown[where][shown[where].rindex("Trials in no figure") :]
    assert [len(re.findall(rf"{kind}(?:\*\*)? ?,", listed)) for kind in ("timed out", "out of memory")] == [3, 1]
