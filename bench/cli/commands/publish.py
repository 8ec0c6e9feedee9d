"""``bench publish``: a run made fit to be read by others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.cli.terminal import Terminal
from bench.sharing.publish import publish as make
from bench.store.fleets import find_fleet
from bench.store.named import find_run


def publish(
    run: str, name: str, results: Path, *, replace: bool, anyway: bool, console: bool, keep: Sequence[str]
) -> None:
    """Publish a run or a fleet; print where it is, and which names could not be told from ordinary words."""
    folder = find_fleet(run, results) or find_run(run, results)
    done = make(
        folder, name, results=results, replace_existing=replace, anyway=anyway, console=console, keep=frozenset(keep)
    )
    out = Terminal()
    for secret in done.ambiguous:
        out.print(
            f"{secret.what} is {secret.word!r}, a word that reports use, too: it is replaced where it can only be "
            "that name, and left in running text.",
            soft_wrap=True,
        )
    out.print(f"Published: {done.folder / 'report.html'}", soft_wrap=True)
    out.print(f"Index: {done.index}", soft_wrap=True)
