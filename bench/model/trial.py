"""What a run measures, and what comes of it; ``bench.model`` offers these records as its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bench.model.parameters import Scalar, filled
from bench.model.scenario import Arm, Better, Envelope, Scenario, Storage, Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Scenario x parameters x isolation: what a round runs once."""

    scenario: Scenario
    parameters: Mapping[str, Scalar]
    isolation: str

    @property
    def parameters_text(self) -> str:
        """The parameters as canonical JSON: sorted keys, no spaces needed to compare."""
        return json.dumps(dict(self.parameters), sort_keys=True)

    @property
    def command(self) -> tuple[str, ...]:
        """The scenario's command with every ``{parameter}`` filled in."""
        return filled(self.scenario.command, self.parameters)

    @property
    def timed(self) -> bool:
        """Whether time is among what it measures; what is counted or refused minds no company."""
        untimed = self.scenario.untimed
        return not self.scenario.surface and not any(self.parameters[name] in untimed[name] for name in untimed)

    @property
    def arm(self) -> Arm:
        """The arm that the parameter ``arm`` names; one that changes nothing where the scenario has none."""
        found = (arm for arm in self.scenario.arms if arm.name == self.parameters.get("arm"))
        return next(found, Arm(name=""))

    @property
    def envelope(self) -> Envelope:
        """The scenario's envelope as this arm changes it."""
        network = self.arm.network
        return replace(self.scenario.envelope, network=network) if network else self.scenario.envelope

    @property
    def storage(self) -> Storage | None:
        """The scenario's storage as this arm changes it."""
        kind = self.arm.storage
        storage = self.scenario.storage
        return replace(storage, kind=kind) if storage and kind else storage

    @property
    def client_where(self) -> Where:
        """Where this arm's client runs."""
        client = self.scenario.client
        return self.arm.client or (client.where if client else "inside")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One fresh instance of one cell, to be measured once."""

    number: int
    round: int
    cell: Cell
    nonce: str
    """A random word from the run's seed, from which follows what differs between trials on purpose; no secret."""


class Kind(StrEnum):
    """How a trial can end."""

    OK = "ok"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    DID_NOT_RETURN = "did not return"
    UNSUPPORTED = "unsupported"
    SPOILED = "spoiled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a trial ended and, unless ok, why: one sentence with the remedy where there is one."""

    kind: Kind
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One number: what, how much, in which unit, seen by whom, when.

    ``vantage`` is who saw it: ``host``, ``cgroup``, ``guest``, ``workload``, ``harness``, or
    ``processes:ROLE`` for a sum over the instance's host processes of one role.
    ``at_s`` counts from the trial's request. ``step`` holds the parameters of the step it belongs to, none for
    a sample of the instance as a whole.
    """

    metric: str
    value: float
    unit: str
    vantage: str
    better: Better
    at_s: float
    step: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Everything one trial left behind; one line of the journal."""

    trial: Trial
    outcome: Outcome
    emulated: bool
    samples: tuple[Sample, ...]
    seen: Mapping[str, str]
    """What the instance reported from inside about the envelope it got."""
    tail: tuple[str, ...]
    """Last console lines, for a trial that did not end ok."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A mark on an isolation's timeline and what has happened when it is set."""

    mark: str
    label: str
