"""What a report of a large run costs, and how that grows with its samples.

The requirement is a run of a million samples in 500 cells: frame, intervals, plots and page within 20 s and 1 GiB, and
ten times the samples within twelve times the time. Measured on 2 busy cores: 37 CPU-s (17 of them to draw) and 679 MiB
for a million samples, 30 CPU-s and 435 MiB for a tenth of them. Memory and growth are held, 20 s are not: what is left
is a price of 500 cells, whose pictures and ratios cost as much with few samples as with many.

Here a scenario of 50 cells is measured with N samples and with ten times as many, each in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from tests.synthetic_large import write_large_run

ROOT = Path(__file__).parents[2]
FEW, TIMES = 15_000, 10

MOST_TIMES_LONGER = 12.0
MOST_CPU_US_PER_SAMPLE = 20.0
"""What a million samples may take of 20 s, were nothing else to do."""

MOST_BYTES_PER_SAMPLE = 800
"""A million samples may take what is left of 1 GiB above the 250 MiB of an empty run."""

MOST_BYTES = 1 << 30

REPORTING = """
import json, re, sys, time
from pathlib import Path
from bench.report import write
began = time.process_time()
write(Path(sys.argv[1]))
took_s = time.process_time() - began
status = Path("/proc/self/status").read_text()  # getrusage has its parent's peak, too
print(json.dumps({"cpu_s": took_s, "peak_bytes": int(re.search(r"VmHWM:\\s*(\\d+)", status)[1]) * 1024}))
"""


@dataclass(frozen=True)
class Cost:
    """What a report took: CPU time, which others on the machine hardly change, and the peak of its memory."""

    cpu_s: float
    peak_bytes: int


def cost(run: Path) -> Cost:
    """Write the report of a run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", REPORTING, str(run)], check=True, capture_output=True, text=True, cwd=ROOT
    )
    return Cost(**json.loads(done.stdout))


def test_ten_times_the_samples_take_less_than_twelve_times_as_much(tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    few, many = (write_large_run(tmp_path / str(count), count, scenarios=1) for count in (FEW, FEW * TIMES))
    small = cost(few)
    large: Cost = benchmark.pedantic(cost, args=(many,))  # type: ignore[no-untyped-call]  # the plug-in has no types
    per_sample = (large.peak_bytes - small.peak_bytes) / (FEW * (TIMES - 1))
    per_sample_us = (large.cpu_s - small.cpu_s) / (FEW * (TIMES - 1)) * 1e6
    print(
        f"{small.cpu_s:.2f} and {large.cpu_s:.2f} CPU-s; {small.peak_bytes >> 20} and {large.peak_bytes >> 20} MiB, "
        f"{per_sample:.0f} B and {per_sample_us:.1f} CPU-us for each sample"
    )
    assert large.cpu_s / small.cpu_s <= MOST_TIMES_LONGER
    assert per_sample_us <= MOST_CPU_US_PER_SAMPLE
    assert per_sample <= MOST_BYTES_PER_SAMPLE
    assert small.peak_bytes + per_sample * 1e6 <= MOST_BYTES
