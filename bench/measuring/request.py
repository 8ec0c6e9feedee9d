"""What is asked of a run, what hears how it goes on, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.errors import StoreError
from bench.images.boot.guest_kernel import GuestKernel
from bench.isolations.base import Availability
from bench.isolations.remedy import Consents
from bench.measuring.observation import Inject
from bench.measuring.stopping import KeptTrial, Look, Rule, Width
from bench.model import Cell, Measurement, Recipe, Scenario, Trial
from bench.store.manifest import AskedFor, Difference, Manifest
from bench.store.stored import StoredEnding


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """A run that is taken up again; who asks for it holds its folder (``bench.store.writer``)."""

    folder: Path
    manifest: Manifest
    """As the run has left it."""
    kept: Sequence[StoredEnding]
    """The trials of its journal, in order."""
    accept: Callable[[Manifest], tuple[Difference, ...]]
    """Told what the run would be if it began now; returns what has changed. Raises InputError where that is refused."""

    @property
    def trials(self) -> list[KeptTrial]:
        """Those trials as the plan knows them."""
        return [KeptTrial(round=it.round, key=(it.scenario, it.parameters_text, it.isolation)) for it in self.kept]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for."""

    scenarios: Sequence[Scenario]
    recipes: Mapping[str, Recipe]
    """Image recipes by the name scenarios give them."""
    isolations: Sequence[str]
    results: Path
    seed: int
    rule: Rule = field(default_factory=Rule)
    """When to stop; one that says nothing leaves it to each scenario's own number of rounds."""
    quick: bool
    beside: Set[str] = frozenset()
    """Isolations that are there for scenarios with rungs alone."""
    consents: Consents | None = None
    """Asked before a remedy is applied, which is before isolations are tried; None: none is applied."""
    command_line: Sequence[str]
    guest_kernel: GuestKernel | None = None
    """A kernel of the user's own for guests; None: that of each image's release."""
    inject: Inject | None = None
    """A truth that the host imposes on every instance, for a calibration; None: nothing."""
    asked: AskedFor | None = None
    """What the manifest keeps for who takes the run up again; None: nobody can."""
    resumption: Resumption | None = None
    """The run that is taken up; None: a new one."""


class Listener(Protocol):
    """Hears how a run goes on; the core itself prints nothing."""

    def say(self, line: str) -> None:
        """Something is being prepared, or needs the user's attention."""

    def checked(self, host: str, availabilities: Sequence[Availability]) -> None:
        """The host is known, and which isolations really run on it."""

    def opened(self, folder: Path) -> None:
        """The run's folder is there; what is measured is read from it."""

    def resumed(self, kept: int) -> None:
        """So many trials of the plan are in the journal already; told before the plan is."""

    def planned(self, trials: Sequence[Trial]) -> None:
        """These trials, in this order, are what is known to be run; called again when there are more."""

    def starting(self, trial: Trial) -> None:
        """A trial is about to start."""

    def measured(self, measurement: Measurement) -> None:
        """A trial has ended and is in the journal."""

    def looked(self, look: Look) -> None:
        """How sure the figures are by now, where the rule asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run's folder, and how it went."""

    folder: Path
    outcomes: Mapping[str, int]
    interrupted: str | None
    refused: StoreError | None = None
    """Why it ended before its time: the disk refused what was to be kept of a trial."""


class Reader(Protocol):
    """Reads a run's data in a process of its own while the run goes on."""

    def loaded(self) -> None:
        """Return when it has loaded all that it needs, and does not load beside a trial."""

    def widths(self, folder: Path) -> Sequence[Width]:
        """Return how sure the figures in a run's folder are."""


class Unread:
    """Nobody reads: enough for a rule that does not look."""

    def loaded(self) -> None:
        """Return at once."""

    def widths(self, _folder: Path) -> Sequence[Width]:
        """Say nothing of how sure figures are."""
        return ()


UNREAD = Unread()


def concerns(request: Request, cell: Cell) -> bool:
    """Whether a scenario is about an isolation at all: one with rungs about those alone, the others about the rest."""
    rungs = {rung.isolation for rung in cell.scenario.rungs}
    return cell.isolation in rungs if rungs else cell.isolation not in request.beside
