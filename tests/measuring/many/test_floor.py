"""Room on this host, as it is."""

from __future__ import annotations

import threading

from bench.measuring.many.floor import Room


def test_a_thread_takes_room_and_gives_it_back() -> None:
    leave = threading.Event()
    threads = [threading.Thread(target=leave.wait) for _ in range(200)]
    before = Room.now()
    for thread in threads:
        thread.start()
    during = Room.now()
    leave.set()
    for thread in threads:
        thread.join()
    assert before.tasks - during.tasks > 100
    assert 0 < during.available_bytes < 1 << 50
