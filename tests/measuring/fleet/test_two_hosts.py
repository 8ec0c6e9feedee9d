"""Two hosts that each measure, in network namespaces of their own, with TLS between them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.analysis.data.frame import load
from tests.measuring.fleet.conftest import Start, bench, eventually

ALPHA, BETA = "10.213.7.1", "10.213.7.2"
ADDRESS = f"tls://{ALPHA}"

pytestmark = pytest.mark.root


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    folder = tmp_path / "certificates"
    assert bench("fleet", "init", str(folder), "alpha", "beta", "here").returncode == 0
    return folder


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    file = tmp_path / "hosts.txt"
    file.write_text("alpha\nbeta  # the other end\n")
    return file


GREETED = """
import socket, ssl, sys
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as plain, context.wrap_socket(plain) as greeted:
    print(len(greeted.getpeercert(binary_form=True)))
"""
"""Says how long the certificate is with which somebody answers."""


def test_nothing_listens_without_tls_but_on_loopback(
    namespaces: tuple[list[str], list[str]], worker: Start, certificates: Path
) -> None:
    _, inside = namespaces
    worker(f"tls://{ALPHA}", "beta", "--tls", str(certificates / "beta"), inside=inside)
    eventually(lambda: len(_listening(inside)) >= 2)
    ports = {place.rpartition(":")[2] for place in _listening(inside) if not place.startswith("127.0.0.1:")}
    assert len(ports) == 1, "dask's pages are for this host alone"
    greeted = subprocess.run(
        [*inside, sys.executable, "-c", GREETED, BETA, *ports], capture_output=True, text=True, check=True
    )
    assert int(greeted.stdout) > 100


def _listening(inside: list[str]) -> list[str]:
    """Return where anybody listens."""
    told = subprocess.run([*inside, "ss", "-Hltn"], capture_output=True, text=True, check=True).stdout
    return [line.split()[3] for line in told.splitlines()]


def test_each_measures_and_both_journals_arrive(
    namespaces: tuple[list[str], list[str]], worker: Start, certificates: Path, hosts: Path, tmp_path: Path
) -> None:
    for name, inside in zip(("alpha", "beta"), namespaces, strict=True):
        worker(ADDRESS, name, "--tls", str(certificates / name), inside=inside)
    ran = bench(
        "fleet", "run", "startup", "--quick", "--isolation", "bare", "--hosts", str(hosts), "--listen", ADDRESS,
        "--tls", str(certificates / "here"), "--one-machine", "--seed", "5", "--results", str(tmp_path / "results"),
        inside=namespaces[0],
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (fleet,) = (tmp_path / "results").iterdir()
    assert "2 of 2 hosts measured startup" in ran.stdout
    seeds = set()
    for name in ("alpha", "beta"):
        manifest = json.loads((fleet / name / "manifest.json").read_text())
        seeds.add(manifest["seed"])
        assert manifest["finished_at"]
        lines = (fleet / name / "trials.jsonl").read_text().splitlines()
        assert [json.loads(line)["outcome"] for line in lines] == ["ok"] * manifest["planned"]
        assert len(list((fleet / name / "console").iterdir())) == len(lines)
        assert load(fleet / name)["trial"].nunique() == len(lines), "each is a run in itself"
    assert len(seeds) == 2
