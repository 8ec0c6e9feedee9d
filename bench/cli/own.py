"""The options of ``bench run`` that bring a workload of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from bench.errors import InputError
from bench.model import Scenario
from bench.scenario import own_scenario
from bench.store.manifest import OwnWorkload

_CPUS = 1
_MEMORY_MIB = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class AdhocOptions:
    """What was given; None, or nothing, where an option was left out."""

    image: str | None
    command: str | None
    ready: str | None
    metrics: Sequence[str]
    cpus: int | None
    memory_mib: int | None
    folder: Path = field(default_factory=Path.cwd)
    """Where a path of an image is seen from."""

    @classmethod
    def of(cls, kept: OwnWorkload) -> Self:
        """Return the options that a run has kept."""
        return cls(**{**asdict(kept), "folder": Path(kept.folder)})

    @property
    def asked(self) -> OwnWorkload | None:
        """What a run keeps of them; None: they make no scenario."""
        if self.image is None:
            return None
        given = {**asdict(self), "metrics": tuple(self.metrics), "folder": str(self.folder)}
        return OwnWorkload(**{**given, "cpus": self.cpus or _CPUS, "memory_mib": self.memory_mib or _MEMORY_MIB})

    def scenario(self, names: Sequence[str], *, quick: bool) -> Scenario | None:
        """Return the scenario that the options make; None: they make none.

        Raises InputError for options that need ``--image``, and where ``names`` ask for other scenarios as well;
        ScenarioError for an option that is wrong.
        """
        if self.image is None:
            self._require_none()
            return None
        if names:
            raise InputError(
                f"--image brings a scenario of its own, and {', '.join(names)} is asked for as well",
                remedy="Run them one after the other, or write a scenario file with image = { from = ... }",
            )
        return own_scenario(
            self.image,
            self.command,
            ready=self.ready,
            metrics=self.metrics,
            cpus=self.cpus or _CPUS,
            memory_mib=self.memory_mib or _MEMORY_MIB,
            quick=quick,
            folder=self.folder,
        )

    def _require_none(self) -> None:
        given = {
            "--command": self.command,
            "--ready": self.ready,
            "--metric": self.metrics or None,
            "--cpus": self.cpus,
            "--memory": self.memory_mib,
        }
        for option, value in given.items():
            if value is not None:
                raise InputError(
                    f"{option} belongs to --image, which is not given", remedy="Say in which image: --image"
                )
