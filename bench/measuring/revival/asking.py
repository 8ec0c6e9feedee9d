"""A service is asked inside its instance, by commands that the entry runs: its answers, and what it holds.

An answer is a JSON document that tells ``answered`` (how many it has given), ``clock`` (seconds since 1970), and random
numbers: ``own``, and ``kernel`` where it can draw one. What it holds is told by another: ``held``, a digest of all its
data, and ``connection``, whether one that was opened before still answers.
"""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from bench.host.signals import Interruptions
from bench.isolations.base import Instance, Launch
from bench.isolations.timeline import Clock
from bench.measuring.leave import last_words
from bench.measuring.meters.numbers import MetricError
from bench.measuring.meters.throughput import check_output
from bench.measuring.observation import Ended
from bench.model import Kind, Restore, Scalar, Scenario, filled

OVER = ("left", "overflow", "end", "closed")
"""Events after which there is no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The last answer to an asking."""

    doing_ns: int
    """When the entry obeyed."""
    at_ns: int
    behind_s: float
    """By how much the clock inside is behind the host's."""
    document: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks what one launch describes, in whichever instance it then lives."""

    launch: Launch
    clock: Clock
    interruptions: Interruptions
    _asked: dict[Instance, int] = field(default_factory=dict)

    def ask(self, instance: Instance, *, answered: int, count: int = 1) -> Reply:
        """Ask so often, and look at the last answer, which must count as the service stood.

        ``answered`` is how many it has given before that. Raises Ended for none in time, and for a wrong one.
        """
        scenario = self._scenario
        number = self._run(instance, self._restore.ask, {"requests": count})
        heard_s, heard_ns = time.time(), self.clock.now_ns()
        lines = list(instance.console.lines(number))
        try:
            check_output(scenario.output, lines)
            line = next(line for line in lines if line.data.startswith(b"{"))
            document = json.loads(line.data)
        except (MetricError, StopIteration, ValueError) as error:
            raise Ended(Kind.FAILED, f"its answer is not right: {error}{last_words(instance)}") from error
        if document.get("answered") != answered + 1:
            reason = f"it has answered {document.get('answered')} times by its own account, and {answered + 1} by ours"
            raise Ended(Kind.FAILED, reason)
        behind_s = heard_s - (heard_ns - line.at_ns) / 1e9 - float(document.get("clock", "nan"))
        doing_ns = instance.console.at_ns(f"doing.{number}") or line.at_ns
        return Reply(doing_ns=doing_ns, at_ns=line.at_ns, behind_s=behind_s, document=document)

    def held(self, instance: Instance, when: str) -> Mapping[str, object]:
        """Return what the service holds ``before`` or ``after``; nothing where the scenario does not ask for it."""
        if not self._restore.hold:
            return {}
        number = self._run(instance, self._restore.hold, {"when": when})
        told = next((one.data for one in instance.console.lines(number) if one.data.startswith(b"{")), b"")
        try:
            document = json.loads(told)
        except ValueError:
            document = {}
        if not document.get("held"):
            raise Ended(Kind.FAILED, f"it has not told what it holds{last_words(instance)}")
        return dict(document)

    @property
    def _scenario(self) -> Scenario:
        return self.launch.trial.cell.scenario

    @property
    def _restore(self) -> Restore:
        assert self._scenario.restore is not None
        return self._scenario.restore

    def _run(self, instance: Instance, command: tuple[str, ...], values: Mapping[str, Scalar]) -> str:
        """Have a command run inside; return the number under which its lines stand, at its end."""
        number = str(self._asked.get(instance, 0) + 1)
        self._asked[instance] = int(number)
        known = {**self.launch.trial.cell.parameters, "port": self.launch.port, **values}
        instance.send(f"run {number} {shlex.join(filled(command, known))}")
        with self.interruptions.allowed():
            reached = instance.wait(f"did.{number}", *OVER, timeout_s=self._scenario.timeout_s)
        return number if reached is not None else self._silent(instance)

    def _silent(self, instance: Instance) -> NoReturn:
        raise Ended(Kind.TIMED_OUT, f"no answer within {self._scenario.timeout_s:g} s{last_words(instance)}")
