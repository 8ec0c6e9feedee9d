"""Inside a lab host: what it has, what of it Isobench runs, and whether that keeps the contract; as one record.

    python -m tools.hosts.survey [ISOLATIONS [CONTRACT]]

ISOLATIONS: those to try, with commas between; ``all``. CONTRACT: those to hold to the contract; ``none``, ``all``.
"""

from __future__ import annotations

import collections
import datetime
import json
import platform
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from tools.hosts.travel import RESULTS

_PROGRAMS = {
    "systemd": ("systemctl", "--version"),
    "Docker": ("dockerd", "--version"),
    "podman": ("podman", "--version"),
    "crun": ("crun", "--version"),
    "libvirt": ("libvirtd", "--version"),
    "QEMU": ("qemu-system-x86_64", "--version"),
}
CONTRACTS = {
    "bare": "launched/test_bare.py::TestBare",
    "landlock": "launched/test_landlock.py::TestLandlock",
    "systemd-run": "launched/test_systemd_run.py::TestSystemdRun",
    "unshare": "launched/test_unshare.py::TestUnshare",
    "apptainer": "launched/test_apptainer.py::TestApptainer",
    "bubblewrap": "launched/test_bubblewrap.py::TestBubblewrap",
    "crun": "launched/test_crun.py::TestCrun",
    "runc": "launched/test_runc.py::TestRunc",
    "lxc": "launched/test_lxc.py::TestLxc",
    "nspawn": "launched/test_nspawn.py::TestNspawn",
    "runsc": "launched/test_gvisor.py::TestRunsc",
    "uml": "launched/test_uml.py::TestUml",
    "docker": "engines/test_docker.py::TestDocker",
    "docker:runsc": "engines/test_docker_variants.py::TestGvisor",
    "podman": "engines/test_podman.py::TestPodman",
    "vm": "machines/test_vm.py::TestPc",
}
"""Isolation -> where it is held to the contract, below the tests of isolations."""
_TRACEBACK = "Traceback (most recent call last)"


def main(isolations: str = "all", contract: str = "none") -> int:
    """Write the record, and what it was made of, to the results; return 1 where anything did not go well."""
    folder = Path(RESULTS)
    doctor = _run("doctor", *(() if isolations == "all" else ("-i", isolations)), "--json")
    told = json.loads(doctor.stdout)
    (folder / "doctor.json").write_text(doctor.stdout)
    ready = [one["isolation"] for one in told["isolations"] if one["ready"]]
    measured = _run("run", "startup", "-i", ",".join(ready), "--rounds", "3", "--results", str(folder / "runs"))
    print(measured.stdout, measured.stderr, flush=True)
    outcomes = _outcomes(folder / "runs")
    asked = ready if contract == "all" else contract.split(",")
    kept = {name: _contract(name, folder) for name in asked if name in ready and name in CONTRACTS}
    seen = {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "host": told["host"],
        "python": platform.python_version(),
        "kernel": platform.release(),
        "programs": {name: _version(words) for name, words in _PROGRAMS.items()},
        "missing": {one["isolation"]: one["reason"] for one in told["isolations"] if not one["ready"]},
        "startup": outcomes,
        "startup_status": measured.returncode,
        "tracebacks": sum(text.count(_TRACEBACK) for text in (doctor.stderr, measured.stdout, measured.stderr)),
        "contract": kept,
    }
    (folder / "seen.json").write_text(json.dumps(seen, indent=1) + "\n")
    broken = any(one["failed"] for one in kept.values())
    return int(bool(measured.returncode or seen["tracebacks"] or broken))


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, "-m", "bench", *words], capture_output=True, text=True, check=False)
    print(done.stderr, flush=True)
    return done


def _outcomes(runs: Path) -> dict[str, dict[str, int]]:
    """Return how many trials of each isolation ended how."""
    found: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for journal in runs.glob("*/trials.jsonl"):
        for line in journal.read_text().splitlines():
            trial = json.loads(line)
            found[trial["isolation"]][trial["outcome"]] += 1
    return {name: dict(counts) for name, counts in sorted(found.items())}


def _contract(name: str, folder: Path) -> dict[str, int]:
    """Hold one isolation to the contract; return how many tests passed, failed, and were skipped."""
    file = folder / f"contract-{name.replace(':', '-')}.xml"
    words = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-o",
        "junit_family=xunit1",
        f"--junitxml={file}",
        f"tests/isolations/{CONTRACTS[name]}",
    ]
    subprocess.run([sys.executable, "-m", "pytest", *words], check=False)
    suite = next(ET.parse(file).getroot().iter("testsuite")).attrib
    failed, skipped = int(suite["failures"]) + int(suite["errors"]), int(suite["skipped"])
    return {"passed": int(suite["tests"]) - failed - skipped, "failed": failed, "skipped": skipped}


def _version(words: tuple[str, ...]) -> str:
    try:
        said = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
    return next((word.strip("(),") for word in said.split() if word[:1].isdigit()), "")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
