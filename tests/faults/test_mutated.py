"""Whatever a foreign run holds, reading it gives a report or our error: no library's own gets through the door."""

from __future__ import annotations

import copy
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

import bench
from bench.analysis.figures.widths import widths
from bench.errors import BenchError, ResultsError
from bench.report.compose import compose
from bench.report.render import html, markdown, terminal
from bench.store.dataset import write_dataset
from tests.analysis.two_runs.test_compare import edit_manifest, edit_trials
from tests.faults.test_reading import small

DIGITS = 10**400
EXAMPLES = 25
"""Thousands were tried, and each time others are; a reading costs half a second."""

NUMBERS = (0, -1, 1, 1 << 53, 1 << 64, DIGITS, -DIGITS, 0.5, 1e308, 5e-324, float("nan"), float("inf"), float("-inf"))
TEXTS = (
    "",
    "x",
    "{}",
    "[]",
    "null",
    "\n",
    "\x00",
    "\ud800",
    "a" * 300,
    "ok",
    "failed",
    "bare",
    "timeline.ready",
    "s",
    "9" * 400,
)
OTHERS: tuple[object, ...] = (None, True, [], {}, [1], {"a": 1})


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = small(tmp_path_factory.mktemp("results") / "run")
    edit_manifest(run, lambda document: document.update(schema_version=2))  # which knows steps
    write_dataset(run)
    return run


@pytest.fixture
def run(sound: Path, tmp_path: Path) -> Path:
    copied = Path(shutil.copytree(sound, tmp_path / "run"))
    (copied / "samples.parquet").unlink()
    return copied


def read(run: Path) -> None:
    """Read a run in every way there is, but for its pictures."""
    bench.summarize(bench.load(run))
    bench.verdicts(run)
    bench.disturbances(run)
    widths(run)
    composed = compose(run)
    markdown.render(composed, lambda picture: picture.name)
    html.render(composed, lambda _picture: b"<svg></svg>")
    Console(file=io.StringIO()).print(terminal.render(composed))


def refusal(run: Path) -> BenchError | None:
    """Return why a run is refused; None where it is read."""
    try:
        read(run)
    except BenchError as error:
        return error
    return None


def places(document: object, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where every value of a JSON document lies."""
    if place:
        yield place
    if isinstance(document, dict):
        for key, one in document.items():
            yield from places(one, (*place, key))
    elif isinstance(document, list):
        for number, one in enumerate(document):
            yield from places(one, (*place, number))


def mutated(document: Any, data: st.DataObject) -> Any:
    """Return a document with one value made another, mostly of its own kind, or taken out."""
    made = copy.deepcopy(document)
    *above, last = data.draw(st.sampled_from(sorted(places(made), key=str)))
    holder = made
    for key in above:
        holder = holder[key]
    old = holder[last]
    alike = TEXTS if isinstance(old, str) else NUMBERS if isinstance(old, int | float) else OTHERS
    new = data.draw(st.sampled_from([*alike, *alike, *OTHERS, "taken out"]))
    if new == "taken out":
        del holder[last]
    else:
        holder[last] = new
    return made


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_a_mutated_manifest_or_journal_is_read_or_refused(run: Path, sound: Path, data: st.DataObject) -> None:
    manifest = json.loads((sound / "manifest.json").read_text())
    trials = [json.loads(line) for line in (sound / "trials.jsonl").read_text().splitlines()]
    if data.draw(st.booleans()):
        manifest = mutated(manifest, data)
    else:
        which = data.draw(st.integers(0, len(trials) - 1))
        trials[which] = mutated(trials[which], data)
    (run / "manifest.json").write_text(json.dumps(manifest))
    (run / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    if error := refusal(run):
        assert str(run) in error.what
        assert error.remedy
        assert len(error.what) < 2000


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(places=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=8), byte=st.integers(0, 255))
def test_a_damaged_table_is_read_or_refused(run: Path, sound: Path, places: list[float], byte: int) -> None:
    damaged = bytearray((sound / "samples.parquet").read_bytes())
    for place in places:
        damaged[int(place * len(damaged))] = byte
    (run / "samples.parquet").write_bytes(damaged)
    if error := refusal(run):
        assert "samples.parquet" in error.what
        assert error.remedy == "Delete it: the journal remains"


@pytest.mark.parametrize("column", ["parameters", "step"])
@pytest.mark.parametrize("text", ["", "x", "[]", "null", "1", '{"a": [1]}', '{"a": null}', '{"a": 1e999}', "[" * 9999])
def test_parameters_that_are_no_json_object_of_values_are_named(run: Path, column: str, text: str) -> None:
    stored = write_dataset(run)
    pd.read_parquet(stored).assign(**{column: text}).to_parquet(stored)
    with pytest.raises(ResultsError, match=rf"samples\.parquet: {column} = ") as caught:
        read(run)
    assert caught.value.remedy == "Delete it: the journal remains"


@pytest.mark.parametrize("column", ["outcome", "scenario", "isolation", "parameters", "reason", "unit"])
def test_a_row_that_lacks_what_every_row_has_is_named(run: Path, column: str) -> None:
    stored = write_dataset(run)
    table = pd.read_parquet(stored)
    table.loc[7, column] = pd.NA
    table.to_parquet(stored)
    with pytest.raises(ResultsError, match=rf"samples\.parquet, row 7: {column} is missing"):
        read(run)
    (run / "trials.jsonl").unlink()
    with pytest.raises(ResultsError) as caught:
        read(run)
    assert caught.value.remedy == "Measure again"


@pytest.mark.parametrize("key", ["memory_bytes", "cpus"])
def test_a_number_of_400_digits_in_a_manifest_is_named(run: Path, key: str) -> None:
    edit_manifest(run, lambda document: document["host"].update({key: DIGITS}))
    with pytest.raises(ResultsError, match=rf"manifest\.json: host\.{key} = 1000+\.\.\.: .* so many digits"):
        read(run)


@pytest.mark.parametrize("key", ["memory_bytes", "cpus"])
def test_text_is_no_number_in_a_manifest_however_it_looks(run: Path, key: str) -> None:
    edit_manifest(run, lambda document: document["host"].update({key: "9" * 400}))
    with pytest.raises(ResultsError, match=rf"manifest\.json: host\.{key} = '999+\.\.\.: .* integer"):
        read(run)


@pytest.mark.parametrize("value", [DIGITS, float("inf"), float("nan")])
@pytest.mark.parametrize("where", ["parameters", "step"])
def test_a_number_that_no_run_writes_among_parameters_is_named(run: Path, where: str, value: float) -> None:
    def spoil(trial: dict[str, Any]) -> None:
        (trial if where in trial else trial["samples"][0])[where] = {"threads": value}

    with pytest.raises(ResultsError, match=rf"trials\.jsonl, line 1: .*{where}\.threads"):
        read(edit_trials(run, spoil))
