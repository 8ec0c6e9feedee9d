"""How a service is brought to life, and what it has lost: one trial brings it back by one way, to its answers.

============= =================================================================================================
way           what is done, from where the stopwatch starts
============= =================================================================================================
cold          it is launched as any instance
warm          nothing: it stands ready
pooled        nothing: it is handed out of a pool, the one that has stood ready in it for longest
thawed        the isolation lets it go on where it had been paused
restored      the isolation brings it back from a checkpoint whose files are in the page cache
restored-disk the same, once the files were dropped from the cache
mapped        the isolation maps the checkpoint's memory, in the page cache, and fetches what is touched
mapped-disk   the same, once the files were dropped from the cache
============= =================================================================================================

Before it is paused or written down the service has answered once. Samples, all better lower:

=========================== =============== ==================================================================
metric                      vantage         what
=========================== =============== ==================================================================
restore.time (s)            host            until the entry inside obeys: the first sign of life
restore.answer (s)          host            until the first answer, which was looked at and is right
restore.hundredth (s)       host            until the hundredth, the other 99 on one connection
restore.faults              minor, major    page faults of its processes meanwhile
restore.read (B)            processes       what they read from disks meanwhile
restore.checkpoint (B)      files           size of the checkpoint on the disk
restore.checkpoint_time (s) host            until it was made, and the instance held or ended by it
restore.clock_lag (s)       host            by how much its clock is behind the host's, at the first answer
restore.same_random         kernel, own     1: two copies of one checkpoint drew the same number, from the kernel
                                            or from the program's own generator
restore.lost_connection     inside          1: a connection that was open before does not answer any more
restore.memory (B)          own, shared     of a second copy while the first stands, of one handed out beside its pool
=========================== =============== ==================================================================

The service is asked inside, by a process that the entry starts, which is in all of these times alike: so no isolation
needs a network (``asking``). What is not cold must count on where it stood and hold the same data; one that does not
fails the trial, untimed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench.errors import IsolationError, UnknownNameError, said
from bench.host.run_state import scratch
from bench.host.signals import Interruptions
from bench.isolations.base import Fault, Instance, Isolation, Launch
from bench.isolations.revival.offers import Checkpoint, Checkpointing, Pausing, no_checkpoint, no_mapping, no_pause
from bench.measuring.leave import last_words, stop
from bench.measuring.meters.memory import available_bytes, memory_samples, own_and_shared_bytes
from bench.measuring.meters.paging import Paging, paging
from bench.measuring.observation import Ended, Observation
from bench.measuring.revival.asking import OVER, Asker, Reply
from bench.model import Cell, Kind, Sample

PARAMETER = "way"
"""The scenario's parameter that names the way."""
WAYS: Mapping[str, Callable[[Isolation], Fault | None]] = {
    "cold": lambda _isolation: None,
    "warm": lambda _isolation: None,
    "pooled": lambda _isolation: None,
    "thawed": no_pause,
    "restored": no_checkpoint,
    "restored-disk": no_checkpoint,
    "mapped": no_mapping,
    "mapped-disk": no_mapping,
}
"""Each with what says why an isolation has no such way."""

POOL = 4
"""Instances that stand ready where one is handed out."""
_REQUESTS = 100
_LEAVE_TIMEOUT_S = 60.0


def lacking(isolation: Isolation, cell: Cell) -> Fault | None:
    """Return why an isolation cannot bring a service to life by the cell's way; raises UnknownNameError for no way."""
    return WAYS[_way(cell)](isolation)


def _way(cell: Cell) -> str:
    way = str(cell.parameters.get(PARAMETER, ""))
    if way not in WAYS:
        raise UnknownNameError("way to bring a service to life", way, WAYS)
    return way


def revive(
    isolation: Isolation, launch_of: Callable[[int], Launch], observation: Observation, interruptions: Interruptions
) -> None:
    """Bring the service to life by the cell's way; nothing of it is left on return.

    ``launch_of`` gives the launch of instance 1, 2, ...: each needs a number of its own. Raises Ended for what took
    too long, ended too soon or was not right, BenchError else.
    """
    way = _way(launch_of(1).trial.cell)
    asker = Asker(launch_of(1), isolation.clock, interruptions)
    revival = _Revival(isolation, launch_of, observation, interruptions, asker, began_ns=isolation.clock.now_ns())
    with interruptions.held():
        if way == "cold":
            revival.cold()
        elif way == "pooled":
            revival.handed_out()
        elif way in ("warm", "thawed"):
            revival.standing(paused=way == "thawed")
        else:
            revival.written_down(cached=not way.endswith("-disk"), mapped=way.startswith("mapped"))


