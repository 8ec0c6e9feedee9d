"""Ids of runs: said aloud, and borne once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.host.run_names import is_id
from bench.host.run_state import alive
from bench.measuring import session
from bench.measuring.session import new_run_ids


def test_a_run_s_id_sorts_by_time_and_is_said_aloud(tmp_path: Path) -> None:
    day, minute, word = new_run_ids(tmp_path)[0].split("-")
    assert (len(day), len(minute)) == (8, 4)
    assert word.isalpha()


def test_no_run_of_these_results_lends_its_id_and_a_full_minute_numbers_its_trees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_TREES", ["ash", "bay"])
    now = session._now()
    monkeypatch.setattr(session, "_now", lambda: now)
    first = new_run_ids(tmp_path)[0]
    (tmp_path / first).mkdir()
    stamp, later = first[:13], new_run_ids(tmp_path)
    assert {first, later[0]} == {f"{stamp}-ash", f"{stamp}-bay"}
    assert set(later[1:3]) == {f"{stamp}-ash2", f"{stamp}-bay2"}
    assert all(map(is_id, later))


def test_runs_that_begin_in_one_minute_get_ids_of_their_own_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_TREES", ["ash"])
    now = session._now()
    monkeypatch.setattr(session, "_now", lambda: now)
    borne = []
    for _ in range(3):
        with alive(*new_run_ids(tmp_path)) as folder:
            borne.append(folder.name[14:])
    assert borne == ["ash", "ash2", "ash3"]
