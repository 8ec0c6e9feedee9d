"""Which files of two makings are not the same, in which way, and where they lie."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.measuring.provision.inventory import Inventory
from bench.model import Sample

_AREAS = (
    (r"/var/log/.*", "logs"),
    (r"/var/cache/.*|/var/lib/apt/lists/.*|.*/__pycache__/.*|/tmp/.*|/var/tmp/.*|/run/.*", "caches"),
    (r"/var/lib/dpkg/.*|/var/lib/apt/.*", "package records"),
    (r"/etc/(machine-id|shadow-?|hostname|hosts|ssl/private/.*|ssh/ssh_host_.*)|/var/lib/dbus/.*", "identity"),
    (r"/var/.*|/srv/.*|/home/.*|/root/.*", "data"),
    (r"/etc/.*", "configuration"),
)
"""Areas by the paths that belong to them; the first that fits counts, and all the rest is ``programs``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Paths that are not the same in two makings, each in one of the three ways."""

    content: tuple[str, ...] = ()
    """Another kind of file, other bytes, another target."""
    metadata: tuple[str, ...] = ()
    """The same content, but another mode, owner, group or time of modification."""
    presence: tuple[str, ...] = ()
    """Only in one of them."""

    @property
    def total(self) -> int:
        """How many paths drifted."""
        return len(self.content) + len(self.metadata) + len(self.presence)

    def lines(self) -> Iterator[str]:
        """Yield one line for each path: how it drifted, where it lies, what it is called."""
        for kind, paths in (("content", self.content), ("presence", self.presence), ("metadata", self.metadata)):
            yield from (f"drift {kind} ({area(path)}): {path}" for path in paths)

    def samples(self, at_s: float) -> list[Sample]:
        """Return how many files drifted in each way; those of other content also by where they lie."""
        kinds = {"content": self.content, "metadata": self.metadata, "presence": self.presence}
        samples = [_sample("provision.drift", len(paths), kind, at_s) for kind, paths in kinds.items()]
        samples.append(_sample("provision.drift", self.total, "total", at_s))
        areas = Counter(map(area, self.content))
        return samples + [_sample("provision.drift.content", areas[name], name, at_s) for name in sorted(areas)]


def drift_between(one: Inventory, other: Inventory) -> Drift:
    """Return what is not the same in two inventories."""
    both = sorted(one.keys() & other.keys())
    content = [path for path in both if (one[path].kind, one[path].content) != (other[path].kind, other[path].content)]
    changed = set(content)
    return Drift(
        content=tuple(content),
        metadata=tuple(path for path in both if path not in changed and one[path] != other[path]),
        presence=tuple(sorted(one.keys() ^ other.keys())),
    )


def area(path: str) -> str:
    """Return where a path lies, in a word for a person."""
    return next((name for pattern, name in _AREAS if re.fullmatch(pattern, path)), "programs")


def moved_packages(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return one line for each package that has another version, or is only in one; by name."""
    return [
        f"{name} {before.get(name, 'not there')} -> {now.get(name, 'not there')}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]


def _sample(metric: str, count: int, vantage: str, at_s: float) -> Sample:
    return Sample(metric=metric, value=float(count), unit="files", vantage=vantage, better="lower", at_s=at_s)
