"""One instance, surveyed: asked from inside, traced from the host, summed up when all its work is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from bench.host import run_names
from bench.host.tracing.entered import Entered
from bench.isolations.base import Instance, Launch
from bench.measuring.observation import Ended
from bench.measuring.surface.answers import InsideView, view
from bench.measuring.surface.inside import surface_counts, surface_notes
from bench.measuring.surface.traced import HostTracer
from bench.model import Kind, Sample, Scalar

KNOWN_FUNCTION = "uptime_proc_show"
"""The function that the work of a calibration enters as often as it says, and nobody else: ``surface.c``, known."""

STEP, ASKING = "workload", "calls"
"""The client's step, and its value that asks; every other value names work that is traced."""


class Survey:
    """Stands beside the steps of one instance's client; its context has the tracer."""

    def __init__(self, instance: Instance, launch: Launch, run: str) -> None:
        self._instance = instance
        self._tracer = HostTracer(run_names.instance(run, launch.label))
        self._inside: InsideView | None = None

    def __enter__(self) -> Self:
        self._tracer.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tracer.close()

    @contextmanager
    def beside(self, step: Mapping[str, Scalar], number: str) -> Iterator[None]:
        """Watch one step, which the console knows by its number. Raises Ended where the probe's words are not whole."""
        work = str(step[STEP])
        if work != ASKING:
            with self._tracer.watching(self._instance, work):
                yield
            return
        yield
        try:
            self._inside = view(line.text for line in self._instance.console.lines(number))
        except (ValueError, LookupError) as error:
            raise Ended(Kind.FAILED, f"what the probe said cannot be read: {error}") from error

    def samples(self, at_s: float) -> list[Sample]:
        """Return what can be counted; what could not be traced is not among it."""
        found = surface_counts(self._inside, at_s) if self._inside else []
        tracer, by_work = self._tracer, {f".{work}": seen for work, seen in self._tracer.seen.items()}
        for of, seen in (by_work | {"": self._all()}).items() if by_work else ():
            if not tracer.no_calls:
                found.append(_host(f"host_syscalls{of}", len(seen.calls), at_s))
            if not tracer.no_functions:
                own = seen.functions.keys() - tracer.control.functions.keys()
                found.append(_host(f"host_functions{of}", len(own), at_s))
        return found

    def known(self, at_s: float) -> list[Sample]:
        """Return how often the tracer saw every system call, and the seeded function; nothing of what is untraced.

        Calls that were not made are told, too, as nought: what a calibration has seeded may be among them.
        """
        if self._tracer.no_calls or self._inside is None:
            return []
        work = self._all()
        seen = {call.name: work.calls[call.number] for call in self._inside.calls}
        if not self._tracer.no_functions:
            seen[KNOWN_FUNCTION] = work.functions[KNOWN_FUNCTION]
        return [_host(f"known.{name}", count, at_s) for name, count in seen.items()]

    def notes(self) -> dict[str, str]:
        """Return the tables, of each piece of work ``NAME:TIMES`` of what was entered, sorted; or why there is none."""
        tracer = self._tracer
        notes = dict(surface_notes(self._inside)) if self._inside else {}
        names = {call.number: call.name for call in self._inside.calls} if self._inside else {}
        notes |= {"surface.no_host_syscalls": tracer.no_calls} if tracer.no_calls else {}
        notes |= {"surface.no_host_functions": tracer.no_functions} if tracer.no_functions else {}
        for work, seen in tracer.seen.items():
            calls = {names.get(number, f"number-{number}"): count for number, count in seen.calls.items()}
            notes[f"surface.host_syscalls.{work}"] = _listed(calls)
            if not tracer.no_functions:
                entered = seen.functions.items()
                notes[f"surface.host_functions.{work}"] = _listed(
                    {name: count for name, count in entered if name not in tracer.control.functions}
                )
        return notes

    def _all(self) -> Entered:
        return sum(self._tracer.seen.values(), Entered())


def _host(name: str, count: int, at_s: float) -> Sample:
    return Sample(metric=f"surface.{name}", value=float(count), unit="1", vantage="host", better="lower", at_s=at_s)


def _listed(counts: Mapping[str, int]) -> str:
    return " ".join(f"{name}:{counts[name]}" for name in sorted(counts))
