"""The manual page, made from the command line: ``tools/docs`` writes it, a wheel brings it to ``man bench``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

import bench
from bench.cli.app import app
from bench.cli.helping import EXAMPLES, commands_of
from bench.model.version import __version__

MANUAL = Path(bench.__file__).parents[1] / "docs" / "bench.1"

ENVIRONMENT = {
    "ISOBENCH_CACHE": "Where images and boot kits are kept; else /var/cache/isobench, or the user's cache folder.",
    "ISOBENCH_STATE": "Where scratch space of runs lies; else /var/lib/isobench, or the user's state folder.",
    "ISOBENCH_MIRROR": "The package mirror that images are made from.",
    "ISOBENCH_PATIENCE": "How many times longer than usual a start may take on this host.",
    "NO_COLOR": "Set to anything: no colours.",
}
_ESCAPED = {"\\": r"\e", "-": r"\-", "`": r"\(ga", "'": r"\(aq"}


def manual() -> str:
    """Return the page as roff source, which has no date: the same command line makes the same page."""
    return "\n".join(_page(typer.main.get_command(app))) + "\n"


def _page(group: Any) -> Iterator[str]:
    yield '.\\" Made by tools/docs from the command line.'
    yield f'.TH BENCH 1 "" "isobench {__version__}" "User Commands"'
    yield from (".SH NAME", r"bench \- measure what ways of isolating a workload cost", ".SH SYNOPSIS")
    yield r"\fBbench\fR \fICOMMAND\fR [\fIOPTION\fR]... [\fIARGUMENT\fR]..."
    yield from (".SH DESCRIPTION", _text(group.help), ".PP", r"\fBpython \-m bench\fR does the same.", ".SH COMMANDS")
    for name, command in commands_of(group).items():
        yield from _command(name, command)
    yield from (".SH EXIT STATUS", _text(group.epilog), ".SH ENVIRONMENT", *_told(ENVIRONMENT))
    yield ".SH EXAMPLES"
    for line in dict.fromkeys(line for lines in EXAMPLES.values() for line in lines):
        yield from (".PP", rf"\fB{_text(line)}\fR")


def _command(name: str, command: Any) -> Iterator[str]:
    words = [one.metavar if one.required else f"[{one.metavar}]" for one in command.params if not _is_option(one)]
    yield from (f".SS {_text(' '.join(('bench', name, *words)))}", _text(command.help))
    for one in command.params:
        flags = ", ".join((*one.opts, *one.secondary_opts)) if _is_option(one) else one.metavar
        value = f" {one.metavar}" if _is_option(one) and one.metavar else ""
        yield from _told({f"{flags}{value}": one.help or ""})


def _is_option(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def _told(meanings: Mapping[str, str]) -> Iterator[str]:
    for name, meaning in meanings.items():
        yield from (".TP", rf"\fB{_text(name)}\fR", _text(meaning))


def _text(text: str) -> str:
    """Return text that roff takes for nothing else, paragraphs apart; hyphens can be copied to a command line."""
    escaped = text.replace("\f", "").translate({ord(one): instead for one, instead in _ESCAPED.items()})
    paragraphs = (" ".join(one.split()) for one in escaped.split("\n\n"))
    return "\n.PP\n".join(rf"\&{one}" if one.startswith(".") else one for one in paragraphs)
