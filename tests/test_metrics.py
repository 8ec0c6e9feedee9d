"""The metrics that documents list are those that there are: in published runs, and in the code that makes samples."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

import bench
from bench.analysis.figures.summary import OVERHEADS, measured
from bench.analysis.metrics import COLLECTED, DERIVED
from bench.scenario.values import RESERVED_PREFIXES
from tests.documented import PACKAGE, REPOSITORY

PLACEHOLDER = re.compile(r"[A-Z]+")
PUBLISHED = sorted(path.parent.name for path in (REPOSITORY / "results/published").glob("*/manifest.json"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A row of the documents: names and vantages may hold a placeholder; an empty unit may be any."""

    name: str
    unit: str
    vantages: tuple[str, ...]

    def is_of(self, metric: str, unit: str, vantage: str) -> bool:
        """Whether a sample's words are this row's."""
        known = not self.unit or self.unit == unit
        return known and fits(self.name, metric) and any(fits(one, vantage) for one in self.vantages)


def fits(listed: str, name: str) -> bool:
    return re.fullmatch("[^ ]+".join(map(re.escape, PLACEHOLDER.split(listed))), name) is not None


def listed() -> list[Listed]:
    return [
        Listed(name=row.name, unit=row.unit if row.unit in ("s", "B", "1") else "", vantages=row.vantages or ("ANY",))
        for row in (*COLLECTED, *DERIVED)
    ]


def made() -> Iterator[str]:
    """Return every metric of ours that the code names, with a placeholder where it puts something in."""
    for path in [*(PACKAGE / "measuring").rglob("*.py"), PACKAGE / "host/disturbance/rules.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and not ast.unparse(node.func).endswith(".get"):
                for given in (*node.args[:1], *(word.value for word in node.keywords if word.arg == "metric")):
                    name = spelled(given)
                    if name.startswith(RESERVED_PREFIXES) or name.endswith(".series"):
                        yield name


def spelled(node: ast.expr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "ANY" for part in parts)


@pytest.mark.parametrize("run", PUBLISHED)
def test_what_published_runs_hold_is_listed(run: str) -> None:
    samples = bench.load(REPOSITORY / "results/published" / run)
    rows = listed()
    own = set(samples.loc[~samples["metric"].str.startswith(RESERVED_PREFIXES, na=True), "metric"])
    for frame in (samples[samples["metric"].notna()], measured(samples)):
        for found in frame[["metric", "unit", "vantage"]].drop_duplicates().itertuples(index=False):
            known = found.metric in own or any(row.is_of(*map(str, found)) for row in rows)
            assert known, f"bench.analysis.metrics: no row is of {found}"


def test_what_the_code_makes_is_listed() -> None:
    names = set(made())
    assert len(names) > 20
    unknown = {name for name in names if not any(fits(row.name, name) or fits(name, row.name) for row in listed())}
    assert unknown == set()


def test_what_is_listed_is_made() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for room in ("measuring", "analysis/data", "host/disturbance")
        for path in (PACKAGE / room).rglob("*.py")
    )
    ends = {row.name: PLACEHOLDER.split(row.name)[-1] or PLACEHOLDER.split(row.name)[0] for row in listed()}
    assert {name for name, end in ends.items() if end.rpartition(".")[2] not in source} == set()


def test_a_difference_from_bare_is_said_of_every_metric_that_has_one() -> None:
    text = (REPOSITORY / "docs/reference/metrics.md").read_text(encoding="utf-8")
    said = next(part for part in text.split("\n\n") if part.startswith("`overhead.METRIC`"))
    idle = {metric for metric, _ in OVERHEADS if not metric.startswith("memory.load.")}
    assert set(re.findall(r"`((?:timeline|memory)\.[\w.]+)`", said)) == idle
    assert {metric.replace(".load.", ".idle.") for metric, _ in OVERHEADS} == idle
