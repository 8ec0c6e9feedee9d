"""What runs on a worker when its fleet asks for it. What it has to say are events of dask's, of plain data.

Whatever they return stays on the worker: who asked reads the events alone, as data of somebody else.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from distributed import Status, get_worker

from bench.errors import BenchError, InputError
from bench.host.run_state import state_folder
from bench.host.subprocesses import Child
from bench.isolations.console import LIMIT_BYTES
from bench.measuring.fleet.admission import HostFacts
from bench.measuring.fleet.host_request import HostRequest, resuming
from bench.measuring.fleet.mirror import GrowingRun
from bench.measuring.image_set import build_images
from bench.model.version import __version__
from bench.scenario import load_recipes, load_selected
from bench.store.layout import MANIFEST

_LOOK_S = 1.0
"""Between looks at a run that grows: a few system calls, beside trials."""
_LEAVES_S = 120.0
"""A run that is told to end takes its instance down first."""
_KILL_S = 10.0

_ALONE = threading.Lock()
"""A worker that has lost its scheduler serves the next one while a run still takes itself down."""

_Tell = Callable[..., None]


def topic(fleet: str) -> str:
    """Return under which topic the hosts of a fleet speak."""
    return f"isobench-{fleet}"


def look(document: Mapping[str, object]) -> None:
    """Tell what this host is, after making ready the images that are asked for."""
    _answer(document, _look)


def measure(document: Mapping[str, object]) -> None:
    """Measure what is asked for by a run of this host's own, and send its folder while it grows.

    A run that is not wanted any more is told to end. What could not be sent stays here, and can be taken up.
    """
    _answer(document, _measure)


def forget(document: Mapping[str, object]) -> None:
    """Remove a run of which all has arrived."""
    _answer(document, lambda request, _tell: shutil.rmtree(_results(request), ignore_errors=True))


def _answer(document: Mapping[str, object], task: Callable[[HostRequest, _Tell], None]) -> None:
    """Do what is asked, one thing at a time; say why it cannot be done."""
    tell = _telling(document)
    try:
        with _ALONE:
            task(HostRequest.of(document), tell)
    except (BenchError, OSError) as error:
        tell("refused", reason=str(error))


def _look(request: HostRequest, tell: _Tell) -> None:
    began_s = time.time()
    scenarios = load_selected(request.scenarios, None, quick=request.quick)
    built = build_images(scenarios, load_recipes(scenarios, None), lambda line: tell("says", line=line))
    facts = HostFacts(
        machine=Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        versions={
            "isobench": __version__,
            "distributed": version("distributed"),
            "python": platform.python_version(),
        },
        scenarios={scenario.name: scenario.version for scenario in scenarios},
        images={name: image.digest for name, image in built.images.items()},
        began_s=began_s,
        told_s=time.time(),
    )
    tell("told", facts=asdict(facts))


def _measure(request: HostRequest, tell: _Tell) -> None:
    wanted = _wanted()
    results = _results(request)
    results.mkdir(parents=True, exist_ok=request.arrived is not None)
    while wanted() and (why := _full(results)):
        tell("full", reason=why)
        time.sleep(_LOOK_S)
    tell("began")
    with _alone(results) as held, ExitStack() as stack:
        growing = _found(results, request)
        if request.arrived and not growing:
            raise InputError("its run is not there any more", remedy="Measure this host anew")
        run = stack.enter_context(_run(request, results, held))
        while wanted() and not run.ended_within(_LOOK_S):
            growing = growing or _found(results, request)
            _send(growing, tell)
        if not wanted():
            run.end()
        growing = growing or _found(results, request)
        _send(growing, tell)
        tell("ended", code=run.wait(), digest=growing.digest if growing else "", said=run.tail(2))


def _full(results: Path) -> str:
    """Return why the disk would refuse what is kept of a trial; empty where it has room."""
    try:
        with tempfile.TemporaryFile(dir=results) as file:
            os.posix_fallocate(file.fileno(), 0, LIMIT_BYTES)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _results(request: HostRequest) -> Path:
    """Return where the runs of a request are kept, and are looked for when it is asked again."""
    return state_folder() / "fleet" / f"{request.fleet}-{request.seed}"


def _run(request: HostRequest, results: Path, held: int) -> Child:
    """Start a run, or take up the one that has begun; it holds the folder of its results as we do."""
    begun = _begun(results)
    words = [sys.executable, "-m", "bench", *(resuming(str(begun)) if begun else request.words(str(results)))]
    bound = ["setpriv", "--pdeathsig", "TERM", "--"]  # a worker that is killed leaves no run behind
    return Child("the run", [*bound, *words], terminate_s=_LEAVES_S, kill_s=_KILL_S, cwd=os.sep, pass_fds=(held,))


@contextmanager
def _alone(results: Path) -> Iterator[int]:
    """Hold a folder of results, as soon as the run that a worker before this one has left behind lets go of it.

    Raises InputError where that takes longer than a run takes to end.
    """
    until_s = time.monotonic() + _LEAVES_S + _KILL_S
    descriptor = os.open(results, os.O_RDONLY | os.O_DIRECTORY)
    try:
        while not _locked(descriptor):
            if time.monotonic() > until_s:
                raise InputError("its run goes on, by another worker of this name", remedy="End that worker")
            time.sleep(_LOOK_S)
        yield descriptor
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _telling(document: Mapping[str, object]) -> _Tell:
    """Return what tells who asked: an event of a kind, with whatever belongs to it."""
    worker, heard, ticket = get_worker(), topic(str(document.get("fleet"))), document.get("ticket")

    def tell(kind: str, **more: Any) -> None:
        worker.log_event(heard, {"ticket": ticket, "kind": kind, **more})

    return tell


def _wanted() -> Callable[[], bool]:
    """Return what tells whether who asked still waits: dask says so of the task, and of the worker."""
    worker = get_worker()
    key = worker.get_current_task()

    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        return worker.status is Status.running and task is not None and task.state == "executing"

    return wanted


def _begun(results: Path) -> Path | None:
    """Return the folder of the run that has begun in these results; None where it has not yet."""
    return next((file.parent for file in results.glob(f"*/{MANIFEST}")), None)


def _found(results: Path, request: HostRequest) -> GrowingRun | None:
    """Return the run that has begun, behind what of it has arrived; None where it has not yet."""
    begun = _begun(results)
    return GrowingRun(begun, request.arrived or 0, request.digest) if begun else None


def _send(growing: GrowingRun | None, tell: _Tell) -> None:
    for piece in growing.pieces() if growing else ():
        tell("piece", **piece)
