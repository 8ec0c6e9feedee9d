"""A scenario from the command line: somebody's image and command, through the same door as a file."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.errors import ScenarioError
from bench.model import Scenario, short_digest
from bench.scenario.image_source import image_source, imported
from bench.scenario.problems import Problem, refuse

NAME = "own"
_WHERE = "the command line"
_OPTIONS = {
    "image": "--image", "command": "--command", "ready": "--ready", "metrics": "--metric",
    "envelope.cpus": "--cpus", "envelope.memory_mib": "--memory",
}  # fmt: skip
_ROUNDS, _QUICK_ROUNDS = 5, 2


def own_scenario(
    image: str,
    command: str | None,
    *,
    ready: str | None,
    metrics: Sequence[str],
    cpus: int,
    memory_mib: int,
    quick: bool,
    folder: Path,
) -> Scenario:
    """Return the scenario that these options describe.

    Args:
        image: a path, seen from ``folder``, or a reference.
        command: words as a shell would split them; None: what the image runs by itself.
        ready: pattern of the console line that means ready.
        metrics: each ``NAME=REGEX UNIT higher|lower``.
        cpus: of the envelope.
        memory_mib: of the envelope.
        quick: fewer rounds.
        folder: where a path is seen from.

    Raises:
        ScenarioError: an option is wrong; it names the option.

    """
    # Imported here: nobody who only asks for help should wait for pydantic.
    from bench.scenario.checks import scenario_problems  # noqa: PLC0415
    from bench.scenario.document import checked  # noqa: PLC0415
    from bench.scenario.records import scenario_record  # noqa: PLC0415
    from bench.scenario.schema import ScenarioFile  # noqa: PLC0415

    for option, texts in (("image", [image]), ("command", [command]), ("ready", [ready]), ("metric", metrics)):
        _require_utf8(f"--{option}", texts)
    document = {
        "title": "Own workload",
        "question": f"What does isolation cost {shlex.join(_words(command)) or 'what runs by itself'} in {image}?",
        "image": {"from": image},
        "command": _words(command),
        "envelope": {"cpus": cpus, "memory_mib": memory_mib},
        "metrics": [_metric(one) for one in metrics],
        "rounds": _ROUNDS,
        "quick": {"rounds": _QUICK_ROUNDS},
        **({"ready": {"pattern": ready}} if ready is not None else {}),
    }

    file = checked(_WHERE, document, ScenarioFile, _named)
    refuse(_WHERE, map(_named, scenario_problems(file, lambda _image: True)))
    source = image_source(image, folder, where=_WHERE, key="--image")
    version = short_digest(json.dumps(document, sort_keys=True).encode())
    return scenario_record(NAME, version, file, (), imported(source), quick=quick)


def _require_utf8(option: str, texts: Iterable[str | None]) -> None:
    """Refuse what a file could not hold either: bytes of the command line that are no text."""
    for text in texts:
        try:
            (text or "").encode()
        except UnicodeEncodeError as error:
            raise ScenarioError(_WHERE, option, text, "is no UTF-8 text") from error


def _words(command: str | None) -> list[str]:
    if command is None:
        return []
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ScenarioError(_WHERE, "--command", command, f"cannot be split into words: {error}") from error
    if not words:
        raise ScenarioError(_WHERE, "--command", command, "is empty; leave it out for what the image runs by itself")
    return words


def _metric(written: str) -> dict[str, str]:
    """Split at the first ``=`` and before the last two words: the pattern may hold ``=`` and blanks."""
    name, equals, rest = written.partition("=")
    parts = rest.rsplit(None, 2)
    if not equals or len(parts) != 3:
        expected = "should be NAME=REGEX UNIT higher or lower, like 'rate=rate: ([0-9.]+) 1/s higher'"
        raise ScenarioError(_WHERE, "--metric", written, expected)
    return {"name": name.strip(), "pattern": parts[0], "unit": parts[1], "better": parts[2]}


def _named(problem: Problem) -> Problem:
    """Call a problem by the option that brings it; of a metric, say which part it is."""
    for key, option in _OPTIONS.items():
        if problem.key == key or problem.key.startswith((f"{key}.", f"{key}[")):
            part = problem.key.rpartition("].")[2] if key == "metrics" else ""
            return Problem(option, problem.value, f"{part}: {problem.expected}" if part else problem.expected)
    return problem
