"""Which isolations a command is about: the names on its line, ``all`` among them."""

from __future__ import annotations

from bench.errors import InputError
from bench.isolations import ALL, names, real_names, require


def wanted(text: str) -> list[str]:
    """Return the isolations that a comma-separated list names, each once, ``all`` for every one that runs something.

    Raises UnknownNameError for a name that nobody bears, InputError for a list that names none.
    """
    asked = [name.strip() for name in text.split(",") if name.strip()]
    if not asked:
        raise InputError("--isolation names none", remedy=f"Known: {', '.join([ALL, *names()])}")
    found = [one for name in asked for one in (real_names() if name == ALL else [name])]
    for name in found:
        require(name)
    return list(dict.fromkeys(found))
