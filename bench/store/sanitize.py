"""What a run's files may bring in when they come from elsewhere: text that a terminal or a page would obey.

Files stay as they are. What is read from them has its control characters, escape sequences among them, and the marks
that turn the direction of writing, replaced by what shows them, and text of a length that no run writes is cut.
"""

from __future__ import annotations

import json
import re

LONGEST = 100_000
"""Characters of one text: the list of a kernel's functions that a piece of work enters takes up to 37,000."""

MOST_NAME = 200
"""Characters of a scenario's, isolation's or metric's name."""

# C0 but for tab and newline, DEL and C1, marks of direction (Unicode 9, UAX 9), separators of lines, lone surrogates.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


_SUSPECT = re.compile(rb'\\[ubfr]|[\x7f-\xff]|"[^"]{%d}' % LONGEST)
"""What JSON must hold for any of this to be in it: looked for first, because nearly no line has it."""


def is_plain(data: bytes) -> bool:
    """Say whether all text of a JSON document is surely plain as it stands."""
    if data.isascii() and b"\\" not in data and b"\x7f" not in data and len(data) <= LONGEST:
        return True  # told in a hundredth of the time that the pattern takes
    return _SUSPECT.search(data) is None


def read_json(data: bytes) -> object:
    """Return a JSON document with its text plain; raises ValueError for what is none, or too deep to be one of ours."""
    try:
        document: object = json.loads(data)
        return document if is_plain(data) else plain(document)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def plain(document: object) -> object:
    """Return a JSON document with all its text, keys included, made plain."""
    if isinstance(document, str):
        return plain_text(document)
    if isinstance(document, list):
        return [plain(one) for one in document]
    if isinstance(document, dict):
        return {plain_text(str(key)): plain(value) for key, value in document.items()}
    return document


def plain_text(text: str) -> str:
    """Return one text made plain: ``ESC [`` becomes ``␛[``, and what is too long says how much is missing."""
    if len(text) > LONGEST:  # with what is said of it, no longer than that: read again, from Parquet, it stays as it is
        kept = LONGEST - 60
        text = f"{text[:kept]} … ({len(text) - kept} more characters)"
    return visible(text)


def visible(text: str) -> str:
    """Return text whose control characters, but for tab and newline, are shown instead of obeyed."""
    return text if text.isprintable() else _CONTROL.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)  # the control pictures
    return "␡" if code == 0x7F else f"<U+{code:04X}>"
