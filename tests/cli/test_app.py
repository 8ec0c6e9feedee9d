"""Help and usage: every command is there, and what is wrong is said on standard error with exit code 2."""

from __future__ import annotations

import os

import pytest
from typer.main import get_command

from bench import __version__
from bench.cli import main
from bench.cli.app import app
from bench.cli.helping import EXAMPLES, commands_of
from tests.cli.conftest import Bench

COMMANDS = sorted(commands_of(get_command(app)))
GROUPS = ["fleet"]


def test_what_a_users_path_does_not_lead_to_is_found_by_whatever_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr("sys.argv", ["bench", "--version"])
    main()
    assert os.environ["PATH"] == "/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


def test_the_commands_are_these() -> None:
    assert COMMANDS == [
        "baseline",
        "calibrate",
        "check-plugin",
        "clean",
        "compare",
        "doctor",
        "explain",
        "export",
        "fleet doctor",
        "fleet init",
        "fleet report",
        "fleet resume",
        "fleet run",
        "fleet status",
        "fleet worker",
        "history",
        "list",
        "publish",
        "recommend",
        "report",
        "resume",
        "run",
    ]


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_every_command_whole_and_every_exit_code(bench: Bench, option: str) -> None:
    answer = bench(option)
    assert answer.code == 0
    for command in {command.partition(" ")[0] for command in COMMANDS}:
        assert f"\n  {command} " in answer.out
    assert "..." not in answer.out.split("Commands:")[1]
    for code in ("0 all", "1 some", "2 the", "3 nothing", "4 something", "129 ", "130 ", "143 "):
        assert code in " ".join(answer.out.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(bench: Bench, command: str) -> None:
    answer = bench(*command.split(), "--help")
    assert answer.code == 0
    assert f" {command} [OPTIONS]" in answer.out.splitlines()[0]


@pytest.mark.parametrize("command", ["", *GROUPS, *COMMANDS])
def test_help_is_a_screen_with_examples(bench: Bench, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = bench(*command.split(), "--help").out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    shown = [line.strip() for line in lines[lines.index("Examples:") + 1 :]]
    assert tuple(shown[: len(EXAMPLES[command or "bench"])]) == EXAMPLES[command or "bench"]


def test_help_puts_options_under_what_they_are_about(bench: Bench) -> None:
    out = bench("run", "--help").out
    places = [
        out.index(word) for word in ("What is compared", "--twin", "A workload of your own", "--metric", "Options:")
    ]
    assert places == sorted(places)
    assert set(EXAMPLES) == {"bench", *GROUPS, *COMMANDS}


def test_the_version(bench: Bench) -> None:
    assert bench("--version").out == f"isobench {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ["--nonsense"],
        ["nonsense"],
        ["run", "--rounds", "0"],
        ["run", "--rounds", "many"],
        ["run", "--seed"],
        ["run", "--seed", "9" * 400],
        ["report"],
    ],
)
def test_wrong_usage_is_exit_code_2_and_goes_to_standard_error(bench: Bench, words: list[str]) -> None:
    answer = bench(*words)
    assert answer.code == 2
    assert "Error" in answer.err
    assert answer.out == ""


def test_without_a_command_there_is_help(bench: Bench) -> None:
    answer = bench()
    assert "Commands:" in answer.out + answer.err
