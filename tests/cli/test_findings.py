"""The tables of a calibration: whole in 80 columns, for every isolation there is."""

from __future__ import annotations

import io

import pandas as pd
from rich.console import Console

from bench.analysis.quality.calibration import DTYPES
from bench.cli.findings import EMULATED_NOTE, tables

MIB = 1 << 20
LONGEST = ("docker:runsc-net", "vm:microvm")


def finding(truth: str, view: str, isolation: str, injected: float, unit: str, **more: object) -> dict[str, object]:
    plain = {
        "truth": truth, "view": view, "isolation": isolation, "emulated": isolation.startswith("vm"), "machine": False,
        "injected": injected, "unit": unit, "n": 5, "bias": -0.1 * injected, "low": -0.2 * injected,
        "high": 0.2 * injected, "spread": 0.1 * injected, "goal": 0.02 * injected, "verdict": "undecided",
    }  # fmt: skip
    return {**plain, **more}


def shown(*findings: dict[str, object]) -> list[str]:
    told = Console(file=io.StringIO(), width=80, highlight=False)
    for part in tables(pd.DataFrame(list(findings), columns=list(DTYPES))):
        told.print(part)
    assert isinstance(told.file, io.StringIO)
    return told.file.getvalue().splitlines()


def test_every_row_is_one_line_of_at_most_80_columns() -> None:
    lines = shown(
        *(
            finding(truth, view, isolation, injected, unit)
            for isolation in LONGEST
            for truth, view, injected, unit in (
                ("delay", "its own line", 0.5, "s"),
                ("memory", "cgroup", 256.0 * MIB, "B"),
                ("quota", "work", 0.25, "1"),
                ("rate", "lines", 500.0, "1/s"),
                ("written", "processes", 64.0 * MIB, "B"),
            )
        )
    )
    assert max(map(len, lines)) <= 80
    assert [line.rstrip() for line in lines if line.startswith("docker:runsc-net ")] == [
        "docker:runsc-net     500 ms  -50.00      -100 to +100  50.00   10 undecided",
        *(
            f"docker:runsc-net   {injected:>8}  -10.00  -20.00 to +20.00  10.00    2 undecided"
            for injected in ("256 MiB", "25 %", "500 /s", "64 MiB")
        ),
    ]


def test_an_emulated_machine_says_so_below() -> None:
    lines = shown(finding("delay", "ready", "vm:microvm", 0.5, "s"))
    assert [line for line in lines if line.startswith("vm:microvm* ")]
    assert lines[-1] == EMULATED_NOTE
    assert EMULATED_NOTE not in shown(finding("delay", "ready", "bare", 0.5, "s"))


def test_isolations_stand_in_the_order_of_every_report() -> None:
    lines = shown(*(finding("delay", "ready", name, 0.5, "s") for name in ("vm", "docker", "bare", "docker:runsc")))
    assert [line.split()[0] for line in lines[2:6]] == ["bare", "docker", "docker:runsc", "vm*"]


def test_too_few_rounds_for_an_interval_and_markup_in_a_name_are_shown_as_they_are() -> None:
    nan = float("nan")
    lines = shown(finding("written", "processes", "x[red]y", 16.0 * MIB, "B", low=nan, high=nan))
    [row] = [line for line in lines if "x[red]y" in line]
    assert "too few rounds" in row
    assert lines[0] == "Bytes written, by processes (%)"
