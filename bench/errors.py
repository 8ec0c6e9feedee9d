"""Everything that can go wrong, as one tree.

BenchError                  what failed, where, and what to do next
├── InputError              the user asked for something that cannot be (exit code 2)
│   ├── ScenarioError       a scenario or recipe file is wrong: names file, key, value, what is right
│   ├── UnknownNameError    no scenario, isolation or run bears this name
│   ├── ResultsError        a stored run is missing, broken or from a newer version
│   └── PublishError        a run is not published: its name, its state, or a word that must not be left
├── ImageError              a root file system could not be built or brought into a form
├── StoreError              a run's files could not be written
├── IsolationError          an isolation's engine, daemon or hypervisor refused or failed
│   ├── StartTimeoutError   an instance did not reach its start mark in time
│   ├── PortTakenError      the port that was to be published is somebody else's by now
│   └── UnavailableError    the isolation cannot run on this host at all: reason and remedy
└── LeftoverError           something of an instance is still there after its teardown

``Interrupted`` stands beside the tree: it is how SIGINT, SIGTERM and SIGHUP unwind a run, never a failure.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class BenchError(Exception):
    """Base of all errors raised on purpose; ``remedy`` says what to do next."""

    def __init__(self, what: str, *, remedy: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}. {self.remedy}" if self.remedy else self.what


class InputError(BenchError):
    """The user asked for something that cannot be."""


class ScenarioError(InputError):
    """A scenario or recipe file is wrong."""

    def __init__(self, file: object, key: str, value: object, expected: str) -> None:
        shown = repr(value)
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        super().__init__(f"{file}: {key} = {shown}: {expected}" if key else f"{file}: {expected}")
        self.file = str(file)
        self.key = key
        self.value = value
        self.expected = expected


class UnknownNameError(InputError):
    """No such name; suggests the nearest ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        choices = sorted(known)
        super().__init__(
            f"no {kind} is called {name!r}{did_you_mean(name, choices)}",
            remedy=f"Known: {', '.join(choices) or 'none'}",
        )


class ResultsError(InputError):
    """A stored run is missing, broken or from a newer version."""


class PublishError(InputError):
    """A run is not published: its name, its state, or a word that must not be left."""


class ImageError(BenchError):
    """A root file system could not be built or brought into a form."""


class StoreError(BenchError):
    """A run's files could not be written."""


class IsolationError(BenchError):
    """An isolation's engine, daemon or hypervisor refused or failed."""


class StartTimeoutError(IsolationError):
    """An instance did not reach its start mark in time."""


class PortTakenError(IsolationError):
    """The port that was to be published is somebody else's by now."""


class UnavailableError(IsolationError):
    """The isolation cannot run on this host at all."""


class LeftoverError(BenchError):
    """Something of an instance is still there after its teardown."""


class Interrupted(BaseException):
    """SIGINT, SIGTERM or SIGHUP arrived; unwinds the run, which keeps what it has measured.

    A request to stop, no error; a BaseException, so that no handler of errors swallows it.
    """

    def __init__(self, signal_name: str) -> None:
        super().__init__(signal_name)
        self.signal_name = signal_name


def said(error: BenchError) -> str:
    """Return what went wrong; of what could not be taken down, first what had gone wrong before."""
    before = error.__context__ if isinstance(error, LeftoverError) else None
    while before is not None and not type(before).__module__.startswith("bench."):
        before = before.__context__
    return str(error) if before is None else f"{getattr(before, 'what', before)}; then: {error}"


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return ``, did you mean 'x'?`` for the nearest choice, or nothing."""
    close = difflib.get_close_matches(name, list(choices), n=1, cutoff=0.6)
    return f", did you mean {close[0]!r}?" if close else ""


_FREE_SPACE = "Free some space, or name another folder with --results"


@contextmanager
def written(path: Path, *, remedy: str = _FREE_SPACE) -> Iterator[None]:
    """Turn an OSError while ``path`` is written into a StoreError that names it and says what to do."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"cannot write {error.filename or path}: {error.strerror or error}",
            remedy=f"What was measured before is whole. {remedy}",
        ) from error
