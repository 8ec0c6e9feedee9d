"""What instances reached, as tables: every system call with what came of it, and everything entered on the host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from bench.store import stored
from bench.store.stored import StoredEnding

_CALLS = "surface.calls"
SIDES = ("host_syscalls", "host_functions")
_COLUMNS = {
    "scenario": "string",
    "isolation": "string",
    "round": "Int64",
    "trial": "Int64",
}
_GOOD = ("ok", "spoiled")


def answered_calls(path: str | Path) -> pd.DataFrame:
    """Return one row per trial and system call that was asked for from inside, of the run folder ``path``.

    Columns: scenario, isolation (string), round, trial (Int64), call (string, its name), verdict (string: ``answered``,
    ``refused``, ``needs_capability``, ``absent``, ``left_out``), answers (string: an errno's name or what else came of
    it; a second behind a comma). Raises ResultsError when the run is missing or broken.
    """
    rows = [
        (*_of(trial), name, *said.split(":", 1))
        for trial in _trials(path)
        for name, _, said in (word.partition("=") for word in trial.seen.get(_CALLS, "").split())
    ]
    return pd.DataFrame(rows, columns=[*_COLUMNS, "call", "verdict", "answers"]).astype(
        {**_COLUMNS, "call": "string", "verdict": "string", "answers": "string"}
    )


def entered_names(path: str | Path) -> pd.DataFrame:
    """Return one row per trial, piece of work and name that was entered on the host, of the run folder ``path``.

    Columns: scenario, isolation (string), round, trial (Int64), side (string: ``host_syscalls``, ``host_functions``),
    work (string), name (string), times (Int64). Interrupts, and what a process enters that only computes, are not among
    them. Raises ResultsError as ``answered_calls``.
    """
    rows = [
        (*_of(trial), side, key.rpartition(".")[2], name, int(times))
        for trial in _trials(path)
        for side in SIDES
        for key, listed in trial.seen.items()
        if key.startswith(f"surface.{side}.")
        for name, _, times in (word.rpartition(":") for word in listed.split())
    ]
    return pd.DataFrame(rows, columns=[*_COLUMNS, "side", "work", "name", "times"]).astype(
        {**_COLUMNS, "side": "string", "work": "string", "name": "string", "times": "Int64"}
    )


def surface_facts(path: str | Path) -> Mapping[tuple[str, str], Mapping[str, str]]:
    """Return by scenario and isolation what was seen that is no number, without ``surface.``; of the last trial."""
    return {
        (trial.scenario, trial.isolation): {
            key.removeprefix("surface."): value
            for key, value in trial.seen.items()
            if key.startswith("surface.")
            and key != _CALLS
            and not key.startswith(tuple(f"surface.{s}." for s in SIDES))
        }
        for trial in _trials(path)
        if _CALLS in trial.seen
    }


def untraced(path: str | Path) -> Mapping[tuple[str, str], str]:
    """Return by isolation and side (``SIDES``) why the host's tracer saw nothing of it, where it could not."""
    return {
        (trial.isolation, side): trial.seen[f"surface.no_{side}"]
        for trial in _trials(path)
        for side in SIDES
        if f"surface.no_{side}" in trial.seen
    }


def changed_calls(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the calls of which not the same came in two tables of ``answered_calls``.

    Columns: scenario, isolation, call, before, after (string: every verdict with its answers that any trial had).
    """
    tables = [_said(table) for table in (before, after)]
    both = tables[0].merge(tables[1], on=["scenario", "isolation", "call"], suffixes=("_before", "_after"))
    both = both.rename(columns={"said_before": "before", "said_after": "after"})
    return both[both["before"] != both["after"]].reset_index(drop=True)


def _said(table: pd.DataFrame) -> pd.DataFrame:
    said = table.assign(said=table["verdict"] + " " + table["answers"])
    grouped = said.groupby(["scenario", "isolation", "call"], sort=False)["said"]
    return grouped.agg(lambda values: " / ".join(sorted(set(values)))).reset_index()


def _trials(path: str | Path) -> Iterator[StoredEnding]:
    return (trial for trial in stored.read_endings(Path(path)) if trial.outcome in _GOOD)


def _of(trial: StoredEnding) -> tuple[str, str, int, int]:
    return trial.scenario, trial.isolation, trial.round, trial.number
