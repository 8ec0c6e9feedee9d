"""Follows one instance from its launch to its exit, reading the meters on the way."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from bench.host.accounting import AccountReading
from bench.host.cpus import cpus_beside
from bench.host.signals import Interruptions
from bench.isolations.base import Instance, Isolation, Launch, Route
from bench.isolations.console import LIMIT_BYTES
from bench.isolations.envelope import mismatches, own_kernel
from bench.isolations.launched.bare import client_seat
from bench.measuring.clients import Clients
from bench.measuring.leave import STOPPED
from bench.measuring.meters.answer import Asking
from bench.measuring.meters.cpu import CpuReading, cpu_samples, read_cpu
from bench.measuring.meters.disk import disk_samples
from bench.measuring.meters.idle import idle_samples, read_idle
from bench.measuring.meters.limits import killed_all, limit_samples
from bench.measuring.meters.memory import guest_samples, memory_samples, peak_samples
from bench.measuring.meters.numbers import MetricError
from bench.measuring.meters.throughput import check_output, series_samples, window_samples, workload_samples
from bench.measuring.neighbour import accompanied
from bench.measuring.observation import Ended, Inject, Observation
from bench.measuring.surface import Survey
from bench.model import Kind, Sample

_EXIT_TIMEOUT_S = 30.0
"""How long an instance may take to leave after its workload has ended, and a service to stop when asked to."""

_NEAR = 0.9
"""Share of the memory limit from which an instance may wait for its own reclaim."""

_ANSWERED_INSIDE = (
    "a kernel of its own answers what is seeded: the host does not see it, only the calls that this kernel makes"
)

_OVER = ("overflow", "end", "left", "closed")
_ILLEGAL = ", an illegal instruction: it is built for a processor that has more than this isolation shows it"
"""As of an image for amd64/v3 in an emulated machine, whose processor has no AVX."""


class Watch:
    """One instance, to be watched once."""

    def __init__(
        self,
        isolation: Isolation,
        instance: Instance,
        launch: Launch,
        route: Route,
        observation: Observation,
        interruptions: Interruptions,
        inject: Inject | None = None,
    ) -> None:
        self._inject = inject
        self._isolation = isolation
        self._instance = instance
        self._launch = launch
        self._route = route
        self._scenario = launch.trial.cell.scenario
        self._observation = observation
        self._interruptions = interruptions

    def run(self, available_before_bytes: int) -> None:
        """Watch until the exit. Raises Ended for every way to end but ok."""
        self._await_ready()
        self._settle(available_before_bytes)
        self._idle()
        deadline_ns = self._isolation.clock.now_ns() + round(self._scenario.timeout_s * 1e9)
        if self._scenario.surface:
            self._survey(deadline_ns)
            self._await_end(self._isolation.clock.now_ns() + round(_EXIT_TIMEOUT_S * 1e9))
        elif self._launch.stays:
            self._serve(deadline_ns, available_before_bytes)
            self._await_end(self._isolation.clock.now_ns() + round(_EXIT_TIMEOUT_S * 1e9))
        else:
            with self._injected():
                self._count_cpu(deadline_ns)
            self._await_end(deadline_ns)
        account = self._instance.account
        books = account.read() if account is not None else AccountReading()
        self._take(peak_samples(self._instance, books, at_s=self._now_s()))
        self._take(disk_samples(self._instance, books, at_s=self._now_s()))
        if self._scenario.outgrows_memory:
            self._take(limit_samples(self._instance, at_s=self._now_s()))
        self._note_own_doing(books)
        held = self._instance.held()
        self._instance.dismiss()
        self._check_exit()
        self._check_envelope(held)
        if not self._launch.stays:
            self._read_output()

    def _injected(self) -> AbstractContextManager[None]:
        """What a calibration imposes on the instance; nothing for any other run."""
        if self._inject is None:
            return nullcontext()
        return self._inject(self._instance, self._launch.trial, self._isolation.run)

    def _await_ready(self) -> None:
        timeout_s = self._scenario.start_timeout_s
        deadline_ns = self._isolation.clock.now_ns() + round(timeout_s * 1e9)
        with self._asking():
            self._await_boot(timeout_s)
            reached = self._instance.wait("ready", *_OVER, timeout_s=self._left_s(deadline_ns))
        if reached == "ready":
            return
        started = self._instance.console.happened("start")
        if reached is None:
            raise Ended(
                Kind.TIMED_OUT,
                f"{'started, but not ready' if started else 'no start mark'} within {timeout_s:g} s",
            )
        self._refuse(reached, "before it was ready" if started else "before its start mark")

    def _await_boot(self, start_timeout_s: float) -> None:
        """Give a guest that may hang as it boots the time that its isolation allows, and never another try."""
        if self._isolation.boot_timeout_s is None:
            return
        timeout_s = min(self._isolation.boot_timeout_s, start_timeout_s)
        if self._instance.wait("start", *_OVER, timeout_s=timeout_s) is None:
            how = "it hung at boot" if self._instance.console.received_bytes else "it hung silently at boot"
            raise Ended(Kind.TIMED_OUT, f"no start mark within {timeout_s:g} s: {how}")

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Ask the service from the host, where its answer means ready."""
        answer = self._scenario.answer
        if not self._launch.answers or answer is None:
            yield
            return
        console = self._instance.console
        with Asking(self._route.address, self._launch.port, answer, lambda at_ns: console.note("ready", at_ns)):
            yield

    def _settle(self, available_before_bytes: int) -> None:
        settle_s = self._scenario.settle_s
        if settle_s is None:
            return
        self._rest(settle_s, f"settled for {settle_s:g} s: let it live longer, or lower settle_s")
        self._read_memory("idle", available_before_bytes)

    def _idle(self) -> None:
        """Watch what an instance that does nothing takes."""
        idle_s = self._scenario.idle_s
        if idle_s is None:
            return
        before = read_idle(self._instance, now_ns=self._isolation.clock.now_ns())
        self._rest(idle_s, f"been watched idle for {idle_s:g} s: let it live longer, or lower idle_s")
        after = read_idle(self._instance, now_ns=self._isolation.clock.now_ns())
        self._take(idle_samples(before, after, at_s=self._now_s()))

    def _rest(self, seconds: float, had: str) -> None:
        """Let time pass in which the workload should do nothing, and not end."""
        self._isolation.clock.sleep(seconds)
        if any(self._instance.console.happened(event) for event in ("end", "left", "closed")):
            raise Ended(Kind.FAILED, f"the workload ended before it had {had}")

    def _read_memory(self, when: str, available_before_bytes: int) -> None:
        before = available_before_bytes
        self._take(memory_samples(self._instance, when, available_before_bytes=before, at_s=self._now_s()))

    def _serve(self, deadline_ns: int, available_before_bytes: int) -> None:
        """Let the client work through its steps, read what serving takes, and ask the service to stop."""
        client = self._scenario.client
        assert client is not None
        with self._seat() as seat:
            clients = Clients(client, self._instance, seat, self._launch, self._route, self._isolation.clock)
            clients.set_up(deadline_ns)
            with self._neighbour():
                for samples in clients.steps(deadline_ns):
                    self._take(samples)
        if self._launch.command:
            self._read_memory("load", available_before_bytes)
        self._instance.dismiss()

    def _neighbour(self) -> AbstractContextManager[None]:
        """Who works beside the instance while its client does; nobody in most scenarios."""
        return accompanied(
            self._isolation, self._instance, self._launch, self._observation, self._interruptions, self._inject
        )

    def _survey(self, deadline_ns: int) -> None:
        """Let the client ask, and work under the host's tracer: no step of it is timed."""
        client = self._scenario.client
        assert client is not None
        with Survey(self._instance, self._launch, self._isolation.run) as survey:
            instance, clock = self._instance, self._isolation.clock
            clients = Clients(client, instance, instance, self._launch, self._route, clock, survey.beside)
            clients.set_up(deadline_ns)
            for _timed in clients.steps(deadline_ns):
                pass
        calibrates = self._inject is not None
        self._take(survey.known(self._now_s()) if calibrates else survey.samples(self._now_s()))
        self._observation.notes |= survey.notes()
        self._instance.dismiss()

    @contextmanager
    def _seat(self) -> Iterator[Instance]:
        """Yield where the client runs: the instance, or a place beside it on the host."""
        if self._launch.trial.cell.client_where == "inside":
            yield self._instance
            return
        cpus = cpus_beside(self._launch.envelope.cpu_set)
        with self._interruptions.held(), client_seat(self._isolation.run, self._launch, cpus) as seat:
            self._observation.client = seat.console
            with self._interruptions.allowed():
                yield seat
            if set(cpus) & set(self._launch.envelope.cpu_set):
                self._observation.beside_cpu_s += sum(read_cpu(seat, now_ns=0).used_s.values())

    def _count_cpu(self, deadline_ns: int) -> None:
        """Read CPU time at both ends of the workload's own window, or else now and at the workload's end."""
        if self._scenario.window is not None:
            self._instance.wait("window_begin", *_OVER, timeout_s=self._left_s(deadline_ns))
        before = self._cpu()
        self._instance.wait("window_finish", *_OVER, timeout_s=self._left_s(deadline_ns))
        self._take(cpu_samples(before, self._cpu(), at_s=self._now_s()))

    def _note_own_doing(self, books: AccountReading) -> None:
        """Note what the sentinels must not hold against others: what the instance used, and where it met its limits."""
        used_s = self._cpu().used_s
        limit_bytes = self._launch.envelope.memory_bytes
        self._observation.throttled = (
            books.throttled if self._inject is None else None
        )  # a quota of our own is no spoil
        self._observation.own_cpu_s = sum(used_s.values()) + self._observation.beside_cpu_s if used_s else None
        self._observation.at_memory_limit = (books.memory_peak_bytes or 0) > _NEAR * limit_bytes

    def _await_end(self, deadline_ns: int) -> None:
        reached = self._instance.wait("overflow", "end", "closed", timeout_s=self._left_s(deadline_ns))
        if reached is None and self._launch.stays:
            raise Ended(Kind.DID_NOT_RETURN, f"the service had not stopped {_EXIT_TIMEOUT_S:g} s after it was asked to")
        if reached is None:
            timeout_s = self._scenario.timeout_s
            raise Ended(Kind.TIMED_OUT, f"ready, but the workload had not ended after {timeout_s:g} s")
        if reached != "end":
            if self._scenario.outgrows_memory and (lost := killed_all(self._scenario.metrics, at_s=self._now_s())):
                self._take(lost)
                raise Ended(Kind.OK, "its limit has ended the whole instance")
            self._refuse(reached, "before its workload had ended")

    def _refuse(self, reached: str, when: str) -> None:
        """Say how an instance ended too early; always raises Ended."""
        if reached == "overflow":
            raise Ended(Kind.FAILED, f"the workload wrote more than {LIMIT_BYTES >> 20} MiB to the console")
        if reached == "left":
            self._instance.dismiss()
            reached = self._instance.wait("end", "closed", timeout_s=_EXIT_TIMEOUT_S) or "closed"
        if reached == "end":
            self._instance.dismiss()
        left = self._instance.wait_exit(_EXIT_TIMEOUT_S)
        if left is not None and left.out_of_memory:
            raise Ended(Kind.OUT_OF_MEMORY, f"killed for memory {when}")
        status = self._instance.console.status if reached == "end" else (left.status if left else None)
        raise Ended(Kind.FAILED, f"ended {when}" + (f", with status {status}" if status is not None else ""))

    def _check_exit(self) -> None:
        outgrows = self._scenario.outgrows_memory
        outcome = self._instance.see_off(_EXIT_TIMEOUT_S, may_outgrow_memory=outgrows)
        if outcome.kind is not Kind.OK:
            raise Ended(outcome.kind, outcome.reason)
        status = self._instance.console.status
        if status not in (STOPPED if self._launch.stays else (0,)):
            why = _ILLEGAL if status == 128 + signal.SIGILL else ""
            raise Ended(Kind.FAILED, f"the workload ended with status {status}{why}")

    def _check_envelope(self, held: Mapping[str, str]) -> None:
        seen = self._instance.console.seen
        if own_kernel(seen):
            if self._scenario.surface and self._inject is not None:
                raise Ended(Kind.UNSUPPORTED, _ANSWERED_INSIDE)
            self._take(guest_samples(seen, at_s=self._now_s()))
        storage = self._launch.storage
        kind = storage.kind if storage else None
        wrong = mismatches(seen, self._launch.envelope, held=held, storage=kind)
        if wrong:
            raise Ended(Kind.FAILED, "the envelope did not arrive: " + "; ".join(wrong))

    def _read_output(self) -> None:
        lines = list(self._instance.console.lines())
        try:
            check_output(self._scenario.output, lines)
            self._take(workload_samples(self._scenario.metrics, lines, at_s=self._now_s()))
            self._take(series_samples(self._scenario.metrics, lines, requested_ns=self._requested_ns()))
            if self._scenario.window is not None:
                self._take(window_samples(self._scenario.window, lines, at_s=self._now_s()))
        except MetricError as error:
            raise Ended(Kind.FAILED, str(error)) from error

    def _cpu(self) -> CpuReading:
        return read_cpu(self._instance, now_ns=self._isolation.clock.now_ns())

    def _left_s(self, deadline_ns: int) -> float:
        return max(0.0, (deadline_ns - self._isolation.clock.now_ns()) / 1e9)

    def _take(self, samples: list[Sample]) -> None:
        self._observation.samples += samples

    def _now_s(self) -> float:
        return (self._isolation.clock.now_ns() - self._requested_ns()) / 1e9

    def _requested_ns(self) -> int:
        return self._instance.timeline.marks_ns.get("requested", 0)
