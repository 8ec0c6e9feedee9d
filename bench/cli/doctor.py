"""``bench doctor``: every isolation tried by a real start; remedies said, and applied where asked."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import nullcontext

from rich.console import Console

from bench import images
from bench.cli.consent import consents
from bench.cli.exits import ExitCode
from bench.cli.progress import state_lines
from bench.engine import stop_engine
from bench.errors import BenchError
from bench.isolations import open_isolation, real_names
from bench.isolations.base import Availability, Guard, Say
from bench.isolations.probe import answered, check, unavailable
from bench.isolations.remedy import Consents, mend, mend_image_tools
from bench.model import Image
from bench.scenario import load_recipe, stock_folder
from bench.session import describe_host
from bench.signals import Interruptions
from bench.state import alive

_IMAGE = "base"


def doctor(names: Sequence[str], *, fix: bool, yes: bool, as_json: bool) -> None:
    """Try these isolations, or all, by a real start; exit 1 when one is not ready."""
    console, aside = Console(highlight=False), Console(stderr=True, highlight=False)

    def say(line: str) -> None:
        aside.print(f"  {line}", style="dim", soft_wrap=True, markup=False)

    run = f"doctor-{os.getpid()}"
    interruptions = Interruptions()
    asks = consents(yes=yes, console=aside) if fix else None
    with interruptions.handled(), alive(run):
        found = examine(names, run, asks, say=say, guard=interruptions.held)
    if as_json:
        console.print_json(json.dumps({"host": describe_host(), "isolations": [_plain(one) for one in found]}))
    else:
        console.print(describe_host(), soft_wrap=True, markup=False)
        for line in state_lines(found):
            console.print(line, soft_wrap=True, markup=False)
    if not all(availability.ready for availability in found):
        raise SystemExit(ExitCode.SOME_FAILED)


def examine(
    names: Sequence[str], run: str, asks: Consents | None, *, say: Say, guard: Guard = nullcontext
) -> list[Availability]:
    """Return the state of these isolations, of all where none is named, after remedies that ``asks`` consents to.

    ``guard`` is entered around each start, so that a signal leaves nothing behind.
    """
    try:
        if asks:
            mend_image_tools(say, asks)
        image = images.build(load_recipe(stock_folder() / "images" / f"{_IMAGE}.toml"), (), say=say)
    except BenchError as error:
        return [unavailable(name, error) for name in names or real_names()]
    chosen = names or real_names()
    found = [_examine(name, run, image, asks, say=say, guard=guard) for name in chosen]
    # An engine that was started or changed here may have runtimes that were not known before.
    later = [name for name in real_names() if name not in chosen] if asks and not names else []
    return found + [_examine(name, run, image, asks, say=say, guard=guard) for name in later]


def stop() -> None:
    """Stop the engine of our own, if it runs."""
    console = Console(highlight=False)
    if not stop_engine(lambda line: console.print(line, soft_wrap=True, markup=False)):
        console.print("No Docker engine of Isobench's own is running.")


def _examine(name: str, run: str, image: Image, asks: Consents | None, *, say: Say, guard: Guard) -> Availability:
    say(f"trying {name}")
    found: dict[str, Availability] = {}
    with answered(name, found):
        isolation = open_isolation(name, run)
        isolation.guard = guard
        if asks:
            mend(isolation, say, asks)
        found[name] = check(isolation, image, say)
    return found[name]


def _plain(availability: Availability) -> dict[str, object]:
    fault = availability.fault
    return {
        "isolation": availability.isolation,
        "ready": availability.ready,
        "detail": availability.detail,
        "reason": fault.reason if fault else None,
        "remedy": fault.remedy if fault else None,
        "emulated": availability.emulated,
        "versions": dict(availability.versions),
    }
