"""``bench explain``: every name has an answer, from the text that documents are made of; what has none is said."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from bench.analysis import metrics
from bench.analysis.claims.verdict import Verdict
from bench.analysis.two_runs.compare import Change
from bench.cli.explained import Dictionary
from bench.errors import InputError
from bench.isolations import registry
from bench.isolations.registry import DEFAULT, open_isolation
from bench.model import Kind
from bench.model.glossary import CHAPTERS, GLOSSARY
from bench.scenario import load_selected
from tests.cli.conftest import Bench, write_scenario
from tests.documented import REPOSITORY
from tests.isolations.test_plugin import FAULTS

WORDS = Dictionary(load_selected([], None, quick=False))

PACED = """
from bench.model import Phase
from bench.plugin import Gated, Role, Row

ROW = Row(place="paced:Paced", hint="pip install paced", seam=2, helpers={"pace": Role(name="pacer", place=3)})


class Paced(Gated):
    \"\"\"Started at somebody's pace.\"\"\"

    name = "paced"
    stopwatch = "from the go, through pace, to the first line"
    tools = ()
    phases = (Phase(mark="paced_up", label="the pace is found"), *Gated.phases)

    def command(self, seat):
        return seat.launch.entry
"""


def told(word: str) -> dict[str, str]:
    """Return the rows of the one answer to a word."""
    [answer] = WORDS.explain(word)
    return dict(answer.rows)


def test_a_figure_says_where_the_stopwatch_starts_and_stops_and_what_it_misses() -> None:
    rows = told("startup.ready")
    for name in DEFAULT:
        assert rows[f"  {name}"] == open_isolation(name, "test").stopwatch
    assert rows["until"] == "the arrival of the line that matches ^ready$"
    assert rows["unit"] == "s"
    assert "the image" in rows["misses"]
    assert "CLOCK_MONOTONIC" in rows["source"]


@pytest.mark.parametrize("kind", WORDS.known())
def test_whatever_is_listed_is_explained(kind: str) -> None:
    names = WORDS.known()[kind]
    assert len(names) > 3
    without = [name for name in names if not any(answer.rows for answer in WORDS.explain(name))]
    assert without == []


def test_what_it_says_stands_in_the_documents() -> None:
    documents = "\n".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "docs").rglob("*.md"))
    for row in (*metrics.COLLECTED, *metrics.DERIVED):
        [answer] = [one for one in WORDS.explain(row.name) if ("what", row.meaning) in one.rows]
        said = {text for label, text in answer.rows if label in ("what", "from", "when", "until", "source")}
        assert {text for text in said if f"| {text} |" not in documents} == set()
    assert {word for word, meaning in GLOSSARY.items() if f"| {word} | {meaning} |" not in documents} == set()


@pytest.mark.parametrize("words", [Kind, Verdict, Change])
def test_every_word_that_a_report_may_answer_with_is_in_the_glossary(words: type[StrEnum]) -> None:
    assert {str(word) for word in words} - GLOSSARY.keys() == set()
    assert told(next(iter(words)))["what"] == GLOSSARY[next(iter(words))]


def test_no_word_of_the_glossary_stands_in_two_chapters() -> None:
    assert sum(map(len, CHAPTERS.values())) == len(GLOSSARY)
    assert {word for word, meaning in GLOSSARY.items() if "|" in meaning or len(meaning) > 120} == set()


def test_a_name_that_two_things_bear_is_explained_twice() -> None:
    assert {answer.kind for answer in WORDS.explain("memory")} == {"scenario"}
    assert {answer.kind for answer in WORDS.explain("trial")} == {"word", "column"}
    assert {answer.word for answer in WORDS.explain("memory.idle.pss")} == {"memory.idle.pss"}
    assert [dict(answer.rows)["seen by"] for answer in WORDS.explain("memory.idle.pss")] == [
        "processes:ROLE",
        "processes",
    ]


def test_a_scenario_tells_its_metrics_and_its_claims() -> None:
    assert told("cpu.events_per_s")["unit"] == "1/s, higher is better"
    assert [answer.kind for answer in WORDS.explain("cpu.events_per_s.per_cpu_s")] == ["metric"]
    [scenario] = load_selected(["startup"], None, quick=False)
    claims = WORDS.explain("startup.claims")
    assert [dict(answer.rows)["says"] for answer in claims] == [claim.says for claim in scenario.claims]
    assert [answer.word for answer in WORDS.explain("start-up")] == ["startup"]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("startup.raedy", "startup.ready"),
        ("memory.idel.pss", "memory.idle.pss"),
        ("dokcer", "docker"),
        ("sampel", "sample"),
    ],
)
def test_a_slip_is_answered_with_the_nearest_name(wrong: str, right: str) -> None:
    with pytest.raises(InputError, match=f"nothing is called '{wrong}', did you mean '{right}'"):
        WORDS.explain(wrong)


@pytest.mark.parametrize(
    "nothing",
    ["nonsense", "timeline.nonsense", "sentinel.nonsense", "nonsense.per_cpu_s", "cpu.nonsense", "overhead.x"],
)
def test_what_nothing_bears_is_refused_not_guessed(bench: Bench, nothing: str) -> None:
    answer = bench("explain", nothing)
    assert answer.code == 2
    assert f"nothing is called '{nothing}'" in answer.err
    assert "bench explain` lists" in answer.err
    assert answer.out == ""


def test_marks_of_another_package_are_explained_and_a_broken_one_harms_nobody(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "paced.py").write_text(PACED)
    (tmp_path / "raises_when_made.py").write_text(FAULTS["raises_when_made"].format(module="raises_when_made"))
    names = ("paced", "raises_when_made")
    points = {name: EntryPoint(name, f"{name}:ROW", registry.GROUP) for name in names}
    monkeypatch.setattr(registry, "_third_parties", lambda: points)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    mark = bench("explain", "startup.paced_up", "-i", "paced")
    assert mark.code == 0, mark.err
    assert "the pace is found (paced)" in mark.out
    assert "from the go, through pace, to the first line" in mark.out
    assert "pacer" in bench("explain", "paced").out
    assert "raised when made" in bench("explain", "raises_when_made").out


def test_ones_own_scenarios_are_explained(bench: Bench, tmp_path: Path) -> None:
    folder = write_scenario(tmp_path / "mine", "true")
    assert "Does it speak [/loudly]?" in bench("explain", "speak.ready", "--scenarios", str(folder)).out
    assert bench("explain", "speak").code == 2


def test_it_answers_for_programs(bench: Bench) -> None:
    [answer] = json.loads(bench("explain", "other", "load", "--json").out)
    assert (answer["word"], answer["kind"]) == ("other load", "sentinel")
    assert json.loads(bench("explain", "--json").out).keys() == WORDS.known().keys()
    assert "sentinels" in bench("explain").out
