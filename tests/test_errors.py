"""Errors: one tree, as drawn; each says what failed and what to do next."""

from __future__ import annotations

import inspect
from contextlib import ExitStack

import pytest

from bench import errors
from bench.errors import (
    BenchError,
    InputError,
    Interrupted,
    IsolationError,
    LeftoverError,
    ScenarioError,
    UnknownNameError,
    did_you_mean,
    said,
)
from bench.measuring.observation import Ended
from bench.model import Kind


def test_the_tree_in_the_docstring_is_the_tree_of_classes() -> None:
    drawn: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        name = line.lstrip("├└│─ ").split(" ")[0]
        if name.endswith("Error"):
            drawn.append((line.index(name) // 4, name))
    assert drawn == list(_walk(BenchError, 0))


def _walk(kind: type[BenchError], depth: int) -> list[tuple[int, str]]:
    own = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    return [(depth, kind.__name__), *(pair for child in own for pair in _walk(child, depth + 1))]


def test_every_error_of_the_module_is_in_the_tree() -> None:
    found = [one for _name, one in inspect.getmembers(errors, inspect.isclass) if one.__module__ == errors.__name__]
    assert {one for one in found if not issubclass(one, BenchError)} == {Interrupted}


def test_an_error_says_what_failed_and_what_to_do() -> None:
    assert str(BenchError("the disk is full", remedy="Free some")) == "the disk is full. Free some"
    assert str(BenchError("the disk is full")) == "the disk is full"


def test_a_scenario_error_names_file_key_value_and_what_is_right() -> None:
    error = ScenarioError("a.toml", "envelope.cpus", "two", "should be a whole number")
    assert str(error) == "a.toml: envelope.cpus = 'two': should be a whole number"
    assert (error.file, error.key, error.value) == ("a.toml", "envelope.cpus", "two")


def test_a_scenario_error_without_a_key_is_about_the_file() -> None:
    assert str(ScenarioError("a.toml", "", None, "is no TOML")) == "a.toml: is no TOML"


def test_a_long_value_is_cut() -> None:
    shown = str(ScenarioError("a.toml", "title", "x" * 500, "should be shorter"))
    assert "..." in shown
    assert len(shown) < 130


def test_an_unknown_name_suggests_the_nearest_and_lists_all() -> None:
    error = UnknownNameError("isolation", "dokcer", ["vm", "docker", "bare"])
    assert error.what == "no isolation is called 'dokcer', did you mean 'docker'?"
    assert error.remedy == "Known: bare, docker, vm"
    assert isinstance(error, InputError)


def test_an_unknown_name_where_there_are_none() -> None:
    assert UnknownNameError("run", "x", []).remedy == "Known: none"


@pytest.mark.parametrize(("name", "said"), [("satrtup", ", did you mean 'startup'?"), ("zzz", "")])
def test_only_a_near_name_is_suggested(name: str, said: str) -> None:
    assert did_you_mean(name, ["startup", "cpu"]) == said


def test_an_interruption_is_not_caught_by_who_handles_errors() -> None:
    assert not issubclass(Interrupted, Exception)
    assert Interrupted("SIGTERM").signal_name == "SIGTERM"


def test_what_could_not_be_taken_down_does_not_hide_what_went_wrong_before() -> None:
    def left() -> None:
        try:
            raise ConnectionRefusedError("refused")
        except OSError as error:
            raise LeftoverError("container box could not be removed: refused", remedy="Clean") from error

    def started(first: Exception) -> BenchError:
        with pytest.raises(LeftoverError) as raised, ExitStack() as stack:  # noqa: PT012 - it fails in between
            stack.callback(left)
            raise first
        return raised.value

    words = "; then: container box could not be removed: refused. Clean"
    assert said(started(IsolationError("the engine went away", remedy="Start it"))) == f"the engine went away{words}"
    assert said(started(Ended(Kind.TIMED_OUT, "not ready within 3 s"))) == f"not ready within 3 s{words}"
    assert said(started(ValueError("raw"))) == words.removeprefix("; then: ")
    assert said(IsolationError("alone", remedy="Mend it")) == "alone. Mend it"
