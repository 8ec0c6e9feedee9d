"""What a recording's text says: calls and functions of processes, and nothing of interrupts."""

from bench.host.tracing.entered import Entered, entered

_TEXT = """\
# tracer: function
#
# entries-in-buffer/entries-written: 12/12   #P:2
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
             cat-19568   [000] ..... 13964.803034: sys_enter: NR 257 (ffffff9c, 7ffd, 0, 0, 0, 0)
             cat-19568   [000] ..... 13964.803035: do_sys_openat2 <-__x64_sys_openat
             cat-19568   [001] ...1. 13964.803036: do_sys_openat2 <-__x64_sys_openat
 odd [1] 2-name: x-7     [001] d..2. 13964.803037: _raw_spin_lock <-do_sys_openat2
             cat-19568   [000] d.h1. 13964.803040: update_process_times <-tick_nohz_handler
             cat-19568   [000] ..s1. 13964.803041: rcu_core <-handle_softirqs
             cat-19568   [000] d.H2. 13964.803042: sys_enter: NR 0 (1, 2, 3, 4, 5, 6)
             cat-19568   [000] ..... 13964.803043: ext4_file_open [ext4] <-do_dentry_open
             cat-19568   [000] ..... 13964.803044: sched_switch: prev_comm=cat prev_pid=19568
CPU:1 [LOST 12 EVENTS]
             cat-19568   [000] ....  13964.803045: sys_enter: NR 257 (0, 0, 0, 0, 0, 0)
"""


def test_process_context_counts_and_interrupts_do_not() -> None:
    found = entered(_TEXT.splitlines(keepends=True))
    assert found.calls == {257: 2}
    assert found.functions == {"do_sys_openat2": 2, "_raw_spin_lock": 1, "ext4_file_open": 1}


def test_recordings_add_up_and_an_empty_one_is_empty() -> None:
    assert entered(["# tracer: nop\n"]) == Entered()
    twice = sum([entered(_TEXT.splitlines())] * 2, Entered())
    assert twice.calls == {257: 4}
    assert twice.functions["_raw_spin_lock"] == 2
