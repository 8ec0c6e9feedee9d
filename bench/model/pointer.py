"""The way to a value in a JSON document: a JSON Pointer (RFC 6901), or keys between dots."""

from __future__ import annotations

import json
import re

_PART = re.compile(r'"((?:[^"\\]|\\.)+)"|([^."][^.]*)')


def pointer_keys(path: str) -> list[str]:
    """Return the keys of a path: a JSON Pointer (RFC 6901) if it begins with a slash, else parts between dots.

    A part in double quotes may hold dots. Raises ValueError for what is neither.
    """
    if path.startswith("/"):
        if re.search(r"~(?![01])", path):
            raise ValueError("a tilde in a JSON Pointer is written ~0")
        return [part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/")]
    parts, place = [], 0
    while found := _PART.match(path, place):
        parts.append(json.loads(found[0]) if found[1] else found[0])
        place = found.end() + 1
        if found.end() == len(path):
            return parts
        if path[found.end()] != ".":
            break
    raise ValueError("""should be a dotted path, like 'jobs.0.read.iops' or 'lat."99.9"', or a JSON Pointer""")
