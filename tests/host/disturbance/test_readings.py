"""What sentinels read, on trees of files with known counters, and on this host."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.host.disturbance.readings import Clocks, HostActivity, Places, SentinelWatch, read_clocks, unwatched
from bench.host.disturbance.rules import OwnActivity, apply_rules, readings

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = Places(proc=tmp_path / "proc", sys=tmp_path / "sys", kmsg=tmp_path / "kmsg")
    for resource in ("cpu", "io", "memory"):
        write(made.proc / "pressure" / resource, f"{psi('some', 1_000_000)}{psi('full', 500_000)}")
    write(made.proc / "vmstat", "nr_free_pages 7\npswpin 10\npswpout 20\n")
    write(made.proc / "stat", "cpu 9 9 9 9\ncpu0 100 0 50 9 9 9 9 10 0 0\ncpu1 1 1 1 9 9 9 9 70 0 0\n")
    for name in ("core", "package"):
        write(made.sys / f"devices/system/cpu/cpu0/thermal_throttle/{name}_throttle_count", "3\n")
    write(made.kmsg, "")
    return made


def psi(kind: str, total: int) -> str:
    return f"{kind} avg10=0.00 avg60=0.00 avg300=0.00 total={total}\n"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_nothing_changes_where_nothing_happens(places: Places) -> None:
    found = SentinelWatch((0,), places).end()
    assert (found.swapped_bytes, found.stolen_s, found.busy_s, found.hot) == (0, 0.0, 0.0, 0)
    assert found.pressure_s == dict.fromkeys(("cpu.some", "io.some", "io.full", "memory.some", "memory.full"), 0.0)
    assert found.kernel_errors == ()


def test_every_counter_is_seen_to_move(places: Places) -> None:
    guard = SentinelWatch((0,), places)
    write(places.proc / "pressure/memory", f"{psi('some', 1_250_000)}{psi('full', 500_000)}")
    write(places.proc / "vmstat", "pswpin 11\npswpout 22\n")
    write(places.proc / "stat", "cpu0 130 5 70 99 99 99 99 17 0 0\ncpu1 500 0 0 0 0 0 0 700 0 0\n")
    write(places.sys / "devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", "5\n")
    write(places.kmsg, "3,1,1,-;I/O error, dev vda\n")
    found = guard.end()
    assert found.swapped_bytes == 3 * os.sysconf("SC_PAGE_SIZE")
    assert found.busy_s == pytest.approx(55 * TICK_S)  # user, nice and system: no interrupts, not the other CPU
    assert found.stolen_s == pytest.approx(7 * TICK_S)
    assert found.pressure_s is not None
    assert found.pressure_s["memory.some"] == pytest.approx(0.25)
    assert found.hot == 2
    assert found.kernel_errors == ("I/O error, dev vda",)


def test_a_step_of_the_clock_and_a_sleep_are_told_apart(places: Places) -> None:
    second = 1_000_000_000
    clocks = iter(
        [
            Clocks(monotonic_ns=0, realtime_ns=100 * second, boottime_ns=50 * second),
            Clocks(monotonic_ns=2 * second, realtime_ns=99 * second, boottime_ns=55 * second),
        ]
    )
    found = SentinelWatch((0,), places, lambda: next(clocks)).end()
    assert (found.span_s, found.clock_step_s, found.suspended_s) == (2.0, -3.0, 3.0)


def test_what_a_kernel_does_not_keep_is_not_watched_and_said(tmp_path: Path) -> None:
    bare = Places(proc=tmp_path, sys=tmp_path, kmsg=tmp_path / "kmsg")
    found = SentinelWatch((0,), bare).end()
    missing = (found.swapped_bytes, found.stolen_s, found.busy_s, found.pressure_s, found.hot, found.kernel_errors)
    assert missing == (None,) * 6
    assert set(unwatched(bare)) == {"swap", "steal and load", "pressure", "kernel log", "thermal"}


def test_everything_is_watched_where_all_counters_are(places: Places) -> None:
    assert unwatched(places) == {}


def test_the_real_clocks_do_not_part_while_nothing_sets_them() -> None:
    before = read_clocks()
    time.sleep(0.05)
    after = read_clocks()
    span_ns = after.monotonic_ns - before.monotonic_ns
    assert abs(after.realtime_ns - before.realtime_ns - span_ns) < 1_000_000
    assert abs(after.boottime_ns - before.boottime_ns - span_ns) < 1_000_000


def test_a_busy_loop_of_somebody_else_on_the_instances_cpu_is_seen() -> None:
    cpu = max(os.sched_getaffinity(0))
    loop = f"import os, time\nos.sched_setaffinity(0, {{{cpu}}})\nwhile time.process_time() < 0.6: pass"
    guard = SentinelWatch((cpu,))
    began_s = time.process_time()
    subprocess.run([sys.executable, "-c", loop], check=True)
    ours_s = time.process_time() - began_s
    found = guard.end()
    spent_s = {one.sentinel.name: one.amount for one in apply_rules(readings(found, OwnActivity(cpu_s=0.0)))}
    assert spent_s["other load"] >= 0.6 - 5 * TICK_S - ours_s
    assert found.busy_s is not None
    assert found.busy_s <= found.span_s + 5 * TICK_S


def test_reading_takes_less_than_two_milliseconds_a_trial() -> None:
    """Of a few, the fastest: what is measured is the work, not who else is on this machine."""
    took_s = []
    for _ in range(20):
        began_s = time.perf_counter()
        found = SentinelWatch(tuple(os.sched_getaffinity(0))).end()
        took_s.append(time.perf_counter() - began_s)
        assert isinstance(found, HostActivity)
    assert min(took_s) < 0.002
