"""The runtimes of an engine: which are registered, and how the known ones are registered with it.

Whatever is registered can be used, with no code for any of them here; the table below only says how ``doctor``
registers those that Debian packages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.errors import UnavailableError
from bench.host import cgroup, programs
from bench.host.engine.docker_ping import engine_info
from bench.host.subprocesses import version_of
from bench.isolations.base import Fault
from bench.isolations.engines.docker_config import with_runtimes
from bench.isolations.remedy import missing_package
from bench.isolations.variants import VARIANTS


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRuntime:
    """A runtime that we know how to register."""

    program: str
    package: str
    arguments: tuple[str, ...] = ()
    refuses: str = ""
    """The layout of control groups that it does not start under, as ``cgroup.version`` calls it."""


KNOWN: Mapping[str, KnownRuntime] = {
    "crun": KnownRuntime(program="crun", package="crun", refuses="hybrid"),
    "runsc": KnownRuntime(program="runsc", package="runsc", arguments=("--network=none",)),
    "runsc-net": KnownRuntime(program="runsc", package="runsc", arguments=("--network=host",)),
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
    if KNOWN[name].refuses == cgroup.version():
        return Fault(
            reason=f"the engine has no runtime {name}, which refuses this host's layout of control groups "
            f"({cgroup.version()})",
            remedy="Boot with systemd.unified_cgroup_hierarchy=1, then register it",
        )
    if programs.found(KNOWN[name].program) is None:
        return missing_package(f"the command {KNOWN[name].program} is missing", KNOWN[name].package)
    return _unregistered(url, name)


def without_network(url: str | None, runtime: str) -> bool:
    """Whether a runtime was registered with a network stack that reaches nothing."""
    return bool(runtime) and "--network=none" in _arguments(_registered(url or "").get(runtime, {}))


def version(url: str | None, runtime: str) -> str:
    """Return the version of a registered runtime's program, and what it was registered with; empty where unknown."""
    entry = _registered(url or "").get(runtime, {})
    program = programs.found(str(entry.get("path") or ""))
    return " ".join([*([version_of(program)] if program else []), *_arguments(entry)])


def _unregistered(url: str, name: str) -> Fault:
    """Return the fault of a runtime that is installed and that the engine does not know, with the change it takes."""
    entry = {"path": programs.found(KNOWN[name].program), "runtimeArgs": list(KNOWN[name].arguments)}
    reason = f"the engine has no runtime {name}"
    try:
        change = with_runtimes(url, {name: entry})
    except UnavailableError as error:
        return Fault(reason=f"{reason}; {error.what}", remedy=error.remedy or "")
    return Fault(
        reason=reason,
        remedy=f"Register it in {change.file} and reload the engine: python -m bench doctor --fix --yes",
        fix=change.apply,
        change=f"{change.difference}\nand a reload of the engine, process {change.engine} (SIGHUP), which takes up "
        "whatever else was changed in that file since it last read it",
    )


def _say_variants() -> str:
    return f"Variants are {', '.join(VARIANTS['docker'])}; any other word is a runtime's name"


def _registered(url: str) -> Mapping[str, Mapping[str, object]]:
    """Return every runtime that the engine has, with the entry under which it is registered."""
    found = engine_info(url).get("Runtimes") or {}
    return {str(name): entry or {} for name, entry in found.items()}


def _arguments(entry: Mapping[str, object]) -> Sequence[str]:
    found = entry.get("runtimeArgs")
    return [str(argument) for argument in found] if isinstance(found, list) else []
