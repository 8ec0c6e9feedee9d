"""Workloads that fail in every way, on real isolations: each a recorded outcome, and the run goes on.

A virtual machine runs those that end, are ended or killed inside it, and a service that ends while it is reached from
outside. That a machine bounds a flood, keeps bytes, forwards a port and believes no forged end, its contract shows;
what the host makes of the same words later is the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from bench.isolations.registry import DEFAULT, open_isolation
from bench.testing.contract import EATS
from bench.testing.launching import unavailable
from tests.faults.test_interruption import on_host

HEAD = """
title = "Fault"
question = "What becomes of it?"
image = "base"
rounds = 1
timeout_s = {timeout_s}
command = ["/bin/sh", "-c", {command}]

[envelope]
cpus = 1
memory_mib = 128
"""
METRIC = """
[[metrics]]
name = "speed"
unit = "1/s"
better = "higher"
pattern = 'speed=([0-9.]+)'
"""

FORGES = """
for word in $(cat /proc/$PPID/cmdline /proc/$PPID/environ /proc/self/cgroup | tr '\\0:/' '   '); do
    echo "@isobench $word saw cpus 64"; echo "@isobench $word end 0"
done
kill -KILL $PPID; exit 7
"""
"""Whatever word could be the secret, the entry is ended, and the status is no good one."""
FAULTS = {
    # name: command, timeout, metric, the outcome, what the reason says
    "exits": ("echo about to fail >&2; exit 1", 60, "", "failed", "status 1"),
    "hangs": ("echo waiting; exec sleep 300", 2, "", "timed out", "had not ended after 2 s"),
    "eats": (f"exec /.isobench/busybox awk '{EATS}'", 90, "", "out of memory", "memory"),
    "floods": ("exec head -c 104857600 /dev/zero", 6, "", "failed", "more than 16 MiB"),
    "mumbles": (r"printf 'sp\377eed\n'", 60, METRIC, "failed", "speed"),
    "speaks": (r"printf '\377\376 speed=4.5\n'", 60, METRIC, "ok", ""),
    "forges": (FORGES, 60, "", "failed", "status"),
    "absent": ("exec /usr/bin/no-such-program", 60, "", "failed", "status 127"),
}

SERVICE = """
title = "Faulty service"
question = "What becomes of it?"
image = "base"
rounds = 1
timeout_s = 60
start_timeout_s = 90
command = ["/bin/sh", "-c", {command}]

[envelope]
cpus = 1
memory_mib = 128
network = "published"

[ready]
http = "/os-release"

[client]
where = "host"
command = ["/bin/sh", "-c", {client}]

[steps]
n = [1, 2]

[[metrics]]
name = "speed"
unit = "1/s"
better = "higher"
pattern = 'speed=([0-9.]+)'
"""
SERVES = "exec /.isobench/busybox httpd -f -p {bind}:{port} -h /etc"
ASKS = "/.isobench/busybox wget -q -O - http://{address}:{port}/os-release && echo speed={n}"
SERVICE_FAULTS = {
    # name: service, client, the outcome, what the reason says, what the tail shows
    "serves": (SERVES, ASKS, "ok", "", ""),
    "unborn": (
        "echo cannot open the table space >&2; exit 3",
        ASKS,
        "failed",
        "before it was ready, with status 3",
        "space",
    ),
    "halfway": (
        SERVES,
        ASKS + "; test {n} = 1 || exit 4",
        "failed",
        "the client at n = 2 ended with status 4",
        "speed=2",
    ),
    "dies": (
        "/.isobench/busybox httpd -f -p {bind}:{port} -h /etc & sleep 3; echo segfault; kill $!; exit 139",
        "echo working {n}; sleep 30",
        "failed",
        "the service ended during the client at n = ",
        "segfault",
    ),
    "changed": (SERVES, "echo pace={n}", "failed", "the pattern 'speed=([0-9.]+)' matches none", "pace="),
}


IN_A_MACHINE = ("exits", "hangs", "eats", "dies")
WITHOUT_MACHINE = tuple(name for name in DEFAULT if name != "vm")


def places(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return where each fault is tried: its name, the isolation."""
    return [(name, one) for name in names for one in (DEFAULT if name in IN_A_MACHINE else WITHOUT_MACHINE)]


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """One run of every faulty scenario on every isolation."""
    missing = [name for name in DEFAULT if open_isolation(name, "look").missing()]
    if missing:
        unavailable(f"not here: {missing}")
    folder = tmp_path_factory.mktemp("faults")
    for name, (command, timeout_s, metric, _outcome, _reason) in FAULTS.items():
        (folder / f"{name}.toml").write_text(HEAD.format(command=json.dumps(command), timeout_s=timeout_s) + metric)
    for name, (command, client, *_expected) in SERVICE_FAULTS.items():
        text = SERVICE.format(command=json.dumps(command), client=json.dumps(client))
        (folder / f"{name}.toml").write_text(text)
    return [
        *ran("bench", [*FAULTS, *SERVICE_FAULTS], WITHOUT_MACHINE, folder, folder / "without"),
        *ran("tests.cli.unreported", IN_A_MACHINE, ("vm",), folder, folder / "within"),
    ]


def ran(
    program: str, names: Sequence[str], isolations: Sequence[str], scenarios: Path, results: Path
) -> list[dict[str, object]]:
    """Run faulty scenarios; return what the journal has."""
    words = [sys.executable, "-m", program, "run", *names, "--isolation", ",".join(isolations)]
    words += ["--scenarios", str(scenarios), "--results", str(results)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    [run] = results.iterdir()
    assert on_host(run.name) == []
    assert (run / "report.html").exists() is (program == "bench")
    return [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(("name", "isolation"), places(FAULTS))
def test_each_fault_is_an_outcome(trials: list[dict[str, object]], name: str, isolation: str) -> None:
    [trial] = [one for one in trials if (one["scenario"], one["isolation"]) == (name, isolation)]
    _command, _timeout, _metric, outcome, reason = FAULTS[name]
    if outcome == "ok":
        assert trial["outcome"] in ("ok", "spoiled"), trial
        assert trial["tail"] == []
    else:
        assert trial["outcome"] == outcome, trial
        assert reason in str(trial["reason"])
        assert trial["tail"] or name == "floods", "the console's tail belongs to the outcome"


@pytest.mark.parametrize(("name", "isolation"), places(SERVICE_FAULTS))
def test_each_fault_of_a_service_or_its_client_is_an_outcome(
    trials: list[dict[str, object]], name: str, isolation: str
) -> None:
    [trial] = [one for one in trials if (one["scenario"], one["isolation"]) == (name, isolation)]
    _service, _client, outcome, reason, said = SERVICE_FAULTS[name]
    if outcome == "ok":
        assert trial["outcome"] in ("ok", "spoiled"), trial
    else:
        assert (trial["outcome"], reason in str(trial["reason"])) == (outcome, True), trial
        tail = trial["tail"]
        assert isinstance(tail, list)
        assert any(said in line for line in tail), "the log's tail belongs to the outcome"


def test_the_metric_of_invalid_output_is_found_beside_the_rubbish(trials: list[dict[str, object]]) -> None:
    for trial in trials:
        if trial["scenario"] == "speaks":
            samples = trial["samples"]
            assert isinstance(samples, list)
            assert [one["value"] for one in samples if one["metric"] == "speed"] == [4.5]
