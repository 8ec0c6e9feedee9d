"""The regular expressions of scenarios: one meaning wherever a line is searched, and a search that always ends soon.

RE2 matches them, in time that grows with the line and never with a power of it, and lets other threads work meanwhile:
no pattern can keep a timeout or a signal from its turn. Patterns are text, and so is what they are searched in: bytes
that are no UTF-8 stand as replacement characters. A line is what ends with a newline or a carriage return.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import re2

LONGEST_LINE = 1 << 18
"""Bytes of a line that are searched; what follows them is not looked at."""

MOST_MATCHES = 1000
"""Matches of one pattern in one line that are looked at."""

_LARGEST = 10_000
"""Instructions of a compiled pattern: with a line's length they bound the time of a search (RE2: WhyRE2)."""

_LACKS = "; patterns are read by RE2, which has no lookaround, backreferences or possessive repeats"
_LACKING = ("operator", "escape")
"""Words of RE2's, where a pattern asks for what other matchers have."""
_UNLIKE = re.compile(r"(?<!\\)(?:\\\\)*(\{,\d+\}|\\C)")
"""What RE2 takes, but in another meaning than Python's, or for half a character."""

_OTHER_OVER_LINES = re.compile(r"\\[AzQ]|\(\?[A-Za-z]*-")
"""What means one line's end alone even where a pattern is searched in many lines at once."""


class PatternError(ValueError):
    """A text is no pattern: why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where a pattern matches in a line: the place of its first group, in characters."""

    line: str
    begin: int
    end: int
    whole: bool
    """Whether all of the line was searched, and every match looked at."""

    @property
    def group(self) -> str | None:
        """What the first group holds; None: it took no part in the match."""
        return None if self.begin < 0 else self.line[self.begin : self.end]


class Pattern:
    """One pattern, to be searched in lines."""

    __slots__ = ("_compiled", "_over_lines", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._compiled = _compiled(text)
        self._over_lines = None if _OTHER_OVER_LINES.search(text) else _compiled(f"(?m:{text})")

    @property
    def groups(self) -> int:
        """How many groups it has."""
        return int(self._compiled.groups)

    def matches(self, line: bytes) -> bool:
        """Whether it matches somewhere in a line."""
        return self._compiled.search(_searched(line)) is not None

    def may_match(self, lines: bytes) -> bool:
        """Whether it may match one of many lines, each ended by a newline: no is sure, and told far sooner."""
        return self._over_lines is None or self._over_lines.search(_as_utf8(lines)) is not None

    def last(self, line: bytes | str) -> Match | None:
        """Return the last match of a line, the first group's place in it; None: there is none."""
        given = line if isinstance(line, bytes) else line.encode()
        data = _searched(given)
        if self._compiled.search(data) is None:  # most lines; cheaper than to ask for places in text
            return None
        text = data.decode("utf-8", "replace")
        spans = [match.span(min(1, self.groups)) for match in islice(self._compiled.finditer(text), MOST_MATCHES + 1)]
        whole = len(spans) <= MOST_MATCHES and len(given) <= LONGEST_LINE
        return Match(line=text, begin=spans[-1][0], end=spans[-1][1], whole=whole)


@lru_cache(maxsize=256)
def pattern(text: str) -> Pattern:
    """Return a text as a pattern. Raises PatternError, which says what is wrong and what there is instead."""
    return Pattern(text)


def _compiled(text: str) -> re2._Regexp:
    if unlike := _UNLIKE.search(text):
        raise PatternError(f"is no regular expression here: {unlike[1]}; write {{0,n}}, or . for a character")
    options = re2.Options()
    options.log_errors = False  # on standard error, past all that we say
    try:
        compiled = re2.compile(text, options)
    except UnicodeEncodeError as error:
        raise PatternError("is no regular expression: it is no UTF-8 text") from error
    except re2.error as error:
        why = error.args[0].decode("utf-8", "replace") if error.args else "not understood"
        lacks = _LACKS if any(word in why for word in _LACKING) else ""
        raise PatternError(f"is no regular expression: {why}{lacks}") from None
    if compiled.programsize > _LARGEST:
        raise PatternError("is a regular expression too large to be searched for in time: repeat less in it")
    return compiled


def _searched(line: bytes) -> bytes:
    """Return what is searched of a line, as UTF-8."""
    return _as_utf8(line[:LONGEST_LINE])


def _as_utf8(data: bytes) -> bytes:
    return data if data.isascii() else data.decode("utf-8", "replace").encode()
