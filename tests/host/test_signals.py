"""Signals: held while nothing may be cut short, obeyed at once where it may, and only once."""

# ruff: noqa: PT012 - where within the block a signal is obeyed is what these tests are about

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from bench.errors import Interrupted
from bench.host.signals import Interruptions


@pytest.fixture
def interruptions() -> Iterator[Interruptions]:
    before = signal.signal(signal.SIGHUP, signal.default_int_handler)  # under nohup it is ignored, and stays so
    made = Interruptions()
    with made.handled():
        yield made
    signal.signal(signal.SIGHUP, before)


def send(number: signal.Signals = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_obeyed_at_once(interruptions: Interruptions, number: signal.Signals) -> None:
    with pytest.raises(Interrupted) as raised:
        send(number)
    assert raised.value.signal_name == number.name


def test_a_held_signal_is_obeyed_when_the_block_is_left(interruptions: Interruptions) -> None:
    reached = []
    with pytest.raises(Interrupted, match="SIGTERM"), interruptions.held():
        send(signal.SIGTERM)
        reached.append("the end of the block")
    assert reached


def test_a_held_signal_is_obeyed_also_when_the_block_fails(interruptions: Interruptions) -> None:
    with pytest.raises(Interrupted) as raised, interruptions.held():
        send()
        raise ValueError("the start failed")
    assert isinstance(raised.value.__context__, ValueError)


def test_blocks_within_blocks_hold_until_the_outermost_is_left(interruptions: Interruptions) -> None:
    reached = []
    with pytest.raises(Interrupted), interruptions.held():
        with interruptions.held():
            send()
        reached.append("after the inner block")
    assert reached


def test_allowed_within_held_obeys_at_once(interruptions: Interruptions) -> None:
    reached = []
    with interruptions.held():
        with pytest.raises(Interrupted), interruptions.allowed():
            send()
            reached.append("never")
        reached.append("the teardown")
    assert reached == ["the teardown"]


def test_a_pending_signal_is_obeyed_on_entering_allowed(interruptions: Interruptions) -> None:
    reached = []
    with interruptions.held():
        send()
        with pytest.raises(Interrupted), interruptions.allowed():
            reached.append("never")
    assert not reached


def test_held_again_after_allowed(interruptions: Interruptions) -> None:
    reached = []
    with pytest.raises(Interrupted), interruptions.held():
        with interruptions.allowed():
            pass
        send()
        reached.append("still held")
    assert reached


def test_only_the_first_signal_is_raised(interruptions: Interruptions) -> None:
    with pytest.raises(Interrupted, match="SIGINT"):
        send()
    send(signal.SIGTERM)
    with interruptions.held():
        send()


def test_the_first_of_two_held_signals_is_named(interruptions: Interruptions) -> None:
    with pytest.raises(Interrupted, match="SIGTERM"), interruptions.held():
        send(signal.SIGTERM)
        send(signal.SIGINT)


def test_former_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Interruptions().handled():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_who_was_told_to_ignore_a_lost_connection_still_does() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruptions().handled():
            send(signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
