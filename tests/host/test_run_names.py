"""Names: what a run makes is found again by its name, and by nothing that only looks like one."""

from __future__ import annotations

import pytest

from bench.host import run_names

RUN = "20261123-2105-fir"


@pytest.mark.parametrize("run", [RUN, "20261123-2105-fir2", "20261123-2105-12345", run_names.of_process("doctor")])
@pytest.mark.parametrize("label", ["0001", "0001-6b0f", "0001-6b0f-client", "1000001"])
def test_a_name_leads_back_to_its_run(run: str, label: str) -> None:
    assert run_names.is_id(run)
    assert run_names.run_of(run_names.instance(run, label)) == run


@pytest.mark.parametrize(
    "name",
    [
        "isobench-web-0001", f"isobench-{RUN}", f"isobench-{RUN}-1", f"isobench-{RUN}-0001 x",
        f"my-isobench-{RUN}-0001", f"isobench-{RUN}-0001-../x", f"isobench-{RUN}-0001\n", f"isobench-x-{RUN}-0001", "",
    ],
)  # fmt: skip
def test_another_name_is_nobody_s(name: str) -> None:
    assert run_names.run_of(name) is None


MACHINE = run_names.instance(RUN, "0001-6b0f")
UUID = "12345678-1234-4123-8123-123456789012"
"""Ends in digits behind a hyphen, as one in eight does: a greedy pattern over the whole command line runs into it."""


@pytest.mark.parametrize(
    "words",
    [
        ["qemu", "-name", f"guest={MACHINE},debug-threads=on", "-uuid", UUID],
        ["qemu", "-name", f"debug-threads=on,guest={MACHINE}"],
        ["qemu", "-name", MACHINE],
        ["qemu", "-S", "--name", f"{MACHINE},process=x"],
    ],
)
def test_a_machine_s_run_is_in_its_name_alone(words: list[str]) -> None:
    assert run_names.run_of_machine(words) == RUN


@pytest.mark.parametrize(
    "words",
    [
        ["qemu", "-name", "guest=web", "-drive", f"file=guest={MACHINE},if=none"],
        ["qemu", "-name", f"guest=web,,guest={MACHINE}"],
        ["qemu", "-name", f"guest={MACHINE},,x"],
        ["qemu", "-append", f"guest={MACHINE}"],
        ["qemu", "-name"],
        [],
    ],
)
def test_a_machine_of_another_name_is_nobody_s(words: list[str]) -> None:
    assert run_names.run_of_machine(words) is None
