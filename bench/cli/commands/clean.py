"""``bench clean``: remove what dead runs have left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from bench import images
from bench.cli.exits import ExitCode
from bench.cli.terminal import Terminal
from bench.host.engine.docker_ping import answers
from bench.host.run_state import empty, engine_of, forget, forget_ids, is_dead, one_by_one, registered_runs, run_folder
from bench.host.tracing import tracefs
from bench.isolations.base import Isolation
from bench.isolations.registry import open_isolation, real_names
from bench.measuring import provision


class _Cleaning:
    """Says what was removed and what could not be; a fault of one keeps nothing else from being cleaned."""

    def __init__(self) -> None:
        self._console = Terminal()
        self.removed = 0
        self.faults = 0

    def do(self, what: str, clean: Callable[[], Sequence[str]]) -> None:
        """Have something cleaned."""
        try:
            for line in clean():
                self.removed += 1
                self._say(f"removed {line}")
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a third party's fault, too, must not end anything else
            self.fault(f"{what}: {error}")

    def opened(self, name: str) -> Isolation | None:
        """Open an isolation; one whose library is not here has left nothing from here, but its user wants to know."""
        try:
            return open_isolation(name, "clean")
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the same
            self._say(f"{name}: {error}")
            return None

    def fault(self, line: str) -> None:
        """Say what could not be done."""
        self.faults += 1
        self._say(line)

    def _say(self, line: str) -> None:
        self._console.print(line, soft_wrap=True)


@one_by_one()
def clean() -> None:
    """Ask every isolation, then remove the scratch space; print each thing removed, or that there was none.

    A run is remembered for as long as anything of it could not be looked at. Exits with 1 then.
    """
    cleaning, left = _Cleaning(), frozenset(filter(is_dead, registered_runs()))  # one that dies meanwhile is for later
    dead = left.__contains__
    for name in real_names():
        if isolation := cleaning.opened(name):
            cleaning.do(name, partial(isolation.clean, dead))
    cleaning.do("provision", partial(provision.remove_leftover_images, dead))
    cleaning.do("tracing", partial(tracefs.leftover, dead))
    cleaning.do("cache", images.clean)
    blind = cleaning.faults > 0
    for run in sorted(left):
        engine = engine_of(run)
        silent = engine is not None and not answers(engine)
        if silent:
            cleaning.fault(
                f"run {run} has used the engine at {engine}, which does not answer: a container or a volume of it may "
                f"be left there. Start it (python -m bench doctor --fix) and clean again; where it is gone for good, "
                f"remove {run_folder(run)}"
            )
        cleaning.do(run, partial(_scratch_space, run, remember=blind or silent))
    forget_ids()
    if cleaning.faults:
        raise SystemExit(ExitCode.SOME_FAILED)
    if not cleaning.removed:
        Terminal().print("Nothing is left of dead runs.")


def _scratch_space(run: str, *, remember: bool) -> list[str]:
    found = empty(run) if remember else forget(run)
    return [f"scratch space of run {run}"] if found else []
