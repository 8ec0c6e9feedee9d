"""Words that stand behind numbers: every one comes back, and a median between two says both."""

from __future__ import annotations

import pytest

from bench.model.codes import AT_LIMIT, CODES, code, decoded


@pytest.mark.parametrize("unit", CODES)
def test_every_word_comes_back(unit: str) -> None:
    assert [decoded(code(unit, word), unit) for word in CODES[unit]] == list(CODES[unit])


def test_between_two_words_both_are_said() -> None:
    assert decoded(2.5, AT_LIMIT) == "refused or killed one"
    assert decoded(9.0, AT_LIMIT) == "killed all"
