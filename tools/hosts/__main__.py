"""The lab's command line: the only place of it that prints and exits."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.cli.exits import of_signal
from bench.errors import BenchError, InputError, Interrupted
from bench.host import programs
from bench.host.signals import Interruptions
from bench.host.subprocesses import ran
from bench.images import cache
from tools.hosts import awake, document, job, system, travel
from tools.hosts.errors import LabError
from tools.hosts.table import Host, host, hosts

LAB_FAILED = 125
"""The exit code where the lab failed, not the command; as of `docker run`."""
_WRONG_USE = 2
TIME_IS_UP = 124
"""The exit code of a command that was ended since it took too long; as of `timeout`."""


def main(words: Sequence[str]) -> int:
    """Do what is asked; return the exit code."""
    before, dashes, command = _parted(words)
    asked = _parser().parse_args(before)
    asked.command = command
    if dashes and asked.action != "run":
        _parser().error(f"{asked.action} takes no command")
    programs.reach_system_folders()
    interruptions = Interruptions()
    try:
        with interruptions.handled(), interruptions.allowed():
            return _do(asked)
    except Interrupted as interrupted:
        return of_signal(interrupted.signal_name)
    except BenchError as error:
        for line in (error.what, *getattr(error, "__notes__", ()), *filter(None, [error.remedy])):
            _say(line)
        return _WRONG_USE if isinstance(error, InputError) else LAB_FAILED


def _parted(words: Sequence[str]) -> tuple[list[str], bool, list[str]]:
    """Return the words before two dashes, whether there are any, and the command behind them."""
    where = words.index("--") if "--" in words else len(words)
    return list(words[:where]), where < len(words), list(words[where + 1 :])


def _do(asked: argparse.Namespace) -> int:
    match asked.action:
        case "list":
            for one in hosts().values():
                print(_line(one))
            return 0
        case "build":
            print(system.build(host(asked.host).system, say=_say).folder)
            return 0
        case "run":
            return _run(host(asked.host), asked)
        case "survey":
            return _survey(host(asked.host), asked)
        case "console":
            return job.console(host(asked.host), images=asked.images, say=_say)
        case _:
            for line in _clean(everything=asked.all):
                print(f"Removed: {line}.")
            return 0


def _run(chosen: Host, asked: argparse.Namespace) -> int:
    if not asked.command:
        raise InputError("no command is given", remedy=f"Write it behind two dashes: run {chosen.name} -- COMMAND...")
    ended = job.run(
        chosen,
        asked.command,
        images=asked.images,
        beside=asked.beside,
        reach=asked.reach,
        results=asked.results,
        keep=asked.keep,
        timeout_s=asked.timeout,
        out=_pass_on,
        say=_say,
    )
    if ended.status == TIME_IS_UP and ended.took_s - ended.login_s >= asked.timeout:
        _say(f"the command was ended after {asked.timeout:.0f} s: allow it more, --timeout SECONDS")
    _say(f"the command ended with {ended.status} after {ended.took_s:.0f} s, {ended.login_s:.0f} of them to the login")
    return ended.status


def _survey(chosen: Host, asked: argparse.Namespace) -> int:
    """Have a host surveyed, keep its record, and write the tables of the documentation anew."""
    with tempfile.TemporaryDirectory() as folder:
        asked.results = asked.results or Path(folder)
        asked.command = [".venv/bin/python", "-m", "tools.hosts.survey", asked.isolations, asked.contract]
        status = _run(chosen, asked)
        record = asked.results / "seen.json"
        if not record.exists():
            raise LabError(f"the survey of {chosen.name} has left no record", remedy="See what it said above")
        document.keep(chosen.name, json.loads(record.read_text()))
    ran(system.ROOT / "tools" / "docs")
    return status


def _clean(*, everything: bool) -> list[str]:
    """Remove what killed jobs and builds have left, and what no host of today is booted from; return what."""
    shelf = cache.shelf("lab")
    removed = [path.name for path in cache.sweep(shelf)]
    current = (
        set()
        if everything
        else {place for one in hosts().values() for place in (system.place(one.system), awake.place(one))}
    )
    for path in sorted(shelf.iterdir()):
        if path.is_dir() and not path.name.startswith(".") and path not in current and (everything or _stale(path)):
            cache.remove(path)
            removed.append(path.name)
    return removed


def _stale(path: Path) -> bool:
    return not path.name.startswith("images-")


def _line(one: Host) -> str:
    built = "built" if system.place(one.system).exists() else "not built"
    words = [f"{one.cpus} CPUs{f' ({one.topology})' if one.topology else ''}", f"{one.memory_mib} MiB"]
    words += [f"system {one.system.name}, {built}", f"as {one.user}", *(["KVM inside"] if one.kvm else [])]
    return f"{one.name:16} {', '.join(words)}"


def _pass_on(said: bytes) -> None:
    sys.stdout.buffer.write(said)
    sys.stdout.buffer.flush()


def _say(line: str) -> None:
    print(f"lab: {line}", file=sys.stderr, flush=True)


def _port(text: str) -> int:
    """Read a number of TCP's; raises ValueError for another one."""
    if not 0 < (port := int(text)) < 1 << 16:
        raise ValueError(text)
    return port


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/lab",
        description="Whole hosts that people have, in QEMU, without a network.",
        epilog="run HOST [OPTIONS] -- COMMAND...",
    )
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="say which hosts there are, and which are built")
    build = actions.add_parser("build", help="build what a host boots from, unless it is in the cache")
    run = actions.add_parser(
        "run", help="boot a fresh host and run a command in the checkout; its exit code is ours, else 125"
    )
    console = actions.add_parser("console", help="boot a host with its console on this terminal")
    survey = actions.add_parser("survey", help="find out what a host can do, and write it into docs/reference/hosts.md")
    clean = actions.add_parser(
        "clean", help="remove what killed jobs have left, kept disks, and systems of old recipes"
    )
    for action in (build, run, survey, console):
        action.add_argument("host")
    for action in (run, survey, console):
        action.add_argument(
            "--images", metavar="NAMES", type=lambda text: text.split(","), default=["base"],
            help="stock images to have inside, with commas between them (base)",
        )  # fmt: skip
    for action in (run, survey):
        action.add_argument(
            "--results", metavar="FOLDER", type=Path, help=f"where to put what lies in {travel.RESULTS}"
        )
        action.add_argument(
            "--with", metavar="PATH", type=Path, action="append", default=[], dest="beside",
            help="a file or folder to put into the checkout there, by its name",
        )  # fmt: skip
        action.add_argument(
            "--reach", metavar="PORT", type=_port, help="a TCP port of our loopback that is 10.0.2.100:PORT there"
        )
        action.add_argument("--keep", action="store_true", help="keep the host's disks and console")
        action.add_argument("--timeout", metavar="SECONDS", type=float, default=3600.0, help="for the command (3600)")
    survey.add_argument("--isolations", metavar="A,B", default="all", help="those to try (all)")
    survey.add_argument(
        "--contract", metavar="A,B", default="none", help="those to hold to the contract; none, all (none)"
    )
    clean.add_argument("--all", action="store_true", help="remove all that the lab has in the cache")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
