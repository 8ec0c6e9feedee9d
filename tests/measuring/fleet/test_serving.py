"""A worker waits for a scheduler: what it says meanwhile."""

from __future__ import annotations

import asyncio
import socket
import threading
from pathlib import Path

from distributed import Status, Worker

from bench.measuring.fleet.certificates import make_certificates
from bench.measuring.fleet.serving import close
from tests.measuring.fleet.conftest import COMES_S, Start, eventually


def test_who_takes_a_connection_and_ends_it_again_and_again_is_told_of_once(worker: Start, tmp_path: Path) -> None:
    """As a relay does, behind which no scheduler listens yet."""
    make_certificates(tmp_path, ["alpha"], days=1)
    came = list[str]()
    with socket.create_server(("127.0.0.1", 0)) as relay:

        def refuse() -> None:
            while True:
                try:
                    one, address = relay.accept()
                except OSError:
                    return
                came.append(str(address))
                one.close()

        threading.Thread(target=refuse, daemon=True).start()
        process = worker(f"tls://127.0.0.1:{relay.getsockname()[1]}", "alpha", "--tls", str(tmp_path / "alpha"))
        eventually(lambda: len(came) > 5)
        process.terminate()
        said, _ = process.communicate(timeout=COMES_S)
        relay.shutdown(socket.SHUT_RDWR)
    lines = said.splitlines()
    assert len(lines) == len(set(lines)) <= 3, said


def test_a_worker_that_is_stopped_while_its_start_fails_comes_to_an_end(address: str) -> None:
    """Nobody listens, so that it gives up and closes itself; that is then cancelled."""

    async def stopped() -> Status:
        worker = Worker(f"tcp://{address}", nthreads=1, dashboard_address="127.0.0.1:0", death_timeout=0.3)
        starting = asyncio.ensure_future(worker)
        while worker.status is not Status.closing:
            await asyncio.sleep(0)
        starting.cancel()
        await asyncio.wait((starting,))
        await close(worker)
        return worker.status

    assert asyncio.run(asyncio.wait_for(stopped(), COMES_S)) is Status.closing
