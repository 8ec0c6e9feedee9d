"""``bench doctor``: every isolation tried by a real start; remedies said, and applied where asked."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext

from rich.console import Console

from bench import images
from bench.cli.exits import ExitCode
from bench.cli.progress import state_line
from bench.engine import stop_engine
from bench.errors import BenchError
from bench.isolations import open_isolation, real_names
from bench.isolations.base import Availability, Guard, Say
from bench.isolations.probe import check, unavailable
from bench.isolations.remedy import mend, mend_image_tools
from bench.model import Image
from bench.scenario import load_recipe, stock_folder
from bench.session import describe_host
from bench.signals import Interruptions
from bench.state import alive

_IMAGE = "base"


def doctor(*, fix: bool, as_json: bool) -> None:
    """Try every isolation that runs something; exit 1 when one is not ready."""
    console, aside = Console(highlight=False), Console(stderr=True, highlight=False)

    def say(line: str) -> None:
        aside.print(f"  {line}", style="dim", soft_wrap=True, markup=False)

    run = f"doctor-{os.getpid()}"
    interruptions = Interruptions()
    with interruptions.handled(), alive(run):
        found = examine(run, fix=fix, say=say, guard=interruptions.held)
    if as_json:
        console.print_json(json.dumps({"host": describe_host(), "isolations": [_plain(one) for one in found]}))
    else:
        console.print(describe_host(), soft_wrap=True, markup=False)
        for availability in found:
            console.print(state_line(availability), soft_wrap=True, markup=False)
    if not all(availability.ready for availability in found):
        raise SystemExit(ExitCode.SOME_FAILED)


def examine(run: str, *, fix: bool, say: Say, guard: Guard = nullcontext) -> list[Availability]:
    """Return the state of every isolation, after their remedies have been applied if ``fix``.

    ``guard`` is entered around each start, so that a signal leaves nothing behind.
    """
    try:
        if fix:
            mend_image_tools(say)
        image = images.build(load_recipe(stock_folder() / "images" / f"{_IMAGE}.toml"), (), say=say)
    except BenchError as error:
        return [unavailable(name, error) for name in real_names()]
    return [_examine(name, run, image, fix=fix, say=say, guard=guard) for name in real_names()]


def stop() -> None:
    """Stop the engine of our own, if it runs."""
    console = Console(highlight=False)
    if not stop_engine(lambda line: console.print(line, soft_wrap=True, markup=False)):
        console.print("No Docker engine of Isobench's own is running.")


def _examine(name: str, run: str, image: Image, *, fix: bool, say: Say, guard: Guard) -> Availability:
    try:
        isolation = open_isolation(name, run)
        isolation.guard = guard
        if fix:
            mend(isolation, say)
        return check(isolation, image, say)
    except BenchError as error:
        return unavailable(name, error)


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
