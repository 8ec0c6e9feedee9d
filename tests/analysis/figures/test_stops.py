"""Why a climb stopped is part of its answer, though it is no number."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.analysis.quality.caveats import told_endings
from bench.model import Kind, Measurement, Outcome
from bench.store.journal import Journal
from tests.analysis.rows import frame
from tests.records import scenario, trial


def test_every_reason_is_said_once_for_each_isolation(tmp_path: Path) -> None:
    reasons = ["the host has less than 2 GiB left", "the host has less than 2 GiB left", "all 6 ran", ""]
    with Journal(tmp_path) as journal:
        for number, why in enumerate(reasons, start=1):
            measurement = Measurement(
                trial=replace(trial(scenario(name="density")), number=number),
                outcome=Outcome(kind=Kind.OK),
                emulated=False,
                samples=(),
                seen={"density_stopped": why} if why else {},
                tail=(),
            )
            journal.append(measurement, b"", started_at=datetime.now(UTC))
    assert told_endings(tmp_path, frame([(0, "fake", "density.count", "host", 6.0, "1")])).stops == {
        "density": ("fake stopped: the host has less than 2 GiB left", "fake stopped: all 6 ran"),
    }


def test_where_nothing_is_told_the_journal_is_not_read(tmp_path: Path) -> None:
    nothing = told_endings(tmp_path / "nowhere", frame([(0, "fake", "timeline.ready", "host", 1.0, "s")]))
    assert (nothing.troubles, nothing.stops) == ((), {})
