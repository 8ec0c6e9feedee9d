"""The tables of docs/reference/hosts.md say of every isolation what it did on each host, and why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.hosts import document, survey

RECORD = {
    "date": "2026-11-28",
    "kernel": "6.12",
    "python": "3.13.5",
    "programs": {"Docker": "26.1"},
    "missing": {"vm": "no | KVM\nhere"},
    "startup": {"bare": {"ok": 3}, "crun": {"ok": 2, "failed": 1}},
    "contract": {"crun": {"pass": 40, "fail": 1, "not applicable": 2}},
}


@pytest.fixture(autouse=True)
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.json").write_text(json.dumps(RECORD))
    (tmp_path / "two.json").write_text(json.dumps({**RECORD, "startup": {}, "contract": {}, "missing": {}}))
    monkeypatch.setattr(document, "SEEN", tmp_path)


def test_versions_have_a_column_for_each_host() -> None:
    head, rows = document.versions()
    assert head == ("", "`one`", "`two`")
    assert ("Docker", "26.1", "26.1") in rows
    assert ("surveyed", "2026-11-28", "2026-11-28") in rows


def test_every_isolation_has_a_row_and_a_reason() -> None:
    head, rows = document.outcomes()
    assert head == ("isolation", "`one`", "`two`")
    assert rows == [
        ("`bare`", "3 ok", "–"),
        ("`crun`", "2 ok, 1 failed; contract: 40 pass, 1 fail, 2 not applicable", "–"),
        ("`vm`", "not ready: no / KVM here", "–"),
    ]


def test_a_survey_of_some_isolations_leaves_what_was_seen_of_others() -> None:
    later = {**RECORD, "date": "2026-11-30", "missing": {}, "startup": {"crun": {"ok": 3}, "vm": {"ok": 3}}}
    document.keep("one", {**later, "contract": {"vm": {"pass": 50, "fail": 0, "not applicable": 0}}})
    assert [row[1] for row in document.outcomes()[1]] == [
        "3 ok",
        "3 ok; contract: 40 pass, 1 fail, 2 not applicable",
        "3 ok; contract: 50 pass",
    ]
    assert ("surveyed", "2026-11-30", "2026-11-28") in document.versions()[1]


def test_a_survey_of_other_releases_begins_anew() -> None:
    document.keep("one", {**RECORD, "kernel": "6.13", "missing": {}, "startup": {"crun": {"ok": 3}}, "contract": {}})
    assert [row[1] for row in document.outcomes()[1]] == ["3 ok"]


def test_a_host_that_was_never_surveyed_gets_a_record() -> None:
    document.keep("three", RECORD)
    assert document.seen()["three"] == RECORD


@pytest.mark.parametrize(
    ("came", "status", "kept"),
    [
        (("pass", "pass", "not applicable"), 0, {"pass": 2, "fail": 0, "not applicable": 1}),
        (("pass", "fail"), 1, {"pass": 1, "fail": 1, "not applicable": 0}),
        (("pass",), -9, {"pass": 1, "fail": 1, "not applicable": 0}),
        ((), 1, {"pass": 0, "fail": 1, "not applicable": 0}),
    ],
)
def test_what_was_kept_of_the_contract_is_counted_as_it_is_told(
    came: tuple[str, ...], status: int, kept: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "".join(f"{word:<14}  something that passes\n" for word in came)
    python = tmp_path / "python"
    end = f"exit {status}" if status >= 0 else "kill -9 $$"
    python.write_text(f"#!/bin/sh\nprintf '%s' '{said}'\n{end}\n")
    python.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(python))
    assert survey.contract_of("bare", tmp_path) == kept
