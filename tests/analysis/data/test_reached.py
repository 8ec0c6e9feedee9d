"""Tables of what instances reached, from the notes that trials keep of it."""

import json
from pathlib import Path

from bench.analysis.data.reached import answered_calls, changed_calls, entered_names, surface_facts, untraced


def _run(folder: Path, *calls: str, outcome: str = "ok", **notes: str) -> Path:
    """Write a journal with one trial for each table of calls. FIXTURE: nothing was measured."""
    folder.mkdir()
    lines = [
        {
            "schema": "https://isobench.dev/schemas/trial-2.json", "number": number, "round": number,
            "scenario": "surface", "scenario_version": "0", "parameters": {}, "isolation": "docker", "emulated": False,
            "outcome": outcome, "reason": "", "started_at": "", "tail": [], "samples": [],
            "seen": {
                "surface.calls": said, "surface.kernel": "the host's", "uptime": "5",
                "surface.host_syscalls.files": "openat:3 read:2", "surface.host_functions.files": "vfs_read:2", **notes,
            },
        }
        for number, said in enumerate(calls, start=1)
    ]  # fmt: skip
    (folder / "trials.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_notes_become_tables(tmp_path: Path) -> None:
    run = _run(tmp_path / "run", "read=answered:EBADF mount=needs_capability:EFAULT,EPERM")
    calls, entered = answered_calls(run), entered_names(run)
    assert calls[["call", "verdict", "answers"]].to_numpy().tolist() == [
        ["read", "answered", "EBADF"],
        ["mount", "needs_capability", "EFAULT,EPERM"],
    ]
    assert entered[["side", "work", "name", "times"]].to_numpy().tolist() == [
        ["host_syscalls", "files", "openat", 3],
        ["host_syscalls", "files", "read", 2],
        ["host_functions", "files", "vfs_read", 2],
    ]
    assert surface_facts(run) == {("surface", "docker"): {"kernel": "the host's"}}


def test_all_functions_of_a_kernel_that_a_piece_of_work_enters_are_read(tmp_path: Path) -> None:
    listed = " ".join(f"security_of_a_file_{number}:7" for number in range(1800))
    run = _run(tmp_path / "run", "read=answered:EBADF", **{"surface.host_functions.files": listed})
    entered = entered_names(run)
    assert (entered["side"] == "host_functions").sum() == 1800


def test_run_that_failed_counts_for_nothing(tmp_path: Path) -> None:
    run = _run(tmp_path / "run", "read=answered:EBADF", outcome="failed")
    assert answered_calls(run).empty
    assert entered_names(run).empty
    assert not surface_facts(run)


def test_what_could_not_be_traced_has_its_reason(tmp_path: Path) -> None:
    why = "the kernel's tracer is refused: set_ftrace_pid: Operation not permitted"
    run = _run(tmp_path / "run", "read=answered:EBADF", **{"surface.no_host_functions": why})
    assert untraced(run) == {("docker", "host_functions"): why}


def test_two_runs_differ_in_the_calls_of_which_not_the_same_came(tmp_path: Path) -> None:
    before = answered_calls(_run(tmp_path / "before", *["read=answered:EBADF clone3=answered:E2BIG"] * 2))
    after = answered_calls(_run(tmp_path / "after", "read=answered:EBADF clone3=absent:ENOSYS"))
    assert changed_calls(before, before).empty
    changed = changed_calls(before, after)
    assert changed.to_dict("records") == [
        {
            "scenario": "surface",
            "isolation": "docker",
            "call": "clone3",
            "before": "answered E2BIG",
            "after": "absent ENOSYS",
        }
    ]