@dataclass(slots=True)
class _Revival:
    isolation: Isolation
    launch_of: Callable[[int], Launch]
    observation: Observation
    interruptions: Interruptions
    asker: Asker
    began_ns: int = 0

    def cold(self) -> None:
        """Launch it, and ask."""
        before_bytes = available_bytes()
        with self._ready(self.launch_of(1)) as instance:
            since_ns = instance.timeline.marks_ns["requested"]
            begun_ns = instance.console.at_ns("start")
            self._time(instance, since_ns, Paging(), answered=0, alive_ns=begun_ns)
            self._leave(instance, before_bytes)

    def standing(self, *, paused: bool) -> None:
        """Let one stand ready, paused or not, and ask it."""
        before_bytes = available_bytes()
        with self._ready(self.launch_of(1)) as instance:
            held = self._first(instance)
            isolation = self.isolation
            if paused:
                assert isinstance(isolation, Pausing)
                began_ns = self.isolation.clock.now_ns()
                isolation.pause(instance)
                self._take("restore.checkpoint_time", (self.isolation.clock.now_ns() - began_ns) / 1e9, "s")
            self._settle()
            before, since_ns = paging(instance), self.isolation.clock.now_ns()
            if isinstance(isolation, Pausing) and paused:
                isolation.thaw(instance)
            self._time(instance, since_ns, before, answered=1, held=held)
            self._leave(instance, before_bytes)

    def handed_out(self) -> None:
        """Fill a pool, let it stand, and ask the first of it while the others stand by."""
        with ExitStack() as pool:
            launches = [self.launch_of(number) for number in range(1, POOL + 1)]
            before_bytes = available_bytes()
            first = pool.enter_context(self._ready(launches[0]))
            standing = {first: launches[0]}
            held = self._first(first)
            for launch in launches[1:]:
                other = pool.enter_context(self._ready(launch))
                self._first(other)
                standing[other] = launch
            self.observation.instance = first
            self._settle()
            self._time(first, self.isolation.clock.now_ns(), paging(first), answered=1, held=held)
            self._remember(first)
            self._leave(first, before_bytes, standing)

    def written_down(self, *, cached: bool, mapped: bool) -> None:
        """Write one down, bring it back, then once more: what two copies have in common is told by that."""
        isolation, launch = self.isolation, self.launch_of(1)
        assert isinstance(isolation, Checkpointing)
        with scratch(isolation.run, launch.label, "checkpoint", entered=True) as folder:
            with self._ready(isolation.mappable(launch, folder) if mapped else launch) as instance:
                held = self._first(instance)
                began_ns = self.isolation.clock.now_ns()
                try:
                    checkpoint = isolation.checkpoint(instance, folder)
                except IsolationError as error:  # an open file, a timer, a socket that the tool does not write down
                    raise Ended(Kind.UNSUPPORTED, said(error)) from error
                self._take("restore.checkpoint_time", (self.isolation.clock.now_ns() - began_ns) / 1e9, "s")
            self._take("restore.checkpoint", _size_bytes(checkpoint), "B", "files")
            _bring_into_cache(checkpoint, wanted=cached)
            before_bytes = available_bytes()
            with isolation.restore(checkpoint, self.launch_of(2)) as first:
                self.observation.instance = first
                since_ns = first.timeline.marks_ns["requested"]
                drawn = self._time(first, since_ns, Paging(), answered=1, held=held)
                self._read_memory(first, before_bytes)
                with isolation.restore(checkpoint, self.launch_of(3)) as second:
                    self._compare(drawn, self.asker.ask(second, answered=1))
                    self._remember(second)
                    self._let_go({first: self.launch_of(2), second: self.launch_of(3)})

    @contextmanager
    def _ready(self, launch: Launch) -> Iterator[Instance]:
        """Launch one and wait until it is ready."""
        timeout_s = launch.trial.cell.scenario.start_timeout_s
        with self.isolation.launch(launch) as instance:
            self.observation.instance = instance
            with self.interruptions.allowed():
                reached = instance.wait("ready", *OVER, timeout_s=timeout_s)
            if reached is None:
                raise Ended(Kind.TIMED_OUT, f"not ready within {timeout_s:g} s")
            if reached != "ready":
                raise Ended(Kind.FAILED, f"ended before it was ready{last_words(instance)}")
            yield instance

    def _first(self, instance: Instance) -> Mapping[str, object]:
        """Have it answer once, so that all it needs for that is there; return what it holds."""
        self.asker.ask(instance, answered=0)
        return self.asker.held(instance, "before")

    def _time(
        self,
        instance: Instance,
        since_ns: int,
        before: Paging,
        *,
        answered: int,
        alive_ns: int | None = None,
        held: Mapping[str, object] | None = None,
    ) -> Reply:
        """Ask for the first answer and 99 more; keep the times since then, and what was fetched for them.

        Nothing is kept where the service does not hold what it ``held``.
        """
        first = self.asker.ask(instance, answered=answered)
        last = self.asker.ask(instance, answered=answered + _REQUESTS - 1, count=_REQUESTS - 1)
        fetched = paging(instance).since(before)
        if held:
            self._take("restore.lost_connection", self._lost(instance, held), "1", "inside")
        marks = {"time": alive_ns or first.doing_ns, "answer": first.at_ns, "hundredth": last.at_ns}
        for name, at_ns in marks.items():
            self._take(f"restore.{name}", (at_ns - since_ns) / 1e9, "s")
        self._take("restore.faults", fetched.minor, "1", "minor")
        self._take("restore.faults", fetched.major, "1", "major")
        self._take("restore.read", fetched.read_bytes, "B", "processes")
        self._take("restore.clock_lag", first.behind_s, "s")
        return first

    def _lost(self, instance: Instance, held: Mapping[str, object]) -> bool:
        """Look whether it holds what it held; return whether a connection that was open is lost."""
        holds = self.asker.held(instance, "after")
        if holds["held"] != held["held"]:
            raise Ended(Kind.FAILED, f"its data is not what it was: digest {holds['held']}, before {held['held']}")
        return not holds.get("connection")

    def _compare(self, one: Reply, other: Reply) -> None:
        """Tell of each source of random numbers whether two copies drew the same."""
        for source in ("kernel", "own"):
            if source in one.document:
                same = one.document[source] == other.document.get(source)
                self._take("restore.same_random", same, "1", source)

    def _settle(self) -> None:
        self.isolation.clock.sleep(self.launch_of(1).trial.cell.scenario.settle_s or 0.0)

    def _leave(
        self, instance: Instance, available_before_bytes: int, standing: Mapping[Instance, Launch] | None = None
    ) -> None:
        """Let it settle, read its memory, and let it go, with whoever stands beside it."""
        self._read_memory(instance, available_before_bytes, alone=standing is None)
        self._let_go(standing or {instance: self.launch_of(1)})

    def _read_memory(self, instance: Instance, available_before_bytes: int, *, alone: bool = True) -> None:
        self._settle()
        read = memory_samples(
            instance, "idle", available_before_bytes=available_before_bytes, at_s=self._now_s()
        )  # what the host has less of is that of all who stand
        self.observation.samples += [one for one in read if alone or one.vantage != "host"]

    def _remember(self, instance: Instance) -> None:
        """Read what it has for itself, and what it shares, while others of its kind stand."""
        own_bytes, shared_bytes = own_and_shared_bytes(instance)
        self._take("restore.memory", own_bytes, "B", "own")
        self._take("restore.memory", shared_bytes, "B", "shared")

    def _let_go(self, standing: Mapping[Instance, Launch]) -> None:
        with self.interruptions.allowed():
            seen = stop(standing, _LEAVE_TIMEOUT_S, self.isolation.clock)
        self.observation.notes |= seen

    def _take(self, metric: str, value: float, unit: str, vantage: str = "host") -> None:
        self.observation.samples.append(
            Sample(metric=metric, value=float(value), unit=unit, vantage=vantage, better="lower", at_s=self._now_s())
        )

    def _now_s(self) -> float:
        return (self.isolation.clock.now_ns() - self.began_ns) / 1e9


def _size_bytes(checkpoint: Checkpoint) -> int:
    """Return what the files take on the disk, holes left out."""
    return sum(file.stat().st_blocks * 512 for file in checkpoint.files())


def _bring_into_cache(checkpoint: Checkpoint, *, wanted: bool) -> None:
    """Read the files, or have the kernel drop what it holds of them. Raises IsolationError."""
    try:
        for file in checkpoint.files():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())  # what is not on the disk yet cannot be dropped
                if wanted:
                    while opened.read(1 << 20):
                        pass
                else:
                    os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    except OSError as error:
        raise IsolationError(f"cannot read the checkpoint: {error}") from error
