"""Every command on a page is run: here, in a folder of its own, or by a test that is named; Python on a page runs too.

A page writes commands in blocks of ``sh``. RUN, BEFORE and AFTER stand for runs; the files that a page tells the reader
to write are written as it has them.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from bench.cli import main
from bench.cli.app import app
from bench.cli.helping import commands_of
from tests.documented import REPOSITORY, documents
from tests.images.oci_archives import Own, layer, regular, static_program

BLOCK = re.compile(r"^(?P<indent> *)```(?P<kind>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`(mine/[\w/]+\.toml)`")
STARTS = ("python -m", "make ", "tools/", ".venv/", "docker ", "pip ")
"""How a command begins, so that none hides in a block of another kind."""

_STOCK = "test_stock_scenarios.py::test_it_ends_well_in_every_isolation_and_its_numbers_hang_together"
_FIRST_LOOK = "test_stock_scenarios.py::test_the_first_look_ends_well_in_every_isolation"
_SURE = "cli/commands/test_run.py::test_a_run_that_is_to_be_sure_says_how_sure_it_is_and_why_it_stops"
_OWN = "cli/test_own.py::test_one_static_binary_runs_in_every_isolation_as_its_image_says"
_CHOICE = "cli/commands/test_recommend.py::test_a_ranking_fits_a_terminal_and_says_what_would_change_it"
_MUSTS = "analysis/choosing/test_ranking.py::test_musts_leave_out_who_does_not_meet_them"
_CALIBRATED = "cli/commands/test_calibrate.py::test_real_truths_are_recovered_on_bare_and_docker"
_DOCTOR = "cli/commands/test_doctor.py::"
_HISTORY = "cli/commands/test_history.py::"
_FLEET = "measuring/fleet/test_two_hosts.py::test_each_measures_and_both_journals_arrive"
_FAULTS = "measuring/fleet/test_faults.py::"
_RESUMED = f"{_FAULTS}test_a_fleet_whose_coordinator_was_killed_goes_on_when_asked"
_LAB_FLEET = "tools/test_fleet_host.py::test_a_host_of_the_lab_measures_in_a_fleet_and_reaches_nothing_else"
_PLUGIN = "isolations/test_plugin.py::test_an_installed_package_adds_an_isolation_that_is_measured_like_any_other"

ELSEWHERE = {
    "make bench": _FIRST_LOOK,
    "python -m bench run startup --quick": _FIRST_LOOK,
    "python -m bench run startup --isolation bare,docker": _FIRST_LOOK,
    "python -m bench run startup --isolation all": _STOCK,
    "python -m bench run mysql --rounds 6": _STOCK,
    "python -m bench run ladder": _STOCK,
    "python -m bench run cpu disk --isolation bare,docker --quick": _STOCK,
    "python -m bench run cpu disk --isolation bare,docker --rounds 10": _STOCK,
    "python -m bench run hashing --scenarios mine --isolation bare,docker": _STOCK,
    "python -m bench run startup --precision 5%": _SURE,
    "python -m bench run startup --isolation all --precision 5%": _SURE,
    "python -m bench run startup --isolation bare --precision 20% --budget 1m --results before": _SURE,
    "python -m bench run startup --isolation bare --precision 20% --budget 1m --results after": _SURE,
    "python -m bench run cpu memory --budget 20m --twin": _SURE,
    "python -m bench run --scenarios my-scenarios --seed 7": (
        "cli/commands/test_run.py::test_the_seed_and_the_command_line_are_recorded"
    ),
    'python -m bench run --image sysbench.tar --command "sysbench cpu run"': _OWN,
    'python -m bench run --image sysbench.tar --command "sysbench cpu --time=2 run" --metric '
    "'events_per_s=events per second: +([0-9.]+) 1/s higher' --isolation bare,docker,vm": _OWN,
    'python -m bench run --image app.tar --command "app --once" --isolation bare,vm': _OWN,
    'python -m bench run --image app.tar --command "app --once" --isolation bare,docker,vm': _OWN,
    "python -m bench run --image app.tar --isolation bare --rounds 3": _OWN,
    "python -m bench run --image app.tar --ready '^cwd' --isolation bare --rounds 3": _OWN,
    "python -m bench run packing --scenarios mine --isolation bare --rounds 3": (
        "images/test_build.py::test_the_same_recipe_is_the_same_image"
    ),
    "python -m bench doctor": f"{_DOCTOR}test_all_ready_is_exit_code_0",
    "python -m bench doctor --isolation docker,vm": f"{_DOCTOR}test_only_those_that_are_named_are_tried",
    "python -m bench doctor --fix": f"{_DOCTOR}test_without_consent_it_is_shown_what_would_be_changed_and_nothing_is",
    "python -m bench doctor --json": f"{_DOCTOR}test_as_json_it_is_one_document",
    "python -m bench calibrate --from results/RUN": (
        "cli/commands/test_calibrate.py::test_what_is_no_calibration_recovers_nothing"
    ),
    "python -m bench calibrate": _CALIBRATED,
    "python -m bench calibrate --quick": _CALIBRATED,
    "python -m bench calibrate written quota --isolation docker,vm": _CALIBRATED,
    "python -m bench clean": f"{_DOCTOR}test_clean_says_when_there_is_nothing",
    "python -m bench recommend RUN --weights start=3,memory=1": _CHOICE,
    "python -m bench recommend RUN --weights start=3,memory=1,cpu=2,surface=4": _CHOICE,
    'python -m bench recommend RUN --must "own kernel" --must "start<200ms"': _MUSTS,
    "python -m pip install --no-deps tests/plugin": _PLUGIN,
    "python -m bench doctor --isolation setpriv": _PLUGIN,
    "python -m bench run startup --isolation bare,setpriv --quick": _PLUGIN,
    "python -m bench explain setpriv": (
        "cli/commands/test_explain.py::test_marks_of_another_package_are_explained_and_a_broken_one_harms_nobody"
    ),
    ".venv/bin/python -m bench run startup --isolation bare,NAME --rounds 3": _PLUGIN,
    ".venv/bin/python -m pytest tests/isolations/KIND/test_NAME.py": _PLUGIN,
    "tools/lab run debian13 -- sh tools/hosts/smoke.sh": (
        "tools/test_smoke.py::test_debian_13_measures_start_up_on_four_isolations"
    ),
    "python -m bench run surface --quick --isolation bare,docker,runsc,bubblewrap,vm": _STOCK,
    "tools/lab run debian13 --images tools --results /tmp/results -- "
    "python -m bench run surface --results /srv/results": (
        "tools/test_smoke.py::test_debian_13_measures_start_up_on_four_isolations"
    ),
    "python -m bench fleet worker tls://127.0.0.1 --tls ../certificates/this --name this": _FLEET,
    "tools/lab run debian13 --reach 8786 --with ../certificates/lab --timeout 14400 -- "
    ".venv/bin/python -m bench fleet worker tls://10.0.2.100 --tls lab --name lab": _LAB_FLEET,
    "python -m bench fleet run startup footprint --quick --isolation bare,docker --hosts hosts.txt --listen 127.0.0.1 "
    "--tls ../certificates/here --wait 10m": _LAB_FLEET,
    "tools/lab clean": "tools/test_main.py::test_clean_leaves_what_is_current",
    "tools/setup --dev": "test_setup.py::test_a_dry_run_names_what_is_missing",
    "python -m bench history": f"{_HISTORY}test_a_regression_is_4_and_is_named_with_what_changed",
    "python -m bench history --since 2026-11-01 --html history.html": f"{_HISTORY}test_the_page_is_whole_by_itself",
    "python -m bench history results more --markdown - --feed history.xml": (
        f"{_HISTORY}test_the_feed_has_an_entry_a_shift_and_names_it_the_same_for_ever"
    ),
    "python -m bench run startup --isolation bare --compare-to baseline": (
        "cli/commands/test_baseline.py::test_a_run_that_is_no_worse_than_the_baseline_is_0"
    ),
    "pip install 'isobench[fleet]'": "measuring/fleet/test_installed.py::test_what_is_missing_is_named_with_the_remedy",
    "python -m bench fleet init certificates here alpha beta": _FLEET,
    "python -m bench fleet worker tls://10.0.0.1 --tls alpha": _FLEET,
    "python -m bench fleet run startup --scheduler tls://10.0.0.1 --tls here": _FLEET,
    "python -m bench fleet run startup --hosts FILE --listen 10.0.0.1 --tls here": _FLEET,
    "python -m bench fleet resume FLEET --listen 10.0.0.1 --tls here": _RESUMED,
    "python -m bench fleet resume FLEET --scheduler tls://10.0.0.1 --tls here": _RESUMED,
    "python -m bench fleet report FLEET": (
        "cli/fleets/test_fleet.py::test_a_report_is_printed_and_written_and_a_fleet_is_found_by_its_id"
    ),
    "python -m bench fleet doctor --scheduler tls://10.0.0.1 --tls here": (
        f"{_FAULTS}test_a_machine_counts_once_unless_it_is_said"
    ),
    "python -m bench fleet status tls://10.0.0.1 --tls here": f"{_FAULTS}test_no_scheduler_is_said_with_the_reason",
    "python -m bench check-plugin setpriv": (
        "isolations/test_plugin.py::test_its_author_can_have_the_contract_checked"
    ),
}
"""Commands that need engines, a network or minutes: the test that does the same."""

SUITE = {
    "make test", "make bars", "tools/check", "tools/check tests/measuring/test_plan.py",
    'python -m pytest -m "not docker and not vm and not root and not bars"',
}  # fmt: skip
"""Commands that run this test."""


FIRST = "python -m bench run startup --isolation bare --rounds 3"
"""The tutorial's first run, which the other commands are about."""
READING = tuple(
    f"python -m bench {name} " for name in ("list", "report", "compare", "recommend", "explain", "publish", "export")
)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a page: of which kind, what it says, and the text before it."""

    page: Path
    kind: str
    text: str
    before: str


def blocks() -> Iterator[Block]:
    for page in documents():
        text = page.read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            yield Block(page, block["kind"], textwrap.dedent(block["text"]), text[: block.start()])


def commands() -> list[str]:
    """Return every command, once, in the order of the pages; remarks behind them are left out."""
    shell = [re.sub(r"\\\n\s*", "", block.text) for block in blocks() if block.kind == "sh"]
    lines = [re.sub(r"(^|\s+)#.*", "", line).strip() for text in shell for line in text.splitlines()]
    return list(dict.fromkeys(filter(None, lines)))


COMMANDS = commands()
HERE = [command for command in COMMANDS if command not in ELSEWHERE and command not in (FIRST, *SUITE)]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a reader has one: the clone's environment, an image, the files that pages say, a run and its copy."""
    folder = tmp_path_factory.mktemp("workshop")
    (folder / ".venv").symlink_to(REPOSITORY / ".venv")
    program = layer(regular("app", static_program(folder), 0o755))
    Own(layers=[program], running={"Entrypoint": ["/app"]}).save(folder / "app.tar")
    for block in blocks():
        if block.kind == "toml" and (named := FILE.findall(block.before[-200:])):
            (folder / named[-1]).parent.mkdir(parents=True, exist_ok=True)
            (folder / named[-1]).write_text(block.text)
    done = by_shell(folder, FIRST)
    assert done.returncode == 0, done.stdout + done.stderr
    [run] = (folder / "results").iterdir()
    shutil.copytree(run, folder / "results/before")
    run.rename(folder / "results/after")
    return folder


