"""Inside a lab host: what it has, what of it Isobench runs, and whether that keeps the contract; as one record.

    python -m tools.hosts.survey [ISOLATIONS [CONTRACT]]

ISOLATIONS: those to try, with commas between; ``all``. CONTRACT: those to hold to the contract; ``none``, ``all``.
"""

from __future__ import annotations

import collections
import datetime
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from bench.host import programs
from bench.host.engine.docker_ping import answers
from tools.hosts.travel import RESULTS

_PROGRAMS = {
    "systemd": ("systemctl", "--version"),
    "Docker": ("dockerd", "--version"),
    "podman": ("podman", "--version"),
    "crun": ("crun", "--version"),
    "libvirt": ("libvirtd", "--version"),
    "QEMU": (f"qemu-system-{platform.machine()}", "--version"),
}
_CAME = ("pass", "fail", "not applicable")
"""How a check of the contract ends, as it is said and as the record has it."""
_ROOTLESS = "/usr/share/docker.io/contrib/dockerd-rootless.sh"
_ENGINE_S = 600.0
_CONTRACT_S = 1800.0
"""Within which an isolation has kept the contract, or not: some minutes where all is emulated."""
_TRACEBACK = "Traceback (most recent call last)"


def main(isolations: str = "all", contract: str = "none") -> int:
    """Write the record, and what it was made of, to the results; return 1 where anything did not go well."""
    folder = Path(RESULTS)
    programs.reach_system_folders()
    if os.geteuid() != 0 and not os.access("/var/run/docker.sock", os.W_OK):
        os.environ["DOCKER_HOST"] = _engine_of_the_user()
    doctor = _run("doctor", *(() if isolations == "all" else ("-i", isolations)), "--json")
    told = json.loads(doctor.stdout)
    (folder / "doctor.json").write_text(doctor.stdout)
    ready = [one["isolation"] for one in told["isolations"] if one["ready"]]
    measured = _run("run", "startup", "-i", ",".join(ready), "--rounds", "3", "--results", str(folder / "runs"))
    print(measured.stdout, measured.stderr, flush=True)
    outcomes = _outcomes(folder / "runs")
    kept: dict[str, dict[str, int]] = {}
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
    for name in (None, *(ready if contract == "all" else contract.split(","))):
        if name in ready:
            kept[name] = contract_of(name, folder)
        (folder / "seen.json").write_text(json.dumps(seen, indent=1) + "\n")  # each time: its own may be up
    broken = any(one["fail"] for one in kept.values())
    return int(bool(measured.returncode or seen["tracebacks"] or broken))


def _engine_of_the_user() -> str:
    """Start a Docker engine without root, as its own setup does, in the user's systemd; return its address."""
    words = ["systemd-run", "--user", "--quiet", "--unit=docker", "--property=Delegate=yes"]
    subprocess.run([*words, f"--setenv=PATH={os.environ['PATH']}", _ROOTLESS], check=True)
    socket = Path(os.environ["XDG_RUNTIME_DIR"], "docker.sock")
    deadline = time.monotonic() + _ENGINE_S
    while not answers(f"unix://{socket}") and time.monotonic() < deadline:
        time.sleep(1)
    return f"unix://{socket}"


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


def contract_of(name: str, folder: Path) -> dict[str, int]:
    """Hold one isolation to the contract; return how many of its checks came to what.

    One that did not come to its end counts as one more that failed.
    """
    file = folder / f"contract-{name.replace(':', '-')}.txt"
    with file.open("w") as said:
        checking = subprocess.Popen([sys.executable, "-m", "bench", "check-plugin", name], stdout=said)
        try:
            status = checking.wait(_CONTRACT_S)
        except subprocess.TimeoutExpired:
            checking.terminate()
            status = checking.wait()
    print(file.read_text(), flush=True)
    words = [came for line in file.read_text().splitlines() for came in _CAME if line.startswith(f"{came:<14}  ")]
    kept = {came: words.count(came) for came in _CAME}
    return kept if status in (0, 1) and words else {**kept, "fail": kept["fail"] + 1}


def _version(words: tuple[str, ...]) -> str:
    try:
        said = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
    return next((word.strip("(),") for word in said.split() if word[:1].isdigit()), "")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
