"""The lab's command line: whose exit code is whose, and what is wrong is said with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.images import cache
from tools.hosts import __main__ as lab
from tools.hosts import awake, document, job, system
from tools.hosts.errors import LabError
from tools.hosts.table import Host, host


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str], object]]:
    """What jobs were asked for; each ends with 7, as of a host that was really booted."""
    asked: list[tuple[str, list[str], object]] = []

    def run(host: Host, command: list[str], **options: object) -> job.Ended:
        asked.append((host.name, command, options["results"]))
        if command == ["lost"]:
            error = LabError("the host ended", remedy="Look")
            error.add_note("Its console ended with:\npanic")
            raise error
        if command == ["slow"]:
            return job.Ended(status=124, login_s=1.0, took_s=61.5)
        return job.Ended(status=7, login_s=1.0, took_s=2.0)

    monkeypatch.setattr(job, "run", run)
    return asked


def test_the_commands_exit_code_is_the_labs(jobs: list[tuple[str, list[str], object]]) -> None:
    words = ["run", "debian13", "--results", "here", "--", "sh", "-c", "exit 7", "--keep", "--"]
    assert lab.main(words) == 7
    assert jobs == [("debian13", ["sh", "-c", "exit 7", "--keep", "--"], Path("here"))]


def test_a_lost_host_is_another_code_with_its_console(
    jobs: list[tuple[str, list[str], object]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert lab.main(["run", "debian13", "--", "lost"]) == 125
    assert capsys.readouterr().err == "lab: the host ended\nlab: Its console ended with:\npanic\nlab: Look\n"
    assert len(jobs) == 1


def test_a_command_whose_time_is_up_is_told_how_to_have_more(
    jobs: list[tuple[str, list[str], object]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert lab.main(["run", "debian13", "--timeout", "60", "--", "slow"]) == 124
    assert "was ended after 60 s: allow it more, --timeout SECONDS" in capsys.readouterr().err
    assert len(jobs) == 1


def test_a_first_survey_is_kept_where_the_documentation_finds_it(
    jobs: list[tuple[str, list[str], object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "SEEN", tmp_path / "seen")
    monkeypatch.setattr(lab, "ran", lambda *_words: None)
    (tmp_path / "seen.json").write_text("{}")
    assert lab.main(["survey", "debian13", "--results", str(tmp_path), "--isolations", "bare"]) == 7
    assert document.seen() == {"debian13": {}}
    assert jobs == [("debian13", [".venv/bin/python", "-m", "tools.hosts.survey", "bare", "none"], tmp_path)]


@pytest.mark.parametrize("words", [["run", "debian13"], ["run", "debian13", "--"], ["run", "debian", "--", "true"]])
def test_wrong_use_is_2_and_boots_nothing(words: list[str], jobs: list[tuple[str, list[str], object]]) -> None:
    assert lab.main(words) == 2
    assert jobs == []


@pytest.mark.parametrize("port", ["0", "65536", "ssh"])
def test_what_is_reached_is_a_port(port: str, jobs: list[tuple[str, list[str], object]]) -> None:
    with pytest.raises(SystemExit, match="2"):
        lab.main(["run", "debian13", "--reach", port, "--", "true"])
    assert jobs == []


def test_clean_leaves_what_is_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOBENCH_CACHE", str(tmp_path))
    current = system.place(host("debian13").system)
    awaken = awake.place(host("debian13"))
    old, kept = current.with_name("debian13-0"), current.with_name("kept-debian13-1")
    half = current.with_name(f".{current.name}.0123.partial")
    for folder in (current, awaken, old, kept, half):
        folder.mkdir()
    assert lab.main(["clean"]) == 0
    assert {path for path in cache.shelf("lab").iterdir() if path.is_dir()} == {current, awaken}
    assert lab.main(["clean", "--all"]) == 0
    assert not [path for path in (current, awaken) if path.exists()]
