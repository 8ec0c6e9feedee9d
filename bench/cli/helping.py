"""What ``--help`` shows: options under what they are about, then examples; a screen of 80 columns, no more."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from typer.core import TyperCommand, TyperGroup

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "bench": (
        "make bench",
        "python -m bench run startup --isolation bare,docker",
        "python -m bench explain startup.ready",
    ),
    "run": (
        "python -m bench run startup --quick",
        "python -m bench run cpu disk --isolation bare,docker --rounds 10",
        "python -m bench run startup --isolation all --precision 5%",
        'python -m bench run --image app.tar --command "app --once" --isolation bare,vm',
    ),
    "resume": (
        "python -m bench resume results/RUN",
        "python -m bench resume RUN --anyway",
    ),
    "list": (
        "python -m bench list",
        "python -m bench list --scenarios mine",
        "python -m bench list --json",
    ),
    "doctor": (
        "python -m bench doctor",
        "python -m bench doctor --isolation docker,vm",
        "python -m bench doctor --fix",
        "python -m bench doctor --json",
    ),
    "report": (
        "python -m bench report results/RUN",
        "python -m bench report results/RUN --png",
    ),
    "compare": (
        "python -m bench compare BEFORE AFTER",
        "python -m bench compare BEFORE AFTER --min-change 10% --markdown pr.md",
    ),
    "history": (
        "python -m bench history",
        "python -m bench history --since 2026-11-01 --html history.html",
        "python -m bench history results more --markdown - --feed history.xml",
    ),
    "baseline": (
        "python -m bench baseline RUN",
        "python -m bench run startup --isolation bare --compare-to baseline",
    ),
    "recommend": (
        "python -m bench recommend RUN",
        "python -m bench recommend RUN --weights start=3,memory=1",
        'python -m bench recommend RUN --must "own kernel" --must "start<200ms"',
    ),
    "explain": (
        "python -m bench explain startup.ready",
        "python -m bench explain memory.idle.pss",
        "python -m bench explain docker --json",
    ),
    "publish": ("python -m bench publish RUN two-cores",),
    "export": (
        "python -m bench export RUN --format csv --what summary --output summary.csv",
        "python -m bench export RUN --format hyperfine > run.json",
    ),
    "calibrate": (
        "python -m bench calibrate --quick",
        "python -m bench calibrate written quota --isolation docker,vm",
        "python -m bench calibrate --from results/RUN",
    ),
    "check-plugin": ("python -m bench check-plugin setpriv",),
    "clean": ("python -m bench clean",),
    "fleet": (
        "python -m bench fleet init certificates here alpha beta",
        "python -m bench fleet worker tls://10.0.0.1 --tls alpha",
        "python -m bench fleet run startup --scheduler tls://10.0.0.1 --tls here",
        "python -m bench fleet report FLEET",
    ),
    "fleet run": (
        "python -m bench fleet run startup --scheduler tls://10.0.0.1 --tls here",
        "python -m bench fleet run startup --hosts FILE --listen 10.0.0.1 --tls here",
    ),
    "fleet resume": (
        "python -m bench fleet resume FLEET --scheduler tls://10.0.0.1 --tls here",
        "python -m bench fleet resume FLEET --listen 10.0.0.1 --tls here",
    ),
    "fleet worker": ("python -m bench fleet worker tls://10.0.0.1 --tls alpha",),
    "fleet init": ("python -m bench fleet init certificates here alpha beta",),
    "fleet report": ("python -m bench fleet report FLEET",),
    "fleet doctor": ("python -m bench fleet doctor --scheduler tls://10.0.0.1 --tls here",),
    "fleet status": ("python -m bench fleet status tls://10.0.0.1 --tls here",),
}
"""Of each command and group, and of all of it. ``docs/reference/command-line.md`` has them too; tests run them."""

_OPTIONS = "Options"


class Command(TyperCommand):
    """A command with examples; a parameter's ``rich_help_panel`` is the heading it stands under."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options."""
        for heading, rows in headed(self, ctx).items():
            with formatter.section(heading):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples as they are: a command that is broken in two is none."""
        _write_examples(path_of(ctx), formatter)


class Group(TyperGroup):
    """All commands, or those of one subject."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples, then what else is to be said."""
        _write_examples(path_of(ctx) or "bench", formatter)
        super().format_epilog(ctx, formatter)


def commands_of(group: Any) -> Mapping[str, Any]:
    """Return every command that is not hidden by how it is called, such as ``run`` and ``fleet run``."""
    found: dict[str, Any] = {}
    for name, one in group.commands.items():
        within = commands_of(one) if isinstance(one, TyperGroup) else {}
        found |= {f"{name} {inner}": command for inner, command in within.items()}
        found |= {} if one.hidden or within else {name: one}
    return found


def path_of(ctx: Any) -> str:
    """Return how a command is called: ``run``, ``fleet run``; empty for the program itself."""
    return "" if ctx.parent is None else f"{path_of(ctx.parent)} {ctx.info_name}".strip()


def headed(command: TyperCommand, ctx: Any) -> Mapping[str, list[tuple[str, str]]]:
    """Return what a command takes, by heading, the general ones last: how each is written, and what it is."""
    found: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(ctx):
        usual = _OPTIONS if parameter.param_type_name == "option" else "Arguments"
        found.setdefault(getattr(parameter, "rich_help_panel", None) or usual, []).append(_row(parameter))
    return found | {_OPTIONS: found.pop(_OPTIONS)}


def _row(parameter: Any) -> tuple[str, str]:
    """Return how a parameter is written and what it is; typer's own words for this differ from version to version."""
    metavar = "" if getattr(parameter, "is_flag", False) else parameter.metavar or str(parameter.name).upper()
    names = sorted(parameter.opts, key=len) if parameter.param_type_name == "option" else []
    default = parameter.default if isinstance(parameter.default, str | Path) else ""
    helped = f"{parameter.help}  [default: {default}]" if default else str(parameter.help)
    return " ".join([*([", ".join(names)] if names else []), metavar]).strip(), helped


def _write_examples(command: str, formatter: Any) -> None:
    with formatter.section("Examples"):
        for line in EXAMPLES[command]:
            formatter.write(f"  {line}\n")
