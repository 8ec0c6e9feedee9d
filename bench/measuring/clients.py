"""What asks a service, or works in an empty instance: one command for every step, each measured by itself."""

from __future__ import annotations

import random
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from bench.isolations.base import Instance, Launch, Route
from bench.isolations.timeline import Clock
from bench.measuring.meters.cpu import cpu_samples, read_cpu
from bench.measuring.meters.numbers import MetricError
from bench.measuring.meters.throughput import check_output, series_samples, window_samples, workload_samples
from bench.measuring.observation import Ended
from bench.model import Client, Kind, Sample, Scalar, combinations, filled

_GLANCE_S = 0.25
"""How often, while a client works, somebody looks whether the service is still there."""

_REST_S = 0.25
"""Between two steps: a server may still be closing what the client before has left."""

_LINE_BYTES = 4000
"""A terminal, and so a virtual machine's console, takes no longer line (4096 bytes, N_TTY_BUF_SIZE)."""


Beside = Callable[[Mapping[str, Scalar], str], AbstractContextManager[None]]
"""Makes what is entered around a step, of which it is told the values, and the number that the console knows it by."""


class Clients:
    """Sends one scenario's client commands to where they run, one after another.

    ``seat`` obeys the host's lines: the instance itself, or a place beside it. The order of steps is random, the
    same for the same trial, so that no setting always follows the same other one.
    """

    def __init__(
        self,
        client: Client,
        instance: Instance,
        seat: Instance,
        launch: Launch,
        route: Route,
        clock: Clock,
        beside: Beside = lambda _step, _number: nullcontext(),
    ) -> None:
        self._beside = beside
        self._client = client
        self._instance = instance
        self._seat = seat
        self._clock = clock
        self._trial = launch.trial
        self._scenario = launch.trial.cell.scenario
        address = "127.0.0.1" if seat is instance else route.address
        known: dict[str, Scalar] = {"port": launch.port, "bind": route.bind, "address": address}
        known |= {"storage": launch.storage.path} if launch.storage else {}
        self._known: Mapping[str, Scalar] = {**launch.trial.cell.parameters, **known}
        self._sent = 0

    def set_up(self, deadline_ns: int) -> None:
        """Run the set-up commands, each once for every value of a step that it names. Raises Ended when one fails."""
        steps = combinations(self._scenario.steps)
        for words in self._client.setup:
            for sent in dict.fromkeys(filled(words, {**self._known, **step}) for step in steps):
                number = self._send(sent)
                self._await_done(number, deadline_ns, f"the set-up command {shlex.join(sent)}")

    def steps(self, deadline_ns: int) -> Iterator[list[Sample]]:
        """Run the client once for every step; yield each step's samples. Raises Ended when one fails."""
        wanted = combinations(self._scenario.steps)
        random.Random(self._trial.nonce).shuffle(wanted)
        for place, step in enumerate(wanted):
            self._clock.sleep(_REST_S if place else 0.0)
            what = "the client" + (" at " if step else "") + ", ".join(f"{key} = {step[key]}" for key in step)
            with self._beside(step, str(self._sent + 1)):
                samples = self._step(step, what, deadline_ns)
            yield [replace(sample, step=step) for sample in samples]

    def _step(self, step: Mapping[str, Scalar], what: str, deadline_ns: int) -> list[Sample]:
        window = self._scenario.window
        number = str(self._sent + 1)
        begin, finish = f"begin.{number}", f"finish.{number}"
        if window is not None:
            self._seat.console.listen({begin: window.begin, finish: window.finish})
        done = f"did.{number}"
        before, spent_s = read_cpu(self._instance, now_ns=self._clock.now_ns()), self._client_cpu_s()
        self._send(filled(self._client.command, {**self._known, **step}))
        if window is not None:
            self._await((begin, done), deadline_ns, what)
            before = read_cpu(self._instance, now_ns=self._clock.now_ns())
        self._await((finish, done), deadline_ns, what)
        after = read_cpu(self._instance, now_ns=self._clock.now_ns())
        self._await_done(number, deadline_ns, what)
        samples = cpu_samples(before, after, at_s=self._now_s())
        return [*samples, *self._spent(spent_s), *self._read(number, what)]

    def _spent(self, before_s: float | None) -> list[Sample]:
        """Return the CPU time that a client on the host took for a step, its own start included."""
        after_s = self._client_cpu_s()
        if before_s is None or after_s is None:
            return []
        used_s = after_s - before_s
        return [
            Sample(metric="client.cpu", value=used_s, unit="s", vantage="client", better="lower", at_s=self._now_s())
        ]

    def _client_cpu_s(self) -> float | None:
        account = self._seat.account if self._seat is not self._instance else None
        return account.read().cpu_s if account is not None else None

    def _read(self, number: str, what: str) -> list[Sample]:
        lines = list(self._seat.console.lines(number))
        if not any(line.data.strip() for line in lines):
            raise Ended(Kind.FAILED, f"{what} printed nothing: that is no result")
        window, at_s = self._scenario.window, self._now_s()
        try:
            check_output(self._scenario.output, lines)
            samples = workload_samples(self._scenario.metrics, lines, at_s=at_s)
            samples += series_samples(self._scenario.metrics, lines, requested_ns=self._requested_ns())
            return samples + (window_samples(window, lines, at_s=at_s) if window else [])
        except MetricError as error:
            raise Ended(Kind.FAILED, f"{what}: {error}") from error

    def _send(self, words: tuple[str, ...]) -> str:
        self._sent += 1
        line = f"run {self._sent} {shlex.join(words)}"
        if len(line.encode()) > _LINE_BYTES or "\n" in line:
            raise Ended(Kind.FAILED, f"the command {line[:60]}... is no single line of {_LINE_BYTES} bytes at most")
        self._seat.send(line)
        return str(self._sent)

    def _await_done(self, number: str, deadline_ns: int, what: str) -> None:
        self._await((f"did.{number}",), deadline_ns, what)
        status = self._seat.console.statuses.get(number)
        if status != 0:
            said = " / ".join(line.text.strip() for line in list(self._seat.console.lines(number))[-3:])
            raise Ended(Kind.FAILED, f"{what} ended with status {status}; it said: {said[:500] or 'nothing'}")

    def _await(self, events: tuple[str, ...], deadline_ns: int, what: str) -> None:
        """Wait for one of the events, while the service and the place of the client are still there."""
        lost = ("overflow", "left", "end", "closed")
        while True:
            left_s = (deadline_ns - self._clock.now_ns()) / 1e9
            if left_s <= 0:
                raise Ended(Kind.TIMED_OUT, f"{what} had not ended after {self._scenario.timeout_s:g} s in all")
            reached = self._seat.wait(*events, *lost, timeout_s=min(left_s, _GLANCE_S))
            if reached in events:
                return
            gone = reached or next((event for event in lost if self._instance.console.happened(event)), None)
            if gone:
                raise Ended(*self._loss(gone, what))

    def _loss(self, event: str, what: str) -> tuple[Kind, str]:
        account = self._instance.account
        if account is not None and account.read().oom_kills:
            return Kind.OUT_OF_MEMORY, f"a process was killed for memory during {what}"
        if event == "overflow":
            return Kind.FAILED, f"too much was written to the console during {what}"
        status = self._instance.console.statuses.get("left")
        ended = "the service" if event == "left" else "the instance"
        return Kind.FAILED, f"{ended} ended during {what}" + (f", with status {status}" if status is not None else "")

    def _now_s(self) -> float:
        return (self._clock.now_ns() - self._requested_ns()) / 1e9

    def _requested_ns(self) -> int:
        return self._instance.timeline.marks_ns.get("requested", 0)
