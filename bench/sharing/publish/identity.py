"""What would tell readers whose machine a run was measured on: this machine's, and the run's own."""

from __future__ import annotations

import os
import platform
import pwd
import re
from collections.abc import Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bench.store.manifest import REDACTED_HOST, Manifest

HOST, USER, PLACE, IDENTIFIER = REDACTED_HOST, "USER", "PATH", "ID"
"""What stands in the place of what was redacted."""

_PERSONS = range(1000, 60000)
"""User ids that Debian gives to people (adduser.conf)."""
_IDENTIFIERS = (
    "/etc/machine-id", "/var/lib/dbus/machine-id", "/proc/sys/kernel/random/boot_id", "/sys/class/dmi/id/product_uuid",
    "/sys/class/dmi/id/product_serial",
)  # fmt: skip
_TELLING_NOTHING = frozenset({
    "root", "nobody", "user", "users", "localhost", "host", "path", "id", "address", "home", "tmp", "bench", "isobench",
    "python", "linux", "none",
})  # fmt: skip
"""Names so common, or so much Isobench's own, that they identify nobody."""
_SHORTEST = 3
"""A shorter word is too often a part of something else to be replaced wherever it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A word that must not be published: what it is, for messages, and what is written instead."""

    word: str
    what: str
    instead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is redacted as a word, and which names are not, because the run's own vocabulary has them, too."""

    secrets: tuple[Secret, ...]
    ambiguous: tuple[Secret, ...] = ()


def identity(
    runs: Mapping[Path, Manifest], *, hosts: Mapping[str, str] = MappingProxyType({}), keep: Set[str] = frozenset()
) -> Identity:
    """Gather the names, paths and identifiers of this machine and of runs, by folder; ``keep`` are not to be redacted.

    ``hosts`` are the names that a fleet gave its hosts, with what stands in their place.
    A name that is also one of an isolation, a scenario, a parameter, an image, a metric or an operating system, or is
    shorter than three characters, is ambiguous: in running text nobody can tell the one from the other.
    """
    known = [Secret(word=name, what="a host's name", instead=instead) for name, instead in hosts.items()]
    known += [secret for folder, manifest in runs.items() for secret in _of_run(manifest, folder)]
    known += _of_machine()
    unique: dict[str, Secret] = {}
    for one in known:
        if one.word.casefold() not in _TELLING_NOTHING:
            unique.setdefault(one.word.casefold(), one)
    wanted = [one for word, one in unique.items() if word not in {name.casefold() for name in keep}]
    vocabulary = {word for manifest in runs.values() for word in _vocabulary(manifest)}
    unclear = [one for one in wanted if _is_unclear(one, vocabulary)]
    clear = sorted((one for one in wanted if one not in unclear), key=lambda one: (-len(one.word), one.word))
    return Identity(secrets=tuple(clear), ambiguous=tuple(unclear))


def _is_unclear(secret: Secret, vocabulary: Set[str]) -> bool:
    return len(secret.word) < _SHORTEST or secret.word.isdigit() or secret.word.casefold() in vocabulary


def _of_run(manifest: Manifest, run_dir: Path) -> Iterator[Secret]:
    yield from _hosts(manifest.host.name)
    for engine in {one.engine.get("id", "") for one in manifest.isolations.values()} - {""}:
        yield Secret(word=engine, what="an engine's identifier", instead=IDENTIFIER)
    yield from _place(run_dir.absolute())
    yield from _place(run_dir.resolve())
    yield from _place(run_dir.resolve().parent)


def _of_machine() -> Iterator[Secret]:
    yield from _hosts(platform.node())
    people = [entry for entry in pwd.getpwall() if entry.pw_uid in _PERSONS or entry.pw_uid == os.getuid()]
    names = {entry.pw_name for entry in people} | {os.environ.get(key, "") for key in ("SUDO_USER", "USER", "LOGNAME")}
    yield from (Secret(word=name, what="a user's name", instead=USER) for name in sorted(names) if name)
    for home in sorted({entry.pw_dir for entry in people} | {str(Path.home())}):
        yield from _place(Path(home))
    yield from _place(Path(__file__).resolve().parents[3])
    yield from _place(Path.cwd())
    for file in _IDENTIFIERS:
        with suppress(OSError, UnicodeDecodeError):  # not on this machine, or not for this user
            if word := Path(file).read_text().strip():
                yield Secret(word=word, what="a machine's identifier", instead=IDENTIFIER)


def _hosts(name: str) -> Iterator[Secret]:
    for word in {name, name.partition(".")[0]} - {""}:
        yield Secret(word=word, what="the host's name", instead=HOST)


def _place(path: Path) -> Iterator[Secret]:
    """Give a path that is nobody else's, too: ``/``, ``/root``, ``/tmp`` are on every machine."""
    if path.is_absolute() and len(path.parts) > 2:
        yield Secret(word=str(path), what="a path", instead=PLACE)


def _vocabulary(manifest: Manifest) -> set[str]:
    host = manifest.host
    said = [
        *manifest.isolations,
        *manifest.images,
        host.os,
        host.kernel,
        host.architecture,
        host.cpu_model,
        host.virtual,
    ]
    for name, scenario in manifest.scenarios.items():
        said += [name, scenario.image, *(metric.name for metric in scenario.metrics)]
        for dimension, choices in scenario.dimensions.items():
            said += [dimension, *map(str, choices)]
    whole = {text.casefold() for text in said}
    return whole | {word for text in whole for word in re.findall(r"[a-z0-9]+", text)}
