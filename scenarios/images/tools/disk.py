#!/usr/bin/python3
"""Read or write a file of 128 MiB with fio, or lay it first.

    disk lay ARM FOLDER
    disk ACCESS ARM FOLDER DEPTH SECONDS    ACCESS: sequential-read|sequential-write|random-read|random-write

ARM is what FOLDER is on: layer, volume or tmpfs, and that is checked. tmpfs goes through memory, the others past
the page cache (O_DIRECT), and fail where that is refused.
One engine, libaio, for every depth: a container's seccomp filter denies io_uring. Writes end with an fsync
whose time counts, so that no cache is left holding them. Latency is fio's own histogram, from submission to
completion, nothing trimmed.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from subprocess import PIPE

# ruff: noqa: T201 - printing is what this is for

OUTPUT = Path("/tmp/fio.json")
SIZE = "128M"
ACCESSES = {
    "sequential-read": ("read", "1M"),
    "sequential-write": ("write", "1M"),
    "random-read": ("randread", "4k"),
    "random-write": ("randwrite", "4k"),
}


def medium(folder: str) -> str:
    """Return what ``folder`` is on, as the kernel has it: layer, volume or tmpfs."""
    mounts = (line.split() for line in Path("/proc/mounts").read_text().splitlines())
    found = {words[1]: words[2] for words in mounts}.get(folder)
    return "layer" if found is None else "tmpfs" if found == "tmpfs" else "volume"


def fio(arm: str, folder: str, mode: str, block: str, *options: str) -> list[str]:
    """Return fio's command line; buffers hold random data, so that nothing below can take them for holes."""
    return [
        *("fio", "--name=disk", f"--filename={folder}/file", f"--size={SIZE}", f"--rw={mode}", f"--bs={block}"),
        *("--ioengine=libaio", f"--direct={int(arm != 'tmpfs')}", "--end_fsync=1"),
        *("--clocksource=clock_gettime", "--thread", "--disk_util=0"),  # the same clock everywhere; a quick start
        *("--eta=never", "--output-format=json", f"--output={OUTPUT}", *options),
    ]


def measure(command: list[str]) -> float:
    """Run fio, print where its measuring begins and ends, and return the seconds between.

    fio takes 0.3 s to start, ten times that under emulation, so its window is not its life: it runs a command of
    ours right before its input and output, waits for it, and runs another right after. (To each it appends a
    redirection, which ``true`` takes.)
    """
    marks = ["--exec_prerun=echo begins; read go; true", "--exec_postrun=echo ended; true"]
    window_s = 0.0
    with subprocess.Popen([*command, *marks], stdin=PIPE, stdout=PIPE, text=True, cwd="/tmp") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        if process.stdout.readline() == "begins\n":
            print("window begins", flush=True)
            began_s = time.monotonic()
            print("go", file=process.stdin, flush=True)
            if process.stdout.readline() == "ended\n":
                window_s = time.monotonic() - began_s
                print("window ended", flush=True)
    if process.returncode or not window_s:
        sys.exit(f"disk: fio ended with status {process.returncode}")
    return window_s


def main(access: str, arm: str, folder: str, depth: str = "1", seconds: str = "1") -> None:
    """Lay the file, or measure one access to it and print what came of it."""
    if medium(folder) != arm:
        sys.exit(f"disk: {folder} is on a {medium(folder)}, not on a {arm}")
    if access == "lay":
        subprocess.run(fio(arm, folder, "write", "1M"), cwd="/tmp", check=True)
        return
    mode, block = ACCESSES[access]
    how = [f"--iodepth={depth}", "--time_based", f"--runtime={seconds}", "--norandommap", "--randrepeat=0"]
    window_s = measure(fio(arm, folder, mode, block, *how, "--lat_percentiles=1", "--percentile_list=50:99"))
    report = OUTPUT.read_text()
    job = json.loads(report[report.index("{") :])["jobs"][0]  # after lines about the commands that fio ran
    done = job["read" if access.endswith("read") else "write"]
    if job["error"] or not done["total_ios"]:
        sys.exit(f"disk: fio reports error {job['error']} after {done['total_ios']} operations")
    print(f"window seconds: {window_s:.6f}")
    print(f"page cache: {'used' if arm == 'tmpfs' else 'bypassed'}")
    print(f"bytes_per_s: {done['bw_bytes']}")
    print(f"operations_per_s: {done['iops']:.3f}")
    for rank in (50, 99):
        print(f"latency_p{rank}_us: {done['lat_ns']['percentile'][f'{rank}.000000'] / 1000:.3f}")


main(*sys.argv[1:])
