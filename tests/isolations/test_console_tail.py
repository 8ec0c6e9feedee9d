"""The console's tail: what is shown of a workload or a kernel that failed."""

from __future__ import annotations

import pytest

from tests.isolations.test_console import START, fed, mark


def test_the_tail_is_the_workloads_not_the_entrys() -> None:
    console = fed(START + b"working\nlast words" + mark("saw cpus 2") + mark("end 3") + mark("bye"))
    assert console.tail(2) == ("working", "last words")


def test_the_tail_is_the_last_filled_lines_cut_to_a_readable_length() -> None:
    console = fed(b"first\n\n \n" + b"".join(b"%d\n" % number for number in range(30)) + b"y" * 900 + b"\n")
    tail = console.tail(3)
    assert tail[:2] == ("28", "29")
    assert tail[2] == "y" * 500


USER_MODE = """\
Run /init as init process
userspace - ptrace set fp regs failed, errno = 14
Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b
CPU: 0 PID: 1 Comm: init Not tainted 6.1.176 #1
Stack:
 606944ba 607e7fcd 92c3bb90 6067bb96
Call Trace:
 [<606944ba>] ? _printk+0x0/0x94
 [<60058666>] ? percpu_up_read.constprop.0+0x0/0x69
 [<6002c0dd>] new_thread_handler+0xae/0xb0
Aborted
"""
MACHINE = """\
[    1.204461] Run /isobench/init as init process
[    1.3][    T1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100
[    1.3][    T1] CPU: 0 UID: 0 PID: 1 Comm: init Not tainted 6.12.48 #1
[    1.352112] Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2-1 04/01/2014
[    1.353112] Call Trace:
[    1.354001]  <TASK>
[    1.355002]  dump_stack_lvl+0x5d/0x80
[    1.356002]  ? do_exit.cold+0x15/0x15
[    1.357002]  entry_SYSCALL_64_after_hwframe+0x76/0x7e
[    1.358002] RIP: 0033:0x7f0a1b2c3d4e
[    1.359002] Code: 48 8b 0d d9 1f 0f 00 f7 d8 64 89 01 48 83 c8 ff c3 0f 1f 84
[    1.360002] RSP: 002b:00007ffd5e8f1c48 EFLAGS: 00000246 ORIG_RAX: 00000000000000e7
[    1.361002] RAX: ffffffffffffffda RBX: 0000000000000001 RCX: 00007f0a1b2c3d4e
[    1.362002]  </TASK>
[    1.363002] Kernel Offset: 0x1a000000 from 0xffffffff81000000
[    1.364002] ---[ end Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100 ]---
"""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (USER_MODE, ("userspace - ptrace set fp regs failed, errno = 14", "Kernel panic", "Aborted")),
        (MACHINE, ("Run /isobench/init as init process", "Kernel panic")),
    ],
)
def test_the_tail_of_a_kernel_that_died_says_why_and_not_where(said: str, told: tuple[str, ...]) -> None:
    tail = fed(said.encode()).tail(len(told))
    assert all(word in line for word, line in zip(told, tail, strict=True)), tail


@pytest.mark.parametrize(
    "line",
    ["d41d8cd98f00b204e9800998ecf8427e", "deadbeef", "CPU: 4 cores", "Code: 7", "Stack: full", "cafe+0x1 is no frame"],
)
def test_what_only_resembles_a_stack_is_in_the_tail(line: str) -> None:
    assert fed(f"{line}\n".encode()).tail(1) == (line,)
