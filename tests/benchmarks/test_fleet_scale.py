"""What `bench fleet report` costs, and how that grows with hosts.

The requirement is a fleet of 1,000 hosts with 100,000 samples each within 60 s and 2 GiB. Of such a fleet, in 50 cells
on every host, with tables that are current, 58 and 59 s on a quiet host of two CPUs were seen, 104 CPU-s, and 573 MiB
of all processes together. Memory is held here, and that a host takes no more than a few times as long as reading its
table does: seconds hang on what else the machine does.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from bench.analysis.data.frame import load
from tests.benchmarks.test_report_scale import cost
from tests.synthetic_large import write_large_fleet

FEW, MANY = 60, 120
"""Of fewer than the first, some are read while others have not begun: the peak then still grows."""
SAMPLES = 20_000
MOST_BYTES = 2 << 30
MOST_HOSTS = 1000
MOST_TIMES_READING = 8.0


def reading_s(host: Path) -> float:
    """Return the CPU time that reading a host's table takes."""
    times = []
    for _turn in range(5):
        began_s = time.process_time()
        load(host, compact=True)
        times.append(time.process_time() - began_s)
    return statistics.median(times)


def test_a_thousand_hosts_fit_and_each_takes_little_more_than_it_takes_to_read(tmp_path: Path) -> None:
    few, many = (write_large_fleet(tmp_path / f"fleet-{hosts}", hosts, SAMPLES) for hosts in (FEW, MANY))
    small, large = (cost(fleet, words=("fleet", "report")) for fleet in (few, many))
    per_host = (large.peak_bytes - small.peak_bytes) / (MANY - FEW)
    per_host_s = (large.cpu_s - small.cpu_s) / (MANY - FEW)
    reading = reading_s(few / "h0001")
    print(
        f"{small.peak_bytes >> 20} and {large.peak_bytes >> 20} MiB, {per_host / 1024:.0f} KiB for each host; "
        f"{per_host_s * 1000:.0f} CPU-ms for each, of which reading takes {reading * 1000:.0f}"
    )
    assert large.peak_bytes + per_host * (MOST_HOSTS - MANY) <= MOST_BYTES
    assert per_host_s <= MOST_TIMES_READING * reading
