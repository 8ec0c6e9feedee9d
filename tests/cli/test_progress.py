"""Progress: plain lines where nobody watches, a bar on a terminal; both say what went wrong."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from bench.cli.live.answer import SoFar
from bench.cli.progress import Bar, Lines, listener, outcome_words, state_lines, trial_words
from bench.cli.terminal import Terminal
from bench.errors import BenchError
from bench.isolations.base import Availability, Fault
from bench.measuring.plan import plan
from bench.measuring.stopping import Look, Rule, Width
from bench.model import Kind, Measurement, Outcome, Trial
from tests.records import scenario, trial

TRIALS = plan([scenario(parameters={"path": ("[/etc]",)}, rounds=2)], ["fake"], seed=1)


def measured(of: Trial, kind: Kind = Kind.OK, reason: str = "", *tail: str) -> Measurement:
    outcome = Outcome(kind=kind, reason=reason)
    return Measurement(trial=of, outcome=outcome, emulated=False, samples=(), seen={}, tail=tail)


@pytest.fixture
def console() -> Terminal:
    return Terminal(file=io.StringIO(), force_terminal=True, width=120)


def text(console: Terminal) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_where_nobody_watches_there_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with listener() as heard:
        assert type(heard) is Lines
        heard.planned(TRIALS)
        for one in TRIALS:
            heard.starting(one)
            heard.measured(measured(one))
    out = capsys.readouterr().out
    assert "  1 of 2  speak path=[/etc] on fake: ok" in out
    assert "\x1b" not in out


def test_the_host_and_each_isolation_come_first(console: Terminal) -> None:
    Lines(console).checked("2 x CPU", [Availability(isolation="fake", fault=None, detail="scripted [x]")])
    assert "2 x CPU" in text(console)
    assert "  fake  ready      scripted [x]" in text(console)


def test_on_a_terminal_only_what_went_wrong_leaves_a_line(console: Terminal) -> None:
    heard = Bar(console)
    heard.planned(TRIALS)
    heard.measured(measured(TRIALS[0]))
    heard.measured(measured(TRIALS[1], Kind.FAILED, "it [/broke]", "last [/words]"))
    assert ": ok" not in text(console)
    assert "speak path=[/etc] on fake: failed: it [/broke] (last line: last [/words])" in text(console)


def test_a_bar_shows_words_with_brackets_as_they_are(console: Terminal) -> None:
    heard = Bar(console)
    heard.planned(TRIALS)
    heard.starting(TRIALS[0])
    assert "round 1 of 2: speak path=[/etc] on fake" in text(console)


def test_what_stands_in_an_answer_is_shown_and_never_obeyed(console: Terminal) -> None:
    heard = Bar(console, ask=lambda _folder: SoFar(columns=["\x1b[2J"], rows=[("fake", ["1 \x9b31m"])]))
    heard.opened(Path())
    heard.planned(TRIALS)
    heard.measured(measured(TRIALS[0]))
    heard.starting(TRIALS[1])
    assert "␛[2J" in text(console)
    assert "\x1b[2J" not in text(console)


def test_an_answer_is_asked_for_seldom_and_not_again_where_there_is_none(
    console: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s, asked_s = 0.0, []
    monkeypatch.setattr(time, "monotonic", lambda: now_s)

    def ask(_folder: Path) -> SoFar:
        nonlocal now_s
        asked_s.append(now_s)
        now_s += 0.2
        if len(asked_s) == 4:
            raise BenchError("it has gone")
        return SoFar(columns=[], rows=[])

    many = plan([scenario(rounds=300)], ["fake"], seed=1)
    heard = Bar(console, ask=ask)
    heard.opened(Path())
    heard.planned(many)
    for one in many:
        heard.starting(one)
        now_s += 0.1
        heard.measured(measured(one))
    assert asked_s == pytest.approx([0.1, 6.4, 12.7, 19.0], abs=0.11)


def test_with_a_budget_time_left_is_what_is_left_of_it(console: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 50.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    heard = Bar(console, Rule(budget_s=100.0))
    heard.planned(TRIALS)
    now_s = 80.0
    heard.starting(TRIALS[0])
    assert "0 of 2, 1 min 10 s left" in text(console)


def test_with_a_precision_time_left_is_what_a_look_has_found_less_what_has_passed(
    console: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    heard = Bar(console, Rule(precision=0.05))
    heard.planned(TRIALS)
    assert "time left is known after round 6" in text(console)
    heard.looked(Look(rounds=6, widest=Width(key=("speak", "{}", "vm"), half_width=0.2), precision=0.05, left_s=90.0))
    now_s = 20.0
    heard.starting(TRIALS[1])
    assert "1 min 10 s left" in text(console)
    assert "after 6 rounds the widest is speak on vm, +- 20.0% where 5.0% is asked" in text(console)


def test_what_a_workload_said_is_shown_and_never_obeyed(console: Terminal) -> None:
    heard = Bar(console)
    heard.planned(TRIALS)
    heard.say("arch \x1b]0;title\x07")
    heard.measured(measured(TRIALS[1], Kind.FAILED, "it said: \x1b[2J", "\x9b31mlast\x1b[0m"))
    assert "it said: ␛[2J (last line: <U+009B>31mlast␛[0m)" in text(console)
    assert "\x1b]0;" not in text(console)
    assert "\x1b[2J" not in text(console)


def test_an_isolation_that_is_not_ready_says_why_and_what_to_do() -> None:
    fault = Fault(reason="no Docker engine answers", remedy="Start one")
    said = "\n".join(state_lines([Availability(isolation="docker", fault=fault, detail="")]))
    assert said == "  docker  not ready  no Docker engine answers. Start one"


def test_a_trial_is_named_by_scenario_parameters_and_isolation() -> None:
    assert trial_words(TRIALS[0]) == "speak path=[/etc] on fake"
    assert trial_words(trial()) == "speak on fake"


def test_an_outcome_is_said_with_its_reason_and_the_last_line() -> None:
    assert outcome_words(measured(trial())) == "ok"
    assert outcome_words(measured(trial(), Kind.SPOILED, "it swapped")) == "spoiled: it swapped"
    said = outcome_words(measured(trial(), Kind.TIMED_OUT, "not ready", "first", "last"))
    assert said == "timed out: not ready (last line: last)"