def by_shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a shell does, with the environment that is active in a clone."""
    own = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(REPOSITORY),
    }
    words = ["/bin/sh", "-c", command]
    return subprocess.run(words, cwd=folder, env=os.environ | own, capture_output=True, text=True, check=False)


def here(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command that only reads within this process, which has loaded what it needs; return its exit code."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["bench", *shlex.split(command)])
    try:
        main()
    except SystemExit as left:
        return int(left.code or 0)
    return 0


@pytest.mark.root
@pytest.mark.parametrize("command", HERE)
def test_a_command_of_a_page_does_what_it_says(
    workshop: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = re.sub(r"results/(\d{8}-\d{4}-\w+|RUN)\b", "results/after", command)
    told = re.sub(r"\b(RUN|BEFORE|AFTER)\b", lambda word: "before" if word[0] == "BEFORE" else "after", told)
    if told.startswith(READING) and ">" not in told:
        assert here(told.removeprefix("python -m bench "), workshop, monkeypatch) == 0, capsys.readouterr()
    else:
        done = by_shell(workshop, told)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", [one for one in COMMANDS if "-m bench " in one])
def test_what_a_command_names_is_there(command: str) -> None:
    """Its options are the command line's: whoever runs it elsewhere may write them in another way."""
    name, *words = shlex.split(command.partition("-m bench ")[2].partition(" > ")[0])
    if isinstance(get_command(app).commands[name], TyperGroup):  # type: ignore[attr-defined]  # it is a group
        name = f"{name} {words.pop(0)}"
    known = commands_of(get_command(app))[name]
    assert known.make_context(name, words).command is known  # raises where an option is none


@pytest.mark.parametrize("place", sorted(set(ELSEWHERE.values())))
def test_what_runs_elsewhere_has_a_test(place: str) -> None:
    file, _, name = place.partition("::")
    assert f"def {name}(" in (REPOSITORY / "tests" / file).read_text(encoding="utf-8")


def test_tables_hold_no_command_that_no_page_has() -> None:
    assert (set(ELSEWHERE) | SUITE | {FIRST}) - set(COMMANDS) == set()
    assert len(HERE) > 20


def test_no_command_hides_in_a_block_of_another_kind() -> None:
    hidden = [
        line
        for block in blocks()
        if block.kind not in ("sh", "yaml")
        for line in block.text.splitlines()
        if line.startswith(STARTS)
    ]
    assert hidden == []


@pytest.mark.parametrize(
    "block",
    [block for block in blocks() if block.kind == "python" and "import " in block.text],
    ids=lambda block: f"{block.page.stem}-{block.before.count(chr(10)) + 1}",
)
def test_python_of_a_page_runs(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    exec(
        compile(
            re.sub(r"results/\d{8}-\d{4}-\w+", "results/published/sixteen-isolations", block.text), block.page, "exec"
        ),
        {},
    )
