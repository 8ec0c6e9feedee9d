"""The fake: deterministic, on a clock that only moves when somebody waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import IsolationError
from bench.isolations.base import Exit
from bench.isolations.fake import Fake, FakeClock
from tests.records import launch


def watched(*command: str, folder: Path, number: int = 1) -> tuple[dict[str, int], Exit | None, list[bytes]]:
    """Run a script to its end; return its marks, its exit, its lines."""
    fake = Fake("fir")
    with fake.launch(launch(*command, folder=folder, number=number)) as instance:
        instance.wait("end", "closed", timeout_s=100)
        instance.dismiss()
        left = instance.wait_exit(10)
    return dict(instance.timeline.marks_ns), left, [line.data for line in instance.console.lines()]


def test_the_clock_runs_what_falls_due_in_order_and_at_its_time() -> None:
    clock, began_ns = FakeClock(), FakeClock().now_ns()
    heard: list[tuple[str, int]] = []
    clock.after(2, lambda: heard.append(("late", clock.now_ns() - began_ns)))
    clock.after(1, lambda: heard.append(("early", clock.now_ns() - began_ns)))
    clock.sleep(1.5)
    assert heard == [("early", 1_000_000_000)]
    assert clock.now_ns() - began_ns == 1_500_000_000
    clock.sleep(1)
    assert heard[1] == ("late", 2_000_000_000)


def test_what_was_forgotten_never_happens() -> None:
    clock = FakeClock()
    clock.after(1, lambda: pytest.fail("it happened"))
    clock.forget()
    clock.sleep(2)
    assert clock.next_ns() is None


def test_a_script_is_followed(tmp_path: Path) -> None:
    marks, left, lines = watched("say", "one", "sleep", "2", "bytes", "c3a90a", "exit", "3", folder=tmp_path)
    assert lines == [b"one", "é".encode()]
    assert left == Exit(status=3)
    assert list(marks) == ["requested", "start", "ready", "end", "bye", "exited", "closed", "gone"]
    assert marks["end"] - marks["start"] == pytest.approx(2e9, rel=0.03)


def test_the_same_trial_takes_the_same_time_and_another_does_not(tmp_path: Path) -> None:
    assert watched("sleep", "1", folder=tmp_path) == watched("sleep", "1", folder=tmp_path)
    assert watched("sleep", "1", folder=tmp_path)[0] != watched("sleep", "1", folder=tmp_path, number=2)[0]


def test_times_vary_by_two_per_cent_at_most(tmp_path: Path) -> None:
    starts = []
    for number in range(1, 200):
        marks, _left, _lines = watched(folder=tmp_path, number=number)
        starts.append((marks["start"] - marks["requested"]) / 1e9)
    assert min(starts) >= 0.0098 - 1e-9
    assert max(starts) <= 0.0102 + 1e-9


@pytest.mark.parametrize(
    ("word", "left"),
    [("oom", Exit(status=137, out_of_memory=True)), ("die", Exit(status=137)), ("hang", None)],
)
def test_scripted_misfortunes(tmp_path: Path, word: str, left: Exit | None) -> None:
    fake = Fake("fir")
    with fake.launch(launch(word, folder=tmp_path)) as instance:
        assert instance.wait("end", "closed", timeout_s=100) == (None if word == "hang" else "closed")
        assert instance.wait_exit(1) == left


def test_waiting_in_vain_takes_the_time_it_says(tmp_path: Path) -> None:
    fake = Fake("fir")
    with fake.launch(launch("hang", folder=tmp_path)) as instance:
        instance.wait("start", timeout_s=1)
        before_ns = fake.clock.now_ns()
        assert instance.wait("end", timeout_s=30) is None
        assert fake.clock.now_ns() - before_ns == 30_000_000_000


def test_nothing_of_an_instance_happens_after_its_end(tmp_path: Path) -> None:
    fake = Fake("fir")
    with fake.launch(launch("sleep", "5", "say", "late", folder=tmp_path)) as instance:
        instance.wait("start", timeout_s=1)
    fake.clock.sleep(100)
    assert b"late" not in instance.console.raw
    assert list(instance.timeline.marks_ns)[-1] == "gone"


def test_an_unknown_word_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IsolationError, match="does not know the word 'shout'"):
        watched("shout", "hello", folder=tmp_path)


def test_it_says_plainly_that_it_measures_nothing() -> None:
    assert "measures nothing" in Fake("fir").describe().detail
