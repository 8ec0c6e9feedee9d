"""Patterns: one meaning everywhere, in time that grows with the line, and told well where they are none."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model.patterns import LONGEST_LINE, MOST_MATCHES, PatternError, pattern


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("(", "missing )"),
        ("a(?=b)", "no lookaround"),
        ("(?<!a)b", "no lookaround"),
        (r"(a)\1", "no lookaround, backreferences"),
        ("a++", "possessive"),
        ("(?x) a", "no lookaround"),
        ("a{,3}", "write {0,n}"),
        (r"\C", "or . for a character"),
        ("a{1001}", "invalid repetition size"),
        (".{900}.{900}", "too large"),
        ("\ud800", "no UTF-8"),
    ],
)
def test_what_is_no_pattern_says_why(text: str, why: str) -> None:
    with pytest.raises(PatternError, match=r"is (no|a) regular expression") as caught:
        pattern(text)
    assert why in str(caught.value)


def test_bytes_that_are_no_utf8_stand_as_one_character_each() -> None:
    assert pattern("^a.b$").matches(b"a\xffb")
    assert pattern("^[äö]$").matches("ö".encode())


def test_places_are_counted_in_characters() -> None:
    found = pattern("x=([0-9]+)").last("äöü x=12 ü".encode() + b"\xff")
    assert found is not None
    assert (found.group, found.line[found.end :]) == ("12", " ü\N{REPLACEMENT CHARACTER}")


@pytest.mark.parametrize("text", ["(a*)*b", "(a|a)*b", "(.*)*x", "(?:a?){500}b", "(a)(?:.*x)?"])
def test_no_pattern_takes_longer_than_a_line_is_long(text: str) -> None:
    began = time.monotonic()
    pattern(text).last(b"a" * LONGEST_LINE)
    assert time.monotonic() - began < 20


def test_a_search_lets_others_work() -> None:
    hard, line, over = pattern("(?:a?){900}b"), b"a" * LONGEST_LINE, threading.Event()
    turns = 0

    def search() -> None:
        hard.last(line)
        over.set()

    searching = threading.Thread(target=search)
    searching.start()
    while not over.wait(0.001):
        turns += 1
    searching.join()
    assert turns > 5


def test_only_so_much_of_a_line_is_searched() -> None:
    assert not pattern("b").matches(b"a" * LONGEST_LINE + b"b")
    assert pattern("a").last(b"a" * (MOST_MATCHES + 5)) is not None


PARTS = [
    "^",
    "$",
    "a",
    "b",
    ".",
    "[^a]",
    r"\s",
    r"\A",
    r"\z",
    r"\b",
    "(?i:A)",
    "(?-m:^)",
    "ä",
    "|",
    "*",
    "(a|b)",
    r"\Qb",
]


@given(st.lists(st.sampled_from(PARTS), max_size=6).map("".join), st.lists(st.text("abA ä", max_size=4), max_size=5))
def test_what_is_told_of_many_lines_at_once_holds_for_each(text: str, lines: list[str]) -> None:
    try:
        wanted = pattern(text)
    except PatternError:
        return
    if any(wanted.matches(line.encode()) for line in lines):
        assert wanted.may_match("".join(f"{line}\n" for line in lines).encode())


@given(st.text(max_size=20))
def test_any_text_is_a_pattern_or_told_to_be_none(text: str) -> None:
    try:
        pattern(text).last(text.encode("utf-8", "replace"))
    except PatternError:
        return
