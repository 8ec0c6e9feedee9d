"""The runtimes of an engine: which are registered, and how the known ones are registered with it.

Whatever is registered can be used, with no code for any of them here; the table below only says how ``doctor``
registers those that Debian packages.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.engine_ping import engine_info
from bench.errors import UnavailableError
from bench.isolations.base import Fault
from bench.isolations.docker_config import with_runtimes
from bench.isolations.remedy import missing_package
from bench.isolations.variants import VARIANTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A runtime that we know how to register."""

    program: str
    package: str
    arguments: tuple[str, ...] = ()


KNOWN: Mapping[str, Known] = {
    "runsc": Known(program="runsc", package="runsc", arguments=("--network=none",)),
    "runsc-net": Known(program="runsc", package="runsc", arguments=("--network=host",)),
}
"""gVisor twice: with a network stack of its own it cannot reach the container's; with ``--network=host`` it uses the
container's own namespace, so that bridges and published ports work."""


def missing(url: str, asked: Sequence[str]) -> Fault | None:
    """Return why an engine cannot run a container with this runtime; None where it can, or none is asked for."""
    if len(asked) > 1:
        return Fault(reason=f"a container has one runtime, not {' and '.join(asked)}", remedy=_say_variants())
    registered = _registered(url)
    if not asked or asked[0] in registered:
        return None
    [name] = asked
    if name not in KNOWN:
        return Fault(
            reason=f"the engine has no runtime {name!r}; it has {', '.join(sorted(registered))}",
            remedy=f'Register it under "runtimes" in the engine\'s daemon.json. {_say_variants()}',
        )
    if shutil.which(KNOWN[name].program) is None:
        return missing_package(f"the command {KNOWN[name].program} is missing", KNOWN[name].package)
    return _unregistered(url, name)


def without_network(url: str | None, runtime: str) -> bool:
    """Whether a runtime was registered with a network stack that reaches nothing."""
    return bool(runtime) and "--network=none" in _registered(url or "").get(runtime, ())


def _unregistered(url: str, name: str) -> Fault:
    """Return the fault of a runtime that is installed and that the engine does not know, with the change it takes."""
    entry = {"path": shutil.which(KNOWN[name].program), "runtimeArgs": list(KNOWN[name].arguments)}
    reason = f"the engine has no runtime {name}"
    try:
        change = with_runtimes(url, {name: entry})
    except UnavailableError as error:
        return Fault(reason=f"{reason}; {error.what}", remedy=error.remedy or "")
    return Fault(
        reason=reason,
        remedy=f"Register it in {change.file} and reload the engine: python -m bench doctor --fix",
        fix=change.apply,
        change=f"{change.difference}\nand a reload of the engine, process {change.engine} (SIGHUP)",
    )


def _say_variants() -> str:
    return f"Variants are {', '.join(VARIANTS['docker'])}; any other word is a runtime's name"


def _registered(url: str) -> Mapping[str, Sequence[str]]:
    """Return every runtime that the engine has, with the arguments it was registered with."""
    found = engine_info(url).get("Runtimes") or {}
    return {str(name): tuple((entry or {}).get("runtimeArgs") or ()) for name, entry in found.items()}
