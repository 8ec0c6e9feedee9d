"""``bench clean``: remove what dead runs have left."""

from __future__ import annotations

from rich.console import Console

from bench import provision
from bench.errors import BenchError
from bench.isolations import open_isolation, real_names
from bench.state import forget, is_alive, registered_runs


def clean() -> None:
    """Ask every isolation, then remove the scratch space; print each thing removed, or that there was none."""
    console = Console(highlight=False)
    removed = []
    for name in real_names():
        try:
            removed += open_isolation(name, "clean").clean(lambda run: not is_alive(run))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a third party's fault, too, must not keep the others from cleaning
            console.print(f"{name}: {error}", soft_wrap=True, markup=False)
    try:
        removed += provision.clean(lambda run: not is_alive(run))
    except BenchError as error:
        console.print(f"provision: {error}", soft_wrap=True, markup=False)
    for run in registered_runs():
        if not is_alive(run):
            forget(run)
            removed.append(f"scratch space of run {run}")
    for line in removed:
        console.print(f"removed {line}", soft_wrap=True, markup=False)
    if not removed:
        console.print("Nothing is left of dead runs.")
