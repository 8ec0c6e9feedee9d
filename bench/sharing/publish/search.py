"""The last look at a folder before it is published: is anything left that identifies somebody?"""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bench.sharing.publish.redaction import Redaction

_DATA = re.compile(r"data:[\w/+.-]+;base64,([A-Za-z0-9+/=]+)")
_PNG_TEXT = {b"tEXt", b"zTXt", b"iTXt", b"eXIf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A word that should not be there, and the file it is in, relative to the folder."""

    word: str
    file: str


def search(folder: Path, redaction: Redaction) -> list[Left]:
    """Return what identifies somebody in the files of ``folder`` and their names, by file and in order of sight."""
    found = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(file.relative_to(folder))
        words = dict.fromkeys([*redaction.left(name), *_in_file(file, redaction)])
        found += [Left(word=word, file=name) for word in words]
    return found


def _in_file(file: Path, redaction: Redaction) -> list[str]:
    if file.suffix == ".json":
        return redaction.left_in(json.loads(file.read_bytes()))
    if file.suffix == ".jsonl":
        return [word for line in file.read_text("utf-8").splitlines() for word in redaction.left_in(json.loads(line))]
    texts = _texts(file)
    return [word for text in texts for word in redaction.left(text)]


def _texts(file: Path) -> Iterator[str]:
    if file.suffix == ".parquet":
        yield from _of_table(pd.read_parquet(file))
    elif file.suffix == ".png":
        yield from _of_png(file.read_bytes())
    elif file.suffix == ".gz":
        yield gzip.decompress(file.read_bytes()).decode("utf-8", "replace")
    else:
        yield from _of_page(file.read_text("utf-8"))


def _of_table(table: pd.DataFrame) -> Iterator[str]:
    for name, dtype in table.dtypes.items():
        if pd.api.types.is_string_dtype(dtype):
            yield from map(str, table[str(name)].dropna().unique())


def _of_page(text: str) -> Iterator[str]:
    """Give a text without what is packed into it, its unescaped form, and then what was packed."""
    plain = _DATA.sub("", text)
    yield plain
    yield html.unescape(plain)
    for packed in _DATA.findall(text):
        yield base64.b64decode(packed).decode("utf-8", "replace")


def _of_png(data: bytes) -> Iterator[str]:
    """Give the texts beside a picture (PNG specification, section 11.3.3), not its points."""
    place = 8
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        if kind in _PNG_TEXT:
            body = data[place + 8 : place + 8 + length]
            keyword, _, rest = body.partition(b"\0")
            yield (keyword + b" " + (zlib.decompress(rest[1:]) if kind == b"zTXt" else rest)).decode("latin-1")
        place += length + 12
