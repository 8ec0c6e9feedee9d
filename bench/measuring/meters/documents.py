"""Numbers in the JSON that an output holds, between lines of another kind.

Several documents may follow each other, or stand one on a line: as with lines that match, the last that has what is
asked for counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TypeAlias

from bench.measuring.meters.numbers import MetricError, finite
from bench.model.pointer import pointer_keys

Document: TypeAlias = "dict[str, Document] | list[Document] | str | float | bool | None"

_BEGIN = re.compile(r"[{\[]")
_INDEX = re.compile(r"-?[0-9]{1,9}")
_DECODER = json.JSONDecoder(parse_int=float)  # whatever its length; it becomes a float in any case
_MOST_KEYS = 12
_PIECE, _NEAR = 4096, 16
"""Characters of the first piece that is tried; how far before its end a cut number, word or escape shows."""


def number_at(path: str, text: str, what: str) -> float:
    """Return the number that a path leads to. Raises MetricError, naming ``what``, with what is there instead."""
    documents = _documents(text, what)
    wrong = []
    for document in reversed(documents):
        try:
            found = _at(pointer_keys(path), document)
        except LookupError as error:
            wrong.append(str(error))
            continue
        if isinstance(found, bool) or not isinstance(found, float):
            raise MetricError(f"{what}: {json.dumps(found)[:80]} at {path!r} is not a number", remedy=_remedy(found))
        return finite(found, what)
    which = "the JSON output" if len(documents) == 1 else f"none of the {len(documents)} JSON documents of the output"
    has = "has no" if len(documents) == 1 else "has"
    raise MetricError(f"{what}: {which} {has} {path!r} ({wrong[0]})")


def _documents(text: str, what: str) -> list[Document]:
    """Return every document. What is broken is passed over up to where it breaks: no part of it is a document."""
    documents: list[Document] = []
    place, broken, whole = 0, None, len(text.rstrip())
    while begin := _BEGIN.search(text, place):
        try:
            document, place = _decoded(text, begin.start())
            documents.append(document)
        except _BrokenError as error:
            broken, place = error, max(error.place, begin.end())
            if error.place >= whole or error.unterminated:
                raise MetricError(f"{what}: the output holds no whole JSON document ({error.said(text)})") from error
        except RecursionError as error:
            raise MetricError(f"{what}: the output holds no JSON document that can be read (too deep)") from error
    if not documents:
        said = broken.said(text) if broken else "nothing in it begins one"
        raise MetricError(f"{what}: the output holds no JSON document ({said})")
    return documents


class _BrokenError(Exception):
    """What begins like a document is none."""

    def __init__(self, begin: int, error: json.JSONDecodeError) -> None:
        super().__init__(error.msg)
        self.begin = begin
        self.place = begin + error.pos
        self.unterminated = error.msg.startswith("Unterminated")

    def said(self, text: str) -> str:
        return f"what begins at line {text.count(chr(10), 0, self.begin) + 1} does not go on as one: {self}"


def _decoded(text: str, begin: int) -> tuple[Document, int]:
    """Return the document that begins at a place, and where it ends. Raises _BrokenError and RecursionError.

    A piece is tried first, and a larger one where it breaks near the piece's end: a decoder that fails counts the lines
    of all that it was given, so that a long log of brackets would take time by the square of its length.
    """
    size = _PIECE
    while True:
        piece = text[begin : begin + size]
        try:
            document, length = _DECODER.raw_decode(piece)
            return document, begin + length
        except json.JSONDecodeError as error:
            cut = error.pos > len(piece) - _NEAR or error.msg.startswith(("Unterminated", "Invalid \\"))
            if not cut or begin + size >= len(text):
                raise _BrokenError(begin, error) from None
        size *= 8


def _at(keys: Sequence[str], document: Document) -> Document:
    """Return what the keys lead to. Raises LookupError, which says where they end and what is there."""
    for key in keys:
        if isinstance(document, list) and _INDEX.fullmatch(key) and -len(document) <= int(key) < len(document):
            document = document[int(key)]
        elif isinstance(document, dict) and key in document:
            document = document[key]
        else:
            raise LookupError(f"at {key!r} there is {_there(document)}")
    return document


def _there(document: Document) -> str:
    if isinstance(document, dict):
        more = ", ..." if len(document) > _MOST_KEYS else ""
        return ", ".join(f"{key[:40]!r}" for key in list(document)[:_MOST_KEYS]) + more or "an object without keys"
    return f"a list of {len(document)}" if isinstance(document, list) else json.dumps(document)[:80]


def _remedy(found: Document) -> str:
    if isinstance(found, str):
        return "It is text there; a pattern can take it out of the line"
    return "Name a number" if isinstance(found, bool | None) else "Go on to one of its parts"
