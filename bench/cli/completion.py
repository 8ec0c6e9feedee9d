"""What a shell offers for a word that is typed, where typer does not know it. Imports wait: a shell asks often."""

from __future__ import annotations

from pathlib import Path


def scenarios(incomplete: str) -> list[str]:
    """Return the stock scenarios that begin so."""
    from bench.scenario.find import find_scenarios, stock_folder  # noqa: PLC0415

    return [name for name in find_scenarios([stock_folder()]) if name.startswith(incomplete)]


def runs(incomplete: str) -> list[str]:
    """Return the runs in the usual folder whose ids begin so, the newest first."""
    folders = Path("results").glob(f"{incomplete}*/manifest.json") if "/" not in incomplete else ()
    return sorted((path.parent.name for path in folders), reverse=True)


def formats(incomplete: str) -> list[str]:
    """Return the formats of an export that begin so."""
    from bench.sharing.formats import FORMATS  # noqa: PLC0415

    return [name for name in FORMATS if name.startswith(incomplete)]
