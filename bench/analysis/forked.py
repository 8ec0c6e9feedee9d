"""Work shared out among as many processes as there are CPUs, with the results that one process would have.

The others are forks of this one: they have the samples without a copy and every library without loading it, and share
with it which task is next. They wait for no thread, as a fork has none of its parent's. What one of them does not get
done, be it that it was killed or that a task fails, this process does itself: an error is raised here as if there were
no others.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import BinaryIO, TypeVar

_ResultT = TypeVar("_ResultT")

_NUMBER_BYTES = 4


def cpus() -> int:
    """Return how many CPUs this process may use."""
    return len(os.sched_getaffinity(0))


def done(tasks: Sequence[Callable[[], _ResultT]], processes: int) -> list[_ResultT]:
    """Do all tasks with this many processes, this one among them, and return their results, which can be pickled.

    Raises what a task raises, of the first that fails.
    """
    found = _shared_out(tasks, processes) if processes > 1 else {}
    return [found[number] if number in found else task() for number, task in enumerate(tasks)]


def _shared_out(tasks: Sequence[Callable[[], _ResultT]], processes: int) -> dict[int, _ResultT]:
    """Return the results of the tasks that got done, by number."""
    with ExitStack() as open_files:
        turns = open_files.enter_context(_shared_file())  # a file has one place of reading for all its processes
        turns.write(b"".join(number.to_bytes(_NUMBER_BYTES, "little") for number in range(len(tasks))))
        turns.seek(0)
        fork = multiprocessing.get_context("fork")
        others, answers = [], []
        try:
            for _ in range(processes - 1):
                answer = open_files.enter_context(_shared_file())
                other = fork.Process(target=_help, args=(tasks, turns, answer, os.getpid()), daemon=True)
                with suppress(OSError):  # no room for one more: there are fewer then
                    other.start()
                    others.append(other)
                    answers.append(answer)
            found = dict(_done(tasks, turns))
        finally:
            turns.seek(0, os.SEEK_END)  # after an error here, nobody begins another
            for other in others:
                other.join()
        for answer in answers:
            found |= _read(answer)
        return found


def _shared_file() -> BinaryIO:
    return os.fdopen(os.memfd_create("isobench-forked"), "r+b", buffering=0)


def _help(tasks: Sequence[Callable[[], _ResultT]], turns: BinaryIO, answer: BinaryIO, parent: int) -> None:
    """Do tasks in a fork, as long as its parent lives.

    It says nothing of what goes wrong, to no terminal and no log: the first process finds it.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    gc.freeze()  # what it inherits stays shared: a collection would write to every object's page
    for pair in _done(tasks, turns, parent):
        with suppress(Exception):
            answer.write(pickle.dumps(pair, protocol=pickle.HIGHEST_PROTOCOL))


def _done(tasks: Sequence[Callable[[], _ResultT]], turns: BinaryIO, parent: int = 0) -> Iterator[tuple[int, _ResultT]]:
    """Do whichever task is next until there is none; the kernel gives each to one process. Those that fail are left."""
    while (turn := turns.read(_NUMBER_BYTES)) and parent in (0, os.getppid()):
        number = int.from_bytes(turn, "little")
        with suppress(Exception):
            yield number, tasks[number]()


def _read(answer: BinaryIO) -> dict[int, _ResultT]:
    """Return what a fork has answered; the last of it may be cut short."""
    found: dict[int, _ResultT] = {}
    answer.seek(0)
    with open(answer.fileno(), "rb", closefd=False) as results, suppress(EOFError, pickle.UnpicklingError):
        while True:
            number, result = pickle.load(results)
            found[number] = result
    return found
