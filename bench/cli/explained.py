"""What a word means: a metric, a scenario, an isolation, a sentinel, a column or a word of the glossary.

Nothing is told here that documents do not have from the same place: metrics from ``analysis.metrics``, isolations from
their own classes (so other packages' too), sentinels from their table, columns from ``bench.schemas``, words from
the glossary.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bench.analysis import metrics
from bench.analysis.metrics.facts import MetricFacts
from bench.analysis.schemas import schemas
from bench.errors import BenchError, InputError, UnavailableError, UnknownNameError, did_you_mean
from bench.host.disturbance.sentinels import SENTINELS, Sentinel
from bench.host.run_names import of_process
from bench.isolations import registry
from bench.isolations.base import Isolation
from bench.isolations.variants import VARIANTS
from bench.model import Metric, Scenario
from bench.model.glossary import GLOSSARY

_COMMON = {
    "bye": "the entry takes its leave",
    "closed": "the console's end",
    "said_ready": "the console's line of a service",
}
"""Marks that the console brings, which no isolation has to name."""
_MARKED = ("timeline.", "phase.")
_SERIES = (".series", ".per_cpu_s", ".cpu_s_per_1000")
"""Ends of what is made of a scenario's metric."""

LabelledText = tuple[str, str]
Meanings = Callable[[str], Iterator["Meaning"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one meaning of a word is."""

    word: str
    kind: str
    rows: tuple[LabelledText, ...]
    """Each a label and a text, in the order in which they are read."""


class Dictionary:
    """Everything that can be asked about, with these scenarios beside the isolations that there are."""

    def __init__(self, scenarios: Sequence[Scenario], compared: Sequence[str] = registry.DEFAULT) -> None:
        """``compared`` are the isolations whose stopwatches a metric of the timeline names."""
        self._scenarios = {scenario.name: scenario for scenario in scenarios}
        self._compared = compared

    def explain(self, word: str) -> list[Meaning]:
        """Return every meaning of a word; raises InputError, with the nearest ones, where it has none."""
        found = [answer for kind in self._kinds() for answer in kind(word)]
        if not found:
            known = [name for names in self.known().values() for name in names]
            first = word.partition(".")[0]
            known += [f"{first}.{mark}" for mark in self._marks if first in self._scenarios]
            nearest = did_you_mean(word, known) or did_you_mean(word.rpartition(".")[2], known)
            raise InputError(
                f"nothing is called {word!r}{nearest}", remedy="`python -m bench explain` lists what can be asked about"
            )
        return found

    def known(self) -> Mapping[str, Sequence[str]]:
        """Return what can be asked about, by its kind."""
        return {
            "metrics": metrics.names(self._marks),
            "metrics of scenarios": [
                f"{name}.{metric.name}" for name, one in self._scenarios.items() for metric in one.metrics
            ],
            "scenarios": list(self._scenarios),
            "isolations": [
                *registry.names(),
                *(f"{name}:{word}" for name, words in VARIANTS.items() for word in words),
            ],
            "vantages of memory": list(metrics.VANTAGES),
            "sentinels": [one.name for one in SENTINELS],
            "columns": sorted({column.name for columns in schemas.values() for column in columns}),
            "words": list(GLOSSARY),
        }

    def _kinds(self) -> tuple[Meanings, ...]:
        return (self._metric, self._scenario, self._isolation, _vantage, _sentinel, _word, _columns)

    def _metric(self, word: str) -> Iterator[Meaning]:
        """Answer for a metric by itself, or after the scenario that measures it: ``startup.ready``."""
        first, _, rest = word.partition(".")
        scenario = self._scenarios.get(first)
        if scenario is not None and rest:
            name = f"timeline.{rest}" if rest in self._marks else rest
            yield from self._claims(scenario) if rest == "claims" else self._named(name, (scenario,))
        yield from self._named(word, tuple(self._scenarios.values()))

    def _named(self, name: str, scenarios: Sequence[Scenario]) -> Iterator[Meaning]:
        base = name
        for end in _SERIES:
            base = base.removesuffix(end)
        owners = [(one, metric) for one in scenarios for metric in one.metrics if metric.name == base]
        if base == name:
            yield from (_own(scenario, metric) for scenario, metric in owners)
        if self._is_there(name, owned=bool(owners)):
            yield from (self._ours(name, row, scenarios) for row in metrics.find(name))

    def _is_there(self, name: str, *, owned: bool) -> bool:
        """Say whether what a pattern stands for is really there, so that no name is explained that nothing bears."""
        if name.startswith("overhead."):
            base = name.removeprefix("overhead.")
            return base == "METRIC" or (bool(metrics.find(base)) and self._is_there(base, owned=owned))
        if name.startswith(_MARKED):
            return name.partition(".")[2] in ("MARK", *self._marks)
        if name.startswith("sentinel."):
            return name == "sentinel.NAME" or any(name.partition(".")[2] in readings(one) for one in SENTINELS)
        return owned or not name.endswith(_SERIES) or name.startswith("METRIC.")

    def _ours(self, name: str, row: MetricFacts, scenarios: Sequence[Scenario]) -> Meaning:
        mark = name.partition(".")[2] if name.startswith(_MARKED) else ""
        asked = scenarios[0] if len(scenarios) == 1 else None
        rows = [
            ("what", row.meaning),
            ("asked by", f"{asked.title}: {asked.question}" if asked else ""),
            ("mark", self._marks.get(mark, "")),
            ("unit", row.unit),
            ("seen by", ", ".join(row.vantages)),
            ("from" if row.ends else "when", row.begins),
            *(self._stopwatches() if mark else ()),
            ("until", _readiness(asked) if asked and name == "timeline.ready" else row.ends),
            ("misses", row.misses),
            *(("misses", f"by {one}: {metrics.VANTAGES[one].misses}") for one in row.vantages if _remembers(name, one)),
            *(("sentinel", f"{one.name}: spoils {one.spoils}") for one in SENTINELS if name[9:] in readings(one)),
            ("source", row.source),
        ]
        return _answer(name, "metric", rows)

    def _stopwatches(self) -> Iterator[LabelledText]:
        for name in self._compared:
            yield f"  {name}", _opened(name).stopwatch
        yield "  others", "`python -m bench explain ISOLATION`"

    @cached_property
    def _marks(self) -> Mapping[str, str]:
        """Every mark that some isolation sets, with what it is and, where it is not everybody's, whose."""
        owners: dict[LabelledText, list[str]] = defaultdict(list)
        families = [name for name in registry.names() if name != "fake"]
        for name in (*families, "docker:cli", "vm:direct", "vm:virtiofs"):
            try:
                for phase in _opened(name).phases:
                    owners[phase.mark, phase.label].append(name)
            except BenchError:
                continue  # it cannot be opened here; ``explain`` of its name says why
        told: dict[str, list[str]] = defaultdict(list)
        for (mark, label), whose in owners.items():
            told[mark].append(label if set(families) <= set(whose) else f"{label} ({', '.join(whose)})")
        return {**_COMMON, **{mark: "; ".join(labels) for mark, labels in told.items()}}

    def _scenario(self, word: str) -> Iterator[Meaning]:
        for one in self._scenarios.values():
            if word.lower() in (one.name, one.title.lower()):
                yield self._told(one)

    @staticmethod
    def _told(one: Scenario) -> Meaning:
        rows = [
            ("what", f"{one.title}: {one.question}"),
            ("image", one.image),
            ("command", " ".join((one.client.command if one.client else ()) or one.command) or "what its image runs"),
            (
                "envelope",
                f"{one.envelope.cpus} CPUs, {one.envelope.memory_bytes >> 20} MiB, network {one.envelope.network}",
            ),
            ("rounds", str(one.rounds)),
            ("metrics", ", ".join(f"{one.name}.{metric.name}" for metric in one.metrics) or "startup and memory alone"),
            ("claims", f"{len(one.claims)}: `python -m bench explain {one.name}.claims`" if one.claims else ""),
        ]
        return _answer(one.name, "scenario", rows)

    def _claims(self, scenario: Scenario) -> Iterator[Meaning]:
        for number, claim in enumerate(scenario.claims, 1):
            judged = f"{claim.metric}, {claim.of}{f' against {claim.against}' if claim.against else ''}"
            rows = [
                ("says", claim.says),
                ("source", claim.source),
                ("published", claim.published),
                ("judged by", judged if claim.metric else f"nothing here: {claim.untested}"),
            ]
            yield _answer(f"{scenario.name}, claim {number}", "claim", rows)

    def _isolation(self, word: str) -> Iterator[Meaning]:
        try:
            registry.require(word)
            one = _opened(word)
        except UnknownNameError:
            return
        except BenchError as error:
            yield _answer(word, "isolation", [("not here", str(error))])
            return
        family, words = registry.split(word)
        rows = [
            ("what", str(type(one).__doc__ or "").partition("\n")[0]),
            *((f":{part}", VARIANTS[family][part].says) for part in words if part in VARIANTS.get(family, {})),
            ("stopwatch", one.stopwatch),
            ("marks", ", ".join(f"{phase.mark} ({phase.label})" for phase in one.phases)),
            ("roles", ", ".join(dict.fromkeys(("workload", *(role.name for role in one.helpers.values()))))),
            ("variants", ", ".join(f"{family}:{part}" for part in VARIANTS.get(family, {})) if not words else ""),
            ("ready here", f"`python -m bench doctor --isolation {word}` tries it"),
        ]
        yield _answer(word, "isolation", rows)


def _opened(name: str) -> Isolation:
    try:
        return registry.open_isolation(name, of_process("explain"))
    except BenchError:
        raise
    except (Exception, SystemExit) as error:  # a package is foreign code: any fault of it means that it is broken
        raise UnavailableError(f"isolation {name} is broken: {type(error).__name__}: {error}") from error


def _readiness(scenario: Scenario) -> str:
    """Return what a scenario takes for ready."""
    line = f"the arrival of the line that matches {scenario.ready}" if scenario.ready else "the entry's first line"
    return (
        f"the service's first answer ({scenario.answer.says}) where the host can ask; else {line}"
        if scenario.answer
        else line
    )


def _remembers(metric: str, vantage: str) -> bool:
    """Say whether a vantage's own blind spots, which are told of memory, belong to a metric."""
    return vantage in metrics.VANTAGES and metric.startswith(("memory.", "density.pss", "density.available"))


def _own(scenario: Scenario, metric: Metric) -> Meaning:
    """Answer for a metric that a scenario declares: the workload says it."""
    window = scenario.window
    found = f"the last line that matches {metric.pattern}" if metric.pattern else f"{metric.json} in its JSON"
    rows = [
        ("what", f"{scenario.title}: {scenario.question}"),
        ("unit", f"{metric.unit}, {metric.better} is better"),
        ("seen by", "the workload itself, whose clock is held against the host's" if window else "the workload itself"),
        ("from", f"the line that matches {window.begin}" if window else "where the workload starts its own clock"),
        ("until", f"the line that matches {window.finish}" if window else "where it stops it"),
        ("misses", "what the workload does not count"),
        ("source", f"{found}; {scenario.name}.toml"),
    ]
    return _answer(f"{scenario.name}.{metric.name}", "metric of a scenario", rows)


def _vantage(word: str) -> Iterator[Meaning]:
    one = metrics.VANTAGES.get("processes:ROLE" if word.startswith("processes") else word)
    if one is not None:
        yield _answer(word, "vantage of memory", [("sees", one.sees), ("misses", one.misses)])


def readings(sentinel: Sentinel) -> set[str]:
    """Return the readings that a sentinel looks at, by which its samples are called."""
    looked: set[str] = {*sentinel.share_of, sentinel.excused_by} - {""}

    class Looked(dict[str, float]):
        def __missing__(self, name: str) -> float:
            looked.add(name)
            return 0.0

    sentinel.amount(Looked())
    return looked


def _sentinel(word: str) -> Iterator[Meaning]:
    for one in SENTINELS:
        if one.name == word:
            samples = ", ".join(f"sentinel.{name}" for name in sorted(readings(one)))
            rows = [("reads", one.reads), ("spoils", one.spoils), ("unit", one.unit), ("samples", samples)]
            yield _answer(word, "sentinel", rows)


def _columns(word: str) -> Iterator[Meaning]:
    found = {table: column for table, columns in schemas.items() for column in columns if column.name == word}
    if found:
        rows = [(table, f"{one.meaning}{f' ({one.unit})' if one.unit else ''}") for table, one in found.items()]
        yield _answer(word, "column", rows)


def _word(word: str) -> Iterator[Meaning]:
    if (meaning := GLOSSARY.get(word)) is not None:
        yield _answer(word, "word", [("what", meaning)])


def _answer(word: str, kind: str, rows: Iterable[LabelledText]) -> Meaning:
    return Meaning(word=word, kind=kind, rows=tuple((label, text) for label, text in rows if text))
