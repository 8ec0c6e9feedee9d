"""Several instances at once, or so far apart: each is launched, kept and taken down by a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from bench.errors import BenchError, IsolationError, LeftoverError, said
from bench.host.signals import Interruptions
from bench.isolations.base import Instance, Isolation, Launch
from bench.isolations.timeline import Clock
from bench.measuring.many.standing import not_ready
from bench.measuring.many.start_line import StartLine


class OneOfMany:
    """One instance that is asked for beside others."""

    def __init__(self, isolation: Isolation, launch: Launch, line: StartLine, due_s: float) -> None:
        self.due_s = due_s
        """When it is asked for, counted from the go."""
        self.launch = replace(launch, line=self._stand)
        self.instance: Instance | None = None
        """None: it did not start, or has not yet (see ``started``)."""
        self.error: Exception | None = None
        self._isolation = isolation
        self._line = line
        self._has_arrived = False
        self._launched, self._dismissed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._live, name=f"instance {launch.label}", daemon=True)

    @property
    def due_ns(self) -> int:
        """When it was to be asked for: at its own request where all are asked for at the go."""
        requested_ns = self.instance.timeline.marks_ns["requested"] if self.instance else 0
        return self._line.went_ns + round(self.due_s * 1e9) if self.due_s else requested_ns

    def begin(self) -> None:
        """Let it be prepared; a host that has no thread left for that is why it does not start."""
        try:
            self._thread.start()
        except RuntimeError as error:
            self.error = IsolationError(f"Isobench itself: {error}", remedy="See `ulimit -u` and `pids.max`")
            self._launched.set()
            self._arrive()

    def started(self) -> str | None:
        """Wait until its launch has returned; say why it did not start, if it did not."""
        self._launched.wait()
        if self.instance is None and self.error is not None:
            return f"did not start: {said(self.error) if isinstance(self.error, BenchError) else self.error}"
        return None

    def dismiss(self) -> None:
        """Let its thread take it down."""
        self._dismissed.set()

    def gone(self) -> None:
        """Wait until it has been. Raises LeftoverError when something of it is left, and faults of our own."""
        if self._thread.ident is not None:
            self._thread.join()
        if isinstance(self.error, LeftoverError) or (self.error and not isinstance(self.error, BenchError | OSError)):
            raise self.error
        if self.instance is not None and "gone" not in self.instance.timeline.marks_ns:
            raise LeftoverError(f"nobody has seen that instance {self.launch.label} is gone") from self.error

    def _live(self) -> None:
        try:
            with self._isolation.launch(self.launch) as self.instance:
                self._arrive()
                self._launched.set()
                self._dismissed.wait()
        except Exception as error:  # noqa: BLE001 - kept for the thread that asks
            self.error = error
        finally:
            self._arrive()
            self._launched.set()

    def _stand(self) -> None:
        self._arrive()
        self._line.wait(self.due_s)

    def _arrive(self) -> None:
        if not self._has_arrived:
            self._has_arrived = True
            self._line.arrive()


@contextmanager
def asked_at_once(
    isolation: Isolation, launches: Sequence[Launch], interruptions: Interruptions, *, apart_s: float = 0.0
) -> Iterator[list[OneOfMany]]:
    """Prepare all, then ask for all at the same moment, or each so long after the one before; then see them all gone.

    Raises LeftoverError when something of one is left.
    """
    line = StartLine(len(launches))
    asked = [OneOfMany(isolation, launch, line, place * apart_s) for place, launch in enumerate(launches)]
    try:
        for one in asked:
            one.begin()
        with interruptions.allowed():
            line.wait_for_all()
        line.go()
        yield asked
    finally:
        line.call_off()
        for one in asked:
            one.dismiss()
        with ExitStack() as all_of_them:  # also those after one of which something is left
            for one in reversed(asked):
                all_of_them.callback(one.gone)


def waited_for(asked: Sequence[OneOfMany], timeout_s: float, clock: Clock) -> list[str | None]:
    """Wait until each is ready, ``timeout_s`` at most after all have started; say why those are not that are not."""
    found = [one.started() for one in asked]
    began_ns = clock.now_ns()
    for place, one in enumerate(asked):
        if one.instance is not None:
            left_s = timeout_s - (clock.now_ns() - began_ns) / 1e9
            found[place] = not_ready(one.instance, timeout_s, max(0.0, left_s))
    return found


def those_ready(asked: Sequence[OneOfMany], reasons: Sequence[str | None]) -> dict[Instance, Launch]:
    """Return those that are ready, by the reasons that ``waited_for`` gave."""
    return {one.instance: one.launch for one, why in zip(asked, reasons, strict=True) if one.instance and why is None}
