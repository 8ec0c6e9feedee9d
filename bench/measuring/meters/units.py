"""Units as tools write them behind a number: ``12.3k``, ``980us``, ``1.2MiB/s``."""

from __future__ import annotations

import re

_DECIMAL = {"": 1.0, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}
_PREFIXES = {**_BINARY, **_DECIMAL, "K": 1e3}
"""Binary ones first: a ``GiB`` is no G of ``iB``."""
_COUNTS = ("k", "M", "G", "T", *_BINARY)
"""What multiplies a plain number. ``K`` is 1000 to some tools and 1024 to others; ``m`` is a thousandth or a minute."""
_SECONDS = re.compile(r"([mnuµμ]?s)ecs?|()seconds?")
_LONGER = re.compile(r"m|mins?|minutes?|h|hrs?|hours?")


def in_unit(written: str, unit: str) -> float | None:
    """Return what a number written in one unit is multiplied by to be in another; None: that cannot be told.

    Bytes with a decimal prefix are only what they are called: a ``kB`` has 1000 of them or 1024.
    """
    if not written or written == unit:
        return 1.0
    if written in _COUNTS:
        return _PREFIXES[written]
    wanted = unit.removeprefix("1")
    for prefix, scale in _PREFIXES.items():
        base = written.removeprefix(prefix)
        if written.startswith(prefix) and base and (prefix in _BINARY or not _is_bytes(base)):
            for other, size in _DECIMAL.items() | _BINARY.items():
                if wanted == other + base and prefix != "K":
                    return scale / size
    return None


def _is_bytes(base: str) -> bool:
    return base[0] in "Bb" and not base.startswith("bit")


def others(unit: str) -> list[str]:
    """Return a unit of the same kind in every other size, none at all among them where it is a size alone."""
    sizes = sorted((prefix for prefix in _PREFIXES if prefix and unit.startswith(prefix)), key=len)
    base = unit.removeprefix(sizes[-1]) if sizes else unit
    return [prefix + base for prefix in _PREFIXES if prefix + base != unit]


def is_other_size(written: str, unit: str) -> bool:
    """Whether a word behind a number says that it is of the unit's kind, in another size of it."""
    wanted = _short(unit)
    word = _short(written if "/" in unit else written.partition("/")[0])
    longer = bool(_LONGER.fullmatch(word)) and "s" in (wanted, *others(wanted))
    return word != wanted and (word in _COUNTS or word in others(wanted) or longer)


def _short(word: str) -> str:
    return _SECONDS.sub(lambda found: found[1] or "s", word) if _SECONDS.fullmatch(word) else word
