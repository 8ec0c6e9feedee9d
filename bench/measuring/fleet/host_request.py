"""What a host is asked to do, as plain data: the words of ``bench run``, checked again by who is asked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Self

from pydantic import TypeAdapter, ValidationError

from bench.errors import InputError
from bench.model.version import __version__
from bench.store.fleets import FleetAsked


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRequest(FleetAsked):
    """One request. All hosts of a fleet get the same, each with a seed and a ticket of its own."""

    fleet: str
    ticket: str
    """Known to the host that was asked and to who asked: what comes back with it comes from there."""
    version: str = __version__
    seed: int
    arrived: int | None = None
    """How many bytes of its run's journal have arrived, of a run that is taken up; None: a new one."""
    digest: str = ""
    """SHA-256 of these."""

    def document(self) -> dict[str, object]:
        """Return it as plain data."""
        return {**asdict(self), "scenarios": list(self.scenarios)}

    @classmethod
    def of(cls, document: Mapping[str, object]) -> Self:
        """Read what ``document`` gives; raises InputError for another version, and for what is no request."""
        asked = document.get("version")
        if asked != __version__:
            raise InputError(
                f"asked by Isobench {asked}, and this host has {__version__}", remedy="Install the same on all hosts"
            )
        try:
            return TypeAdapter(cls).validate_python({**document, "scenarios": tuple(_list(document, "scenarios"))})
        except ValidationError as error:
            raise InputError(f"no request: {error.errors()[0]['msg']} ({error.errors()[0]['loc']})") from error

    def taken_up(self, arrived: int, digest: str) -> Self:
        """Return what asks for the rest of the run of which this much has arrived, with a ticket of its own."""
        return replace(self, ticket=new_ticket(), arrived=arrived, digest=digest)

    def words(self, results: str) -> list[str]:
        """Return it as the words behind ``bench``: a run without a report, kept in ``results``."""
        options = {
            "--isolation": self.isolation,
            "--rounds": self.rounds,
            "--precision": self.precision,
            "--budget": self.budget,
            "--seed": self.seed,
            "--results": results,
        }
        given = [f"{name}={value}" for name, value in options.items() if value is not None]
        return ["run", "--no-report", *given, *["--quick"] * self.quick, "--", *self.scenarios]


def new_ticket() -> str:
    """Return a ticket that nobody can guess."""
    return secrets.token_hex(8)


def resuming(run: str) -> list[str]:
    """Return what takes up a run where it lies, as the words behind ``bench``."""
    return ["resume", "--no-report", "--", run]


def host_seed(fleet_seed: int, number: int) -> int:
    """Return the seed of a host by its number in the fleet: the same always, and unlike that of any other."""
    digest = hashlib.sha256(f"{fleet_seed} {number}".encode()).digest()
    return int.from_bytes(digest[:8]) >> 1  # a seed has 63 bits


def _list(document: Mapping[str, object], key: str) -> list[object]:
    found = document.get(key)
    return list(found) if isinstance(found, list | tuple) else []
