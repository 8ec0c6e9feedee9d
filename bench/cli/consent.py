"""Nothing is installed or configured before it has been shown and consented to."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from bench.isolations.base import Fault
from bench.isolations.remedy import Consents


def consents(*, yes: bool, console: Console) -> Consents:
    """Return what asks: shows the change, then takes ``--yes``, or a yes at the terminal; without either it is a no."""

    def asks(why: str, fault: Fault) -> bool:
        console.print(f"  {why}. This would change:", soft_wrap=True)
        for line in fault.change.splitlines():
            console.print(f"    {line}", soft_wrap=True)
        if yes:
            return True
        if sys.stdin.isatty():
            return typer.confirm("  Go on?", err=True)
        console.print("  Nothing was changed: add --yes to consent.", soft_wrap=True)
        return False

    return asks
