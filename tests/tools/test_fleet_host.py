"""A host of the lab takes part in a fleet, by the one port of ours that it reaches."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench.host import patience
from tools.hosts import system

pytestmark = pytest.mark.vm

ELSEWHERE = "for place in 10.0.2.2/{other} 10.0.2.2/{port} 10.0.2.100/{other} 10.0.2.3/53 1.1.1.1/443; do "
ELSEWHERE += "timeout 5 bash -c '</dev/tcp/'$place 2>/dev/null && echo reached $place; done; "
SERVES = "exec .venv/bin/python -m bench fleet worker tls://10.0.2.100:{port} --tls lab --name lab"


def test_a_host_of_the_lab_measures_in_a_fleet_and_reaches_nothing_else(tmp_path: Path) -> None:
    bench = [sys.executable, "-m", "bench", "fleet"]
    subprocess.run([*bench, "init", str(tmp_path / "tls"), "here", "lab"], check=True)
    (tmp_path / "hosts.txt").write_text("lab\n")
    with socket.create_server(("127.0.0.1", 0)) as other, socket.create_server(("127.0.0.1", 0)) as found:
        places = {"other": other.getsockname()[1], "port": found.getsockname()[1]}
        found.close()
        lab = ["tools/lab", "run", "debian13", "--reach", str(places["port"]), "--with", str(tmp_path / "tls/lab")]
        command = ["--", "sh", "-c", (ELSEWHERE + SERVES).format(**places)]
        env = {**os.environ, patience.VARIABLE: "4"}
        with subprocess.Popen([*lab, *command], cwd=system.ROOT, env=env, stdout=subprocess.PIPE, text=True) as booted:
            try:
                words = ["startup", "--quick", "--isolation", "bare", "--hosts", str(tmp_path / "hosts.txt")]
                words += ["--listen", f"127.0.0.1:{places['port']}", "--tls", str(tmp_path / "tls/here")]
                words += ["--wait", "10m", "--results", str(tmp_path / "results")]
                done = subprocess.run([*bench, "run", *words], capture_output=True, text=True, check=False)
            finally:
                booted.send_signal(signal.SIGINT)
                said, _ = booted.communicate()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lab serves tls://10.0.2.100" in said
    assert "reached" not in said
    assert "lab is itself a virtual machine (QEMU, which emulates it)." in done.stdout.replace("\n", " ")
    [journal] = tmp_path.glob("results/*/lab/trials.jsonl")
    assert {json.loads(line)["outcome"] for line in journal.read_text().splitlines()} <= {"ok", "spoiled"}
