"""``bench check-plugin``: the contract that every isolation keeps, on one, as from another package."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec

from bench import images
from bench.cli.exits import ExitCode
from bench.cli.progress import state_lines
from bench.cli.terminal import Terminal
from bench.errors import UnavailableError
from bench.host import patience
from bench.host.run_names import of_process
from bench.host.run_state import alive
from bench.host.signals import Interruptions
from bench.isolations.base import Availability
from bench.isolations.probe import answered, check
from bench.isolations.registry import open_isolation, require
from bench.scenario import load_recipe, stock_folder


def check_plugin(name: str) -> None:
    """Run every check of the contract on an isolation; exit 1 when one fails, or when it is not ready.

    Raises UnknownNameError for a name nobody bears, UnavailableError where pytest is missing.
    """
    require(name)
    if find_spec("pytest") is None:
        raise UnavailableError(
            "check-plugin needs pytest, which is not there", remedy="pip install 'isobench[testing]'"
        )
    from bench.testing.checking import CheckResult, check_contract  # noqa: PLC0415 - pytest is an extra

    console, aside = Terminal(), Terminal(stderr=True)
    counts: Counter[str] = Counter()

    def tell(result: CheckResult) -> None:
        counts[result.came] += 1
        why = f": {result.why}" if result.why else ""
        console.print(f"{result.came:<14}  {result.check}{why}", soft_wrap=True)

    def say(line: str) -> None:
        aside.print(f"  {line}", style="dim", soft_wrap=True)

    patience.asked()
    run = of_process("check")
    interruptions = Interruptions()
    with interruptions.handled(), alive(run):
        image = images.build(load_recipe(stock_folder() / "images" / "base.toml"), (), say=say)
        found: dict[str, Availability] = {}
        with answered(name, found):
            isolation = open_isolation(name, run)
            isolation.guard = interruptions.held
            found[name] = check(isolation, image, say)
        for line in state_lines(list(found.values())):
            console.print(line, soft_wrap=True)
        with interruptions.deferred():
            kept = found[name].ready and check_contract(isolation, image, tell, interruptible=interruptions.allowed)
    if counts:
        console.print(", ".join(f"{counts[came]} {came}" for came in ("pass", "fail", "not applicable")))
    if not kept:
        raise SystemExit(ExitCode.SOME_FAILED)
