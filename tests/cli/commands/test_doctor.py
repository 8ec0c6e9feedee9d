"""``bench doctor`` and ``bench clean``, on the fake: what is said, what is fixed, what is removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import images
from bench.cli.commands import clean as cleaning
from bench.cli.commands import doctor as doctoring
from bench.errors import ImageError, UnavailableError
from bench.isolations.base import Fault, Isolation
from bench.isolations.fake import Fake
from bench.model import Image
from tests.cli.conftest import Bench
from tests.records import image


class Fixable(Fake):
    """Lacks two things, one after the other; both can be had."""

    name = "fixable"
    lacking: tuple[str, ...] = ()

    def missing(self) -> Fault | None:
        if not Fixable.lacking:
            return None
        return Fault(
            reason=f"{Fixable.lacking[0]} is missing", remedy="Install it", fix=self._fix, change="apt-get install it"
        )

    @staticmethod
    def _fix() -> None:
        Fixable.lacking = Fixable.lacking[1:]


@pytest.fixture(autouse=True)
def _only_fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def open_isolation(name: str, run: str) -> Isolation:
        if name == "vm":
            raise UnavailableError("isolation vm needs a library", remedy="pip install it")
        return {"fake": Fake, "fixable": Fixable, "broken": Broken}[name](run)

    def build(*_arguments: object, **_named: object) -> Image:
        return image(tmp_path)

    monkeypatch.setattr(images, "build", build)
    monkeypatch.setattr(Fixable, "lacking", ("a tool", "a user"))
    for module in (doctoring, cleaning):
        monkeypatch.setattr(module, "open_isolation", open_isolation)
        monkeypatch.setattr(module, "real_names", lambda: ("fake",))


def test_a_patience_that_means_nothing_is_refused_at_the_door(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOBENCH_PATIENCE", "much")
    for command in (("doctor", "--isolation", "bare"), ("run", "startup", "-i", "fake", "--rounds", "1")):
        done = bench(*command)
        assert done.code == 2
        assert "ISOBENCH_PATIENCE = 'much'" in done.err


def test_all_ready_is_exit_code_0(bench: Bench) -> None:
    answer = bench("doctor")
    assert answer.code == 0
    assert "fake  ready      scripted" in answer.out


def test_one_that_is_not_ready_is_exit_code_1_with_reason_and_remedy(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctoring, "real_names", lambda: ("fake", "fixable", "vm"))
    answer = bench("doctor")
    assert answer.code == 1
    assert "fixable  not ready  a tool is missing. Install it" in answer.out
    assert "vm       not ready  isolation vm needs a library. pip install it" in answer.out


def test_fixes_are_applied_one_after_another_until_nothing_is_missing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctoring, "real_names", lambda: ("fixable",))
    answer = bench("doctor", "--fix", "--yes")
    assert answer.code == 0
    for lacking in ("a tool", "a user"):
        shown = f"fixable: {lacking} is missing. This would change:\n    apt-get install it\n"
        assert shown in answer.err
        assert answer.err.index(shown) < answer.err.index(f"fixable: {lacking} is missing; fixing")


def test_without_consent_it_is_shown_what_would_be_changed_and_nothing_is(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctoring, "real_names", lambda: ("fixable",))
    answer = bench("doctor", "--fix")
    assert answer.code == 1
    assert "    apt-get install it\n  Nothing was changed: add --yes to consent.\n" in answer.err
    assert Fixable.lacking == ("a tool", "a user")


def test_a_fix_that_does_not_help_is_tried_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(doctoring, "real_names", lambda: ("fixable",))
    monkeypatch.setattr(Fixable, "_fix", staticmethod(lambda: tried.append("once")))
    assert bench("doctor", "--fix", "--yes").code == 1
    assert tried == ["once"]


class Broken(Fake):
    """A third party's class with a fault in whatever is asked of it."""

    name = "broken"

    def missing(self) -> Fault | None:
        raise RuntimeError("raised in check")

    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        raise RuntimeError("raised in clean")


def test_a_third_party_that_raises_is_shown_as_broken_and_harms_nobody(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctoring, "real_names", lambda: ("broken", "fake"))
    answer = bench("doctor")
    assert answer.code == 1
    assert "broken  not ready  isolation broken is broken: RuntimeError: raised in check" in answer.out
    assert "fake    ready      scripted" in answer.out
    monkeypatch.setattr(cleaning, "real_names", lambda: ("broken", "fake"))
    assert "broken: raised in clean" in bench("clean").out


def test_only_those_that_are_named_are_tried(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctoring, "real_names", lambda: ("fixable", "vm"))
    answer = bench("doctor", "--isolation", "fake")
    assert answer.code == 0
    assert "fixable" not in answer.out


def test_as_json_it_is_one_document(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctoring, "real_names", lambda: ("fake", "vm"))
    told = json.loads(bench("doctor", "--json").out)
    assert [(one["isolation"], one["ready"], one["remedy"]) for one in told["isolations"]] == [
        ("fake", True, None),
        ("vm", False, "pip install it"),
    ]
    assert told["host"]


def test_an_image_that_does_not_build_is_the_fault_of_those_that_lack_nothing_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*_arguments: object, **_named: object) -> Image:
        raise ImageError("mmdebstrap is missing", remedy="Install it")

    monkeypatch.setattr(images, "build", build)
    monkeypatch.setattr(doctoring, "real_names", lambda: ("fake", "fixable"))
    answer = bench("doctor")
    assert answer.code == 1
    assert "fake     not ready  mmdebstrap is missing. Install it" in answer.out
    assert "fixable  not ready  a tool is missing. Install it" in answer.out  # which an image would not mend


def test_the_doctor_leaves_no_scratch_space(bench: Bench, tmp_path: Path) -> None:
    bench("doctor")
    assert not list((tmp_path / "state" / "runs").iterdir())


def test_clean_says_when_there_is_nothing(bench: Bench) -> None:
    assert bench("clean").out == "Nothing is left of dead runs.\n"


def test_clean_removes_what_dead_runs_left_and_says_it(bench: Bench, tmp_path: Path) -> None:
    left = tmp_path / "state" / "runs" / "20261123-2105-fir" / "0001"
    left.mkdir(parents=True)
    assert bench("clean").out == "removed scratch space of run 20261123-2105-fir\n"
    assert not left.parent.exists()


def test_clean_goes_on_where_one_isolation_cannot(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "real_names", lambda: ("vm", "fake"))
    (tmp_path / "state" / "runs" / "20261123-2105-fir").mkdir(parents=True)
    out = bench("clean").out
    assert "vm: isolation vm needs a library. pip install it" in out
    assert "removed scratch space" in out
