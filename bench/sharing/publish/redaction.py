"""Redaction: words, home folders and network addresses are replaced in every text, and searched for afterwards."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.sharing.publish.identity import USER, Secret

ADDRESS = "ADDRESS"

_HOME = re.compile(rf"(/home/|/Users/)(?!{USER}\b)[^/\s\"'<>:,;)]+")
_MAC = re.compile(r"(?<![\w:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])")
_V4 = re.compile(r"(?<![\w.+~])(?:\d{1,3}\.){3}\d{1,3}(?![\w+~]|\.\d|-\d)")
"""Not within a version such as 1:9.18.33.1-1~deb12, which has other signs beside it."""
_V6 = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_VERSIONS = frozenset({"version", "versions"})
"""Keys below which four numbers with dots are no address."""

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """Replaces what identifies somebody, and finds what was not replaced."""

    secrets: tuple[Secret, ...]
    _words: re.Pattern[str] = field(init=False)
    _instead: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        longest_first = sorted((one.word for one in self.secrets), key=len, reverse=True)
        choice = "|".join(map(re.escape, longest_first)) or r"(?!)"
        object.__setattr__(self, "_words", re.compile(rf"(?<![A-Za-z0-9])(?:{choice})(?![A-Za-z0-9])", re.IGNORECASE))
        object.__setattr__(self, "_instead", {one.word.casefold(): one.instead for one in self.secrets})

    def text(self, text: str, *, addresses: bool = True) -> str:
        """Return a text without what identifies somebody; ``addresses``: network addresses, too."""
        clean = self._words.sub(lambda found: self._instead[found[0].casefold()], text)
        clean = _HOME.sub(rf"\1{USER}", clean)
        # Again, until there is none: what stood beside one address may have hidden another.
        while addresses and (found := max(_addresses(clean), key=len, default="")):
            clean = clean.replace(found, ADDRESS)
        return clean

    def document(self, value: Json, *, addresses: bool = True) -> Json:
        """Return a JSON document with every string in it redacted, keys included."""
        if isinstance(value, str):
            return self.text(value, addresses=addresses)
        if isinstance(value, list):
            return [self.document(one, addresses=addresses) for one in value]
        if isinstance(value, dict):
            return {
                self.text(key, addresses=addresses): self.document(one, addresses=addresses and key not in _VERSIONS)
                for key, one in value.items()
            }
        return value

    def left(self, text: str, *, addresses: bool = True) -> list[str]:
        """Return what identifies somebody in a text, each once, in order of sight."""
        found = [match[0] for match in self._words.finditer(text)] + [match[0] for match in _HOME.finditer(text)]
        return list(dict.fromkeys([*found, *(_addresses(text) if addresses else ())]))

    def left_in(self, value: Json, *, addresses: bool = True) -> list[str]:
        """Return what identifies somebody in a JSON document, by the rules of ``document``."""
        if isinstance(value, str):
            return self.left(value, addresses=addresses)
        if isinstance(value, list):
            return [word for one in value for word in self.left_in(one, addresses=addresses)]
        if isinstance(value, dict):
            keys = [word for key in value for word in self.left(key, addresses=addresses)]
            parts = [(one, addresses and key not in _VERSIONS) for key, one in value.items()]
            return keys + [word for one, also in parts for word in self.left_in(one, addresses=also)]
        return []


def _addresses(text: str) -> Iterator[str]:
    """Give every MAC and IP address but those that every machine has."""
    yield from (found[0] for found in _MAC.finditer(text))
    for pattern in (_V4, _V6):
        for found in pattern.finditer(text):
            try:
                address = ipaddress.ip_address(found[0])
            except ValueError:
                continue  # a time of day, a number with too many parts
            if not (address.is_loopback or address.is_unspecified):
                yield found[0]
