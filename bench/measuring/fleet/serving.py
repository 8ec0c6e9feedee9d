"""A worker that waits for one fleet after another on this host."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

from distributed import Status, Worker

from bench.measuring.fleet.network import Endpoint, is_loopback, quiet

RESOURCE = "isobench-host"
"""A mark of dask's that every worker has once: a host measures one thing at a time."""
_AGAIN_S = 1.0
_CLOSES_S = 5.0

Again = Callable[[], Endpoint]
"""Gives the scheduler's address, with certificates that are still valid; raises InputError where they are not."""


def serve(place: Again, name: str, say: Callable[[str], None]) -> None:
    """Serve the schedulers that come up at an address, one after another, until SIGINT or SIGTERM.

    Raises InputError when the certificates have run out meanwhile.
    """
    with quiet():
        asyncio.run(_serve(place, name, say))


async def _serve(place: Again, name: str, say: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopped = asyncio.create_task(stop.wait())
    told = set[str]()

    def tell(line: str) -> None:
        """Say what has not been said since a scheduler was served: who refuses is asked again each second."""
        if line not in told:
            told.add(line)
            say(line)

    while not stop.is_set():
        endpoint = place()
        tell(f"{name} waits for a scheduler at {endpoint.address}")
        worker = _worker(endpoint, name)
        try:
            starting = asyncio.ensure_future(worker)
            await asyncio.wait((starting, stopped), return_when=asyncio.FIRST_COMPLETED)
            if not starting.done():
                starting.cancel()
                break
            if await _served(starting, worker, stopped, tell):
                told.clear()
        finally:
            await close(worker)


async def _served(
    starting: asyncio.Future[Worker], worker: Worker, stopped: asyncio.Task[bool], say: Callable[[str], None]
) -> bool:
    """Serve a scheduler until it ends; return whether one was there."""
    try:
        await starting
    except Exception as error:  # noqa: BLE001 - dask raises anything; the next scheduler may be better
        say(f"{worker.name}: {error.__cause__ or error}")
        await asyncio.sleep(_AGAIN_S)
        return False
    say(f"{worker.name} serves {worker.scheduler.address}")
    while worker.status is Status.running and not stopped.done():
        await asyncio.wait((stopped,), timeout=_AGAIN_S)
    return True


async def close(worker: Worker) -> None:
    """Close a worker; of one that was cancelled while it closed, dask never says that it has."""
    with suppress(TimeoutError):
        await asyncio.wait_for(worker.close(timeout=_AGAIN_S, executor_wait=False), _CLOSES_S)


def _worker(place: Endpoint, name: str) -> Worker:
    return Worker(
        place.address,
        host="127.0.0.1" if is_loopback(place.host) else None,
        security=place.security,
        name=name,
        nthreads=1,
        memory_limit=0,  # else it is looked at ten times a second
        resources={RESOURCE: 1},
        dashboard_address="127.0.0.1:0",
        death_timeout=None,
    )
