"""``bench doctor``: every isolation tried by a real start; remedies said, and applied where asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from bench import images
from bench.cli.consent import consents
from bench.cli.exits import ExitCode
from bench.cli.progress import state_lines
from bench.cli.terminal import Terminal
from bench.errors import BenchError
from bench.host import patience
from bench.host.engine.private_docker import stop_engine
from bench.host.run_names import of_process
from bench.host.run_state import alive
from bench.host.signals import Interruptions
from bench.images.boot.guest_kernel import GuestKernel, given
from bench.isolations.base import Availability, Guard
from bench.isolations.probe import answered, check, unavailable
from bench.isolations.registry import open_isolation, real_names
from bench.isolations.remedy import Consents, mend, mend_image_tools
from bench.measuring.session import describe_host
from bench.model import Image, Say
from bench.scenario import load_recipe, stock_folder

_IMAGE = "base"


def doctor(names: Sequence[str], *, fix: bool, yes: bool, as_json: bool, kernel: Path | None = None) -> None:
    """Try these isolations, or all, by a real start; exit 1 when one is not ready."""
    console, aside = Terminal(), Terminal(stderr=True)

    def say(line: str) -> None:
        aside.print(f"  {line}", style="dim", soft_wrap=True)

    patience.asked()
    run = of_process("doctor")
    interruptions = Interruptions()
    asks = consents(yes=yes, console=aside) if fix else None
    with interruptions.handled(), alive(run):
        found = examine(names, run, asks, say=say, guard=interruptions.held, kernel=given(kernel) if kernel else None)
    if as_json:
        console.print_json(json.dumps({"host": describe_host(), "isolations": [_plain(one) for one in found]}))
    else:
        console.print(describe_host(), soft_wrap=True)
        for line in state_lines(found):
            console.print(line, soft_wrap=True)
    if not all(availability.ready for availability in found):
        raise SystemExit(ExitCode.SOME_FAILED)


def examine(
    names: Sequence[str],
    run: str,
    asks: Consents | None,
    *,
    say: Say,
    guard: Guard = nullcontext,
    kernel: GuestKernel | None = None,
) -> list[Availability]:
    """Return the state of these isolations, of all where none is named, after remedies that ``asks`` consents to.

    ``guard`` is entered around each start, so that a signal leaves nothing behind.
    """
    try:
        if asks:
            mend_image_tools(say, asks)
        image = images.build(load_recipe(stock_folder() / "images" / f"{_IMAGE}.toml"), (), say=say)
    except BenchError as error:
        return [_without_image(name, run, error) for name in names or real_names()]
    chosen = names or real_names()
    found = [_examine(name, run, image, asks, say=say, guard=guard, kernel=kernel) for name in chosen]
    # An engine that was started or changed here may have runtimes that were not known before.
    later = [name for name in real_names() if name not in chosen] if asks and not names else []
    return found + [_examine(name, run, image, asks, say=say, guard=guard, kernel=kernel) for name in later]


def stop() -> None:
    """Stop the engine of our own, if it runs."""
    console = Terminal()
    if not stop_engine(lambda line: console.print(line, soft_wrap=True)):
        console.print("No Docker engine of Isobench's own is running.")


def _examine(
    name: str,
    run: str,
    image: Image,
    asks: Consents | None,
    *,
    say: Say,
    guard: Guard,
    kernel: GuestKernel | None,
) -> Availability:
    say(f"trying {name}")
    found: dict[str, Availability] = {}
    with answered(name, found):
        isolation = open_isolation(name, run)
        isolation.guard, isolation.guest_kernel = guard, kernel
        if asks:
            mend(isolation, say, asks)
        found[name] = check(isolation, image, say)
    return found[name]


def _without_image(name: str, run: str, error: BenchError) -> Availability:
    """Say what an isolation lacks by itself, such as root; else what keeps its image from being made."""
    found: dict[str, Availability] = {}
    with answered(name, found):
        fault = open_isolation(name, run).missing()
        found[name] = (
            Availability(isolation=name, fault=fault, detail=fault.reason) if fault else unavailable(name, error)
        )
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
        "virtualization": availability.virtualization,
        "versions": dict(availability.versions),
        "engine": dict(availability.engine),
    }
