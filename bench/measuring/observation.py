"""What is known of a trial so far, and how it ended: what the runner, the watch and the clients write into."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from bench.isolations.base import Instance
from bench.isolations.console import Console
from bench.model import Kind, Outcome, Sample, Trial

Inject = Callable[[Instance, Trial, str], AbstractContextManager[None]]
"""Entered once an instance of the run of that id is ready, left when its work has been counted: imposes a truth."""


class Ended(Exception):  # noqa: N818 - carries how a trial ended out of the watching code
    """A trial has come to an end that is not ok."""

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.outcome = Outcome(kind=kind, reason=reason)


@dataclass(slots=True, kw_only=True)
class Observation:
    """Everything seen of one trial; survives whatever goes wrong."""

    outcome: Outcome = field(default_factory=lambda: Outcome(kind=Kind.OK))
    samples: list[Sample] = field(default_factory=list)
    instance: Instance | None = None
    client: Console | None = None
    """What a client on the host has said, where there was one."""
    throttled: int | None = None
    own_cpu_s: float | None = None
    """CPU time of the instance from its beginning to its end, with that of a client that shares its CPUs."""
    beside_cpu_s: float = 0.0
    """CPU time of a client or a neighbour on the instance's CPUs."""
    at_memory_limit: bool = False
    """Whether the instance came so close to its memory limit that the kernel took memory back from it."""
    notes: dict[str, str] = field(default_factory=dict)
    """Facts that are no numbers, kept beside what the instance saw of its envelope."""

    def raw_console(self) -> bytes:
        """Return every byte that instance and client have written."""
        raw = self.instance.console.raw if self.instance else b""
        return raw if self.client is None else raw + b"\n---- the client on the host ----\n" + self.client.raw

    def tail(self) -> tuple[str, ...]:
        """Return the last lines a person would look at: the instance's, then the client's."""
        said = self.instance.console.tail() if self.instance else ()
        client = self.client.tail() if self.client else ()
        return (*said, *(f"client: {line}" for line in client))
