"""``bench clean``: a run is forgotten when all of it is gone, and not before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.cli.commands import clean as cleaning
from bench.errors import LeftoverError
from bench.host.run_state import note_engine, run_folder
from bench.isolations.base import Isolation
from bench.isolations.fake import Fake
from bench.measuring import provision
from tests.cli.conftest import Bench

RUN = "20261123-2105-fir"


class Stubborn(Fake):
    """Cannot look at what it is to clean."""

    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        assert dead(RUN)
        raise LeftoverError("a control group cannot be removed", remedy="See who is in it")


@pytest.fixture(autouse=True)
def _no_engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ISOBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cleaning, "real_names", lambda: ("fake",))
    monkeypatch.setattr(provision, "remove_leftover_images", lambda _dead: [])


def opens(monkeypatch: pytest.MonkeyPatch, kind: type[Isolation]) -> None:
    monkeypatch.setattr(cleaning, "open_isolation", lambda _name, run: kind(run))


def test_a_run_whose_engine_does_not_answer_is_not_forgotten(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    opens(monkeypatch, Fake)
    note_engine(RUN, "unix:///nobody.sock")
    (run_folder(RUN) / "0001").mkdir()
    for removed in (True, False):
        answer = bench("clean")
        assert answer.code == 1
        assert f"run {RUN} has used the engine at unix:///nobody.sock, which does not answer" in answer.out
        assert "Nothing is left" not in answer.out
        assert (f"removed scratch space of run {RUN}" in answer.out) == removed
    monkeypatch.setattr(cleaning, "answers", lambda _url: True)
    assert bench("clean").code == 0
    assert not run_folder(RUN).exists()
    assert bench("clean").out == "Nothing is left of dead runs.\n"


def test_a_run_is_remembered_until_all_isolations_could_clean(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    opens(monkeypatch, Stubborn)
    (run_folder(RUN) / "0001").mkdir(parents=True)
    answer = bench("clean")
    assert answer.code == 1
    assert "fake: a control group cannot be removed. See who is in it" in answer.out
    assert run_folder(RUN).is_dir()
    opens(monkeypatch, Fake)
    assert bench("clean").code == 0
    assert not run_folder(RUN).exists()


def test_what_killed_builds_have_left_is_removed(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opens(monkeypatch, Fake)
    half = tmp_path / "cache" / "images" / "abc" / ".tree.0123abcd.partial"
    (half / "bin").mkdir(parents=True)
    assert bench("clean").out == f"removed half-made {half}\n"
    assert not half.exists()


def test_a_run_that_dies_while_others_are_cleaned_up_is_left_for_the_next_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Isolations that were asked before it died have not cleaned up after it."""
    other = "20261123-2105-elm"

    class Slow(Fake):
        def clean(self, dead: Callable[[str], bool]) -> list[str]:
            run_folder(other).mkdir(parents=True, exist_ok=True)
            return [f"{run} seen dead" for run in (RUN, other) if dead(run)]

    opens(monkeypatch, Slow)
    run_folder(RUN).mkdir(parents=True)
    assert bench("clean").out == f"removed {RUN} seen dead\nremoved scratch space of run {RUN}\n"
    assert bench("clean").out == f"removed {other} seen dead\nremoved scratch space of run {other}\n"
