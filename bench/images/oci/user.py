"""Who runs an image's commands: the numbers behind a name, by the image's own lists.

The rules are the engines' (moby/sys/user, GetExecUser): a number needs no entry; a group that is named replaces the
user's own ones; home is the entry's, else the root folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.errors import ImageError, did_you_mean
from bench.images.oci.files import quoted

_LARGEST_ID = (1 << 31) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Numbers, and the home folder."""

    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    """Further groups beside ``gid``."""
    home: str = "/"

    @property
    def privileged(self) -> bool:
        """Whether nothing is to be given up: the entry runs as root, to whom further groups open no door."""
        return self.uid == self.gid == 0


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of /etc/passwd or of /etc/group."""

    name: str
    number: int
    rest: Sequence[str]


def resolve(asked: str, passwd: str, group: str, wanted_by: str) -> User:
    """Return the user that ``USER`` of an image names: empty, a name or a number, and either with ``:GROUP``.

    ``passwd`` and ``group`` are the texts of the image's lists, empty where it has none. Raises ImageError when a name
    is in none of them.
    """
    name, _, group_name = asked.partition(":")
    users, groups = _entries(passwd), _entries(group)
    user = _found(name or "0", users)
    uid = user.number if user else _number(name or "0", users, f"{wanted_by} is to run as {asked!r}", "user")
    gid = (_digits(user.rest[0]) if user and user.rest else None) or 0
    further: tuple[int, ...] = ()
    if group_name:
        named = _found(group_name, groups)
        gid = named.number if named else _number(group_name, groups, f"{wanted_by} is to run as {asked!r}", "group")
    elif user:
        further = _groups_of(user.name, groups, gid)
    home = user.rest[2] if user and len(user.rest) > 2 else ""
    if "\0" in home:
        raise ImageError(
            f"{wanted_by} is to run as {asked!r}, whose home in its /etc/passwd is {home[:100]!r}",
            remedy="Mend that line; no path holds a NUL character",
        )
    return User(uid=uid, gid=gid, groups=further, home=home or "/")


def _entries(text: str) -> list[_Entry]:
    lines = [line.strip().split(":") for line in text.splitlines()]
    numbered = [(line, _digits(line[2])) for line in lines if len(line) > 2]
    return [
        _Entry(line[0], number, line[3:]) for line, number in numbered if number is not None and number <= _LARGEST_ID
    ]


def _digits(text: str) -> int | None:
    """Return a number, however many digits it has: beyond 20 it is too large whatever they are."""
    return int(text.lstrip("0")[:20] or "0") if text.isascii() and text.isdecimal() else None


def _found(asked: str, entries: Iterable[_Entry]) -> _Entry | None:
    """Return the first entry of that number, or name; what is a number is never taken for a name."""
    number = _digits(asked)
    return next((one for one in entries if (one.name == asked if number is None else one.number == number)), None)


def _groups_of(name: str, groups: Iterable[_Entry], gid: int) -> tuple[int, ...]:
    found = (one.number for one in groups if one.rest and name in one.rest[0].split(","))
    return tuple(dict.fromkeys(number for number in found if number != gid))


def _number(asked: str, entries: Sequence[_Entry], wanted: str, kind: str) -> int:
    """Return the number of somebody who is in no list."""
    number = _digits(asked)
    if number is None:
        listed = "/etc/passwd" if kind == "user" else "/etc/group"
        hint = did_you_mean(asked, [one.name for one in entries])
        raise ImageError(
            f"{wanted}, and its {listed} knows no {kind} {asked!r}{hint}",
            remedy="Name one that is there, or a number, as USER of the image",
        )
    if number > _LARGEST_ID:
        raise ImageError(
            f"{wanted}: {quoted(asked, 40)} is too large for a {kind}'s number", remedy="Use a smaller one"
        )
    return number
