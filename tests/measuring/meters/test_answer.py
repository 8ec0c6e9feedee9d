"""Asking a service: its first real answer counts, not that a port accepts. On loopback, with real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bench.host.cpus import free_port
from bench.measuring.meters.answer import Asking
from bench.model import Answer

PING = Answer(send=b"PING\r\n", expect=r"^\+PONG", says="PONG")


@contextmanager
def serving(answer: Callable[[int], bytes], *, port: int, after_s: float = 0.0) -> Iterator[None]:
    """Serve on loopback after a while; ``answer`` gets the number of the connection. Closes each after its answer."""
    over = threading.Event()

    def serve() -> None:
        if over.wait(after_s):
            return
        with socket.create_server(("127.0.0.1", port)) as server:
            server.settimeout(0.05)
            number = 0
            while not over.is_set():
                try:
                    connection, _address = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    number += 1
                    connection.recv(100)
                    connection.sendall(answer(number))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def first_answer(port: int, answer: Answer = PING, *, wait_s: float = 5.0) -> int | None:
    """Ask until answered or the time is over; return when the answer came."""
    answered = threading.Event()
    at: list[int] = []

    def on_answer(at_ns: int) -> None:
        at.append(at_ns)
        answered.set()

    with Asking("127.0.0.1", port, answer, on_answer):
        answered.wait(wait_s)
    return at[0] if at else None


def test_it_asks_until_somebody_is_there() -> None:
    port = free_port()
    began_ns = time.monotonic_ns()
    with serving(lambda _number: b"+PONG\r\n", port=port, after_s=0.3):
        at_ns = first_answer(port)
    assert at_ns is not None
    assert (at_ns - began_ns) / 1e9 >= 0.3


def test_an_answer_that_is_not_the_expected_one_is_none_yet() -> None:
    port = free_port()
    counted: list[int] = []

    def loading(number: int) -> bytes:
        counted.append(number)
        return b"-LOADING\r\n" if number < 4 else b"+PONG\r\n"

    with serving(loading, port=port):
        assert first_answer(port) is not None
    assert len(counted) == 4


def test_a_port_that_accepts_and_says_nothing_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert first_answer(silent.getsockname()[1], wait_s=0.5) is None


def test_a_greeting_needs_no_question() -> None:
    port = free_port()
    greeting = Answer(send=b"", expect="mariadb", says="greeting")
    with socket.create_server(("127.0.0.1", port)) as server:

        def greet() -> None:
            connection, _address = server.accept()
            connection.sendall(b"\x4a\0\0\0\x0a5.5.5-10.11.6-")
            time.sleep(0.05)
            connection.sendall(b"mariadb\xff\xfe")
            connection.close()

        thread = threading.Thread(target=greet)
        thread.start()
        assert first_answer(port, greeting) is not None, "also when it comes in pieces"
        thread.join()


def test_leaving_ends_the_asking() -> None:
    before = threading.active_count()
    with Asking("127.0.0.1", free_port(), PING, lambda _at_ns: pytest.fail("nobody is there")):
        pass
    assert threading.active_count() == before
