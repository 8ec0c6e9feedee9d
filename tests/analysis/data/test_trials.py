"""How trials ended, in the words and counts that every table, sentence and picture uses."""

import pytest

from bench.analysis.data.trials import LEFT_OUT, counted_endings, counts, ending, outcomes
from bench.model import Kind
from tests.analysis.rows import frame

MEANT = {
    Kind.OK: "ok",
    Kind.FAILED: "failed",
    Kind.OUT_OF_MEMORY: "failed",
    Kind.TIMED_OUT: "did not return",
    Kind.DID_NOT_RETURN: "did not return",
    Kind.UNSUPPORTED: "unsupported",
    Kind.SPOILED: "spoiled",
}


@pytest.mark.parametrize("kind", Kind)
def test_every_outcome_is_counted_as_what_it_is(kind: Kind) -> None:
    assert ending(kind) == MEANT[kind]
    assert ending(kind) in ("ok", *LEFT_OUT)


def test_an_outcome_that_nobody_knows_has_failed() -> None:
    assert ending("exploded") == "failed"


def test_counts_have_every_ending_and_leave_out_no_trial() -> None:
    bad = {3: "timed out", 4: "did not return", 5: "out of memory", 6: "spoiled", 7: "unsupported"}
    rows = [(trial, "docker", "x", "host", 1.0, "s") for trial in range(8)]
    (found,) = counts(outcomes(frame(rows, outcomes=bad))).values()
    assert found == {"ok": 3, "did not return": 2, "failed": 1, "spoiled": 1, "unsupported": 1}


@pytest.mark.parametrize(
    ("ended", "text"),
    [
        ({"ok": 7}, ""),
        ({"ok": 4, "did not return": 2, "spoiled": 1}, "2 of 7 did not return, 1 spoiled"),
        ({"failed": 3, "spoiled": 1, "unsupported": 2}, "3 of 4 failed, 1 spoiled"),
        ({"unsupported": 3}, "did not run"),
        ({"ok": 2, "unsupported": 1}, ""),
    ],
)
def test_what_is_in_no_figure_is_said_with_its_count(ended: dict[str, int], text: str) -> None:
    assert counted_endings(ended) == text
