"""Progress: plain lines where nobody watches, a bar on a terminal; both say what went wrong."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console
from rich.progress import Progress

from bench.cli import progress
from bench.cli.progress import Bar, Lines, Times, listener, outcome_words, state_lines, trial_words
from bench.isolations.base import Availability, Fault
from bench.model import Kind, Measurement, Outcome, Trial
from bench.plan import plan
from tests.records import scenario, trial

TRIALS = plan([scenario(parameters={"path": ("[/etc]",)}, rounds=2)], ["fake"], seed=1)


def measured(of: Trial, kind: Kind = Kind.OK, reason: str = "", *tail: str) -> Measurement:
    outcome = Outcome(kind=kind, reason=reason)
    return Measurement(trial=of, outcome=outcome, emulated=False, samples=(), seen={}, tail=tail)


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None, highlight=False)


def text(console: Console) -> str:
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


def test_the_host_and_each_isolation_come_first(console: Console) -> None:
    Lines(console).checked("2 x CPU", [Availability(isolation="fake", fault=None, detail="scripted [x]")])
    assert "2 x CPU" in text(console)
    assert "  fake  ready      scripted [x]" in text(console)


def test_on_a_terminal_only_what_went_wrong_leaves_a_line(console: Console) -> None:
    heard = Bar(console, Progress(console=console, auto_refresh=False))
    heard.planned(TRIALS)
    heard.measured(measured(TRIALS[0]))
    heard.measured(measured(TRIALS[1], Kind.FAILED, "it [/broke]", "last [/words]"))
    assert ": ok" not in text(console)
    assert "speak path=[/etc] on fake: failed: it [/broke] (last line: last [/words])" in text(console)


def test_a_bar_shows_words_with_brackets_as_they_are(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "Console", lambda **_options: console)
    with listener() as heard:
        assert type(heard) is Bar
        heard.planned(TRIALS)
        heard.starting(TRIALS[0])
    assert "round 1 of 2   speak path=[/etc] on fake" in text(console)


def test_nothing_is_drawn_by_a_timer(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "Console", lambda **_options: console)
    with listener() as heard:
        assert isinstance(heard, Bar)
        live = heard._progress.live
        assert not live.auto_refresh


def test_time_left_is_that_of_the_cells_still_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    quick, slow = trial(scenario(name="quick")), trial(scenario(name="slow"))
    times = Times()
    assert times.left([quick]) == ""
    for one, took_s in ((quick, 1.0), (quick, 3.0), (slow, 60.0)):
        times.start()
        now_s += took_s
        times.stop(one)
    assert times.left([quick]) == "   2 s left"
    assert times.left([quick, slow, slow]) == "   2 min 2 s left"
    assert times.left([]) == ""


def test_a_cell_never_seen_is_taken_for_an_average_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    times = Times()
    times.start()
    now_s = 4.0
    times.stop(trial(scenario(name="known")))
    assert times.left([trial(scenario(name="unknown"))]) == "   4 s left"


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
