"""What tests with a real engine share: remedies applied, and gVisor registered as it should not be."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from bench.host.engine.docker_ping import engine_answers
from bench.isolations.base import Isolation
from bench.isolations.engines.docker_config import with_runtimes
from bench.isolations.registry import open_isolation
from bench.isolations.remedy import mend
from bench.model import Image
from bench.testing.launching import checked, unavailable


def opened(name: str, run: str, image: Image) -> Isolation:
    """Return the isolation, after the product's own remedies: gVisor is registered with the engine by them."""
    isolation = open_isolation(name, run)
    mend(isolation, lambda _line: None, lambda _why, _fault: True)
    return checked(isolation, image)


@contextmanager
def gvisor_registered(name: str, *arguments: str) -> Iterator[None]:
    """Register gVisor under a name with such arguments; the engine's configuration is put back afterwards."""
    engine, program = engine_answers(), shutil.which("runsc")
    if engine is None or program is None:
        unavailable("gVisor cannot be registered with an engine: one of them is missing")
    change = with_runtimes(engine, {name: {"path": program, "runtimeArgs": list(arguments)}})
    change.apply()
    try:
        yield
    finally:
        change.undo()
        assert change.file.read_text() == change.before
