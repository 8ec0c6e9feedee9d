"""JSON for github-action-benchmark, tool ``customBiggerIsBetter``: the headline figures that are better higher."""

from __future__ import annotations

from bench.sharing.formats.github_benchmarks import entries
from bench.sharing.formats.source import Source

TABULAR = False


def render(source: Source) -> bytes:
    """Return the entries."""
    return entries(source, "higher")
