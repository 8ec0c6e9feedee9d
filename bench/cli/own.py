"""The options of ``bench run`` that bring a workload of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.errors import InputError
from bench.model import Scenario
from bench.scenario import own_scenario

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
