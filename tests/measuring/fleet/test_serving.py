"""A worker waits for a scheduler: what it says meanwhile."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

from bench.measuring.fleet.certificates import make_certificates
from tests.measuring.fleet.conftest import Start, eventually


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
        said, _ = process.communicate()
        relay.shutdown(socket.SHUT_RDWR)
    lines = said.splitlines()
    assert len(lines) == len(set(lines)) <= 3, said
