"""``bench run --image``: a workload of one's own, on the real isolations."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.isolations.registry import open_isolation
from bench.testing.launching import unavailable
from tests.cli.conftest import Bench
from tests.images.oci_archives import Own, digest, layer, regular, static_program


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--command", "true"], "--command belongs to --image, which is not given"),
        (["--ready", "x"], "--ready belongs to --image"),
        (["--metric", "a=(.) 1 lower"], "--metric belongs to --image"),
        (["--cpus", "2"], "--cpus belongs to --image"),
        (["cpu", "--image", "redis:7"], "--image brings a scenario of its own, and cpu is asked for as well"),
        (["--image", "./none"], "the command line: --image = './none': there is no "),
        (
            ["--image", "redis", "--command", "echo \udcff"],
            "the command line: --command = 'echo \\udcff': is no UTF-8 text",
        ),
        (["--image", "redis", "--metric", "a=([0-9]) \udcff lower"], "is no UTF-8 text"),
        (["--image", "redis", "--metric", "a=(?=([0-9])) 1 lower"], "no lookaround"),
        (["--image", "redis", "--metric", "a"], "the command line: --metric = 'a': should be NAME=REGEX UNIT"),
    ],
)
def test_options_that_cannot_be_are_exit_code_2(bench: Bench, words: list[str], said: str) -> None:
    answer = bench("run", *words)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_an_image_that_runs_nothing_by_itself_needs_a_command(bench: Bench, tmp_path: Path) -> None:
    Own(layers=[layer(regular("data"))]).save(tmp_path / "data.tar")
    answer = bench("run", "--image", "data.tar", "--isolation", "fake")
    assert answer.code == 2
    assert "has no command, and its image 'from data.tar' runs nothing by itself\n       Give a command" in answer.err
    assert not (tmp_path / "results").exists()


def test_an_image_that_cannot_be_taken_ends_the_run_in_words(bench: Bench, tmp_path: Path) -> None:
    Own(layers=[layer(regular("../evil"))]).save(tmp_path / "evil.tar")
    answer = bench("run", "--image", "evil.tar", "--isolation", "fake")
    assert answer.code == 3
    assert "'../evil' leads out of the root with '..'" in answer.err
    assert not (tmp_path.parent / "evil").exists()


@pytest.mark.root
@pytest.mark.docker
@pytest.mark.vm
def test_one_static_binary_runs_in_every_isolation_as_its_image_says(tmp_path: Path) -> None:
    """User with further groups, environment, directory, entry point; /dev/stdout can be opened by who is not root."""
    for name in ("docker", "vm"):
        fault = open_isolation(name, "test").missing()
        if fault is not None:
            unavailable(f"{name}: {fault.reason}")
    lists = (
        regular("etc/passwd", b"app:x:1000:1001::/home/app:/none\n"),
        regular("etc/group", b"app:x:1001:\nmore:x:3000:app\n"),
    )
    own = Own(
        layers=[layer(regular("tell", static_program(tmp_path), 0o755), *lists)],
        running={"Entrypoint": ["/tell"], "Cmd": ["unused"], "User": "app", "Env": ["A=b c"], "WorkingDir": "/srv"},
    )
    own.save(tmp_path / "own.tar")
    words = ["--image", "own.tar", "--command", "exit 0", "--metric", "uid=^ids ([0-9]+) 1 lower"]
    words += ["--ready", "^anew", "--isolation", "bare,docker,vm", "--rounds", "1", "--memory", "128"]
    done = subprocess.run(
        [sys.executable, "-m", "bench", "run", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [run] = (tmp_path / "results").iterdir()
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    assert {trial["isolation"] for trial in trials} == {"bare", "docker", "vm"}
    assert {trial["outcome"] for trial in trials} <= {"ok", "spoiled"}  # what else the host does is not tested here
    told = {
        "word exit", "word 0", "env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "env A=b c",
        "env HOME=/home/app", "cwd /srv", "ids 1000 1001 3000", "anew",
    }  # fmt: skip
    for trial in trials:
        console = gzip.decompress((run / "console" / f"{trial['number']:04d}.log.gz").read_bytes()).decode()
        lines = {line for line in console.splitlines() if not line.startswith("@isobench")}
        padding = "env ISOBENCH_PADDING=" + "x" * int(trial["seen"]["padding_bytes"])
        assert (trial["isolation"], lines) == (trial["isolation"], {*told, padding})
    manifest = json.loads((run / "manifest.json").read_text())
    image = manifest["images"]["from own.tar"]
    assert image["source"] == {"reference": "own.tar", "digest": digest(own.configuration)}
    assert manifest["scenarios"]["own"]["command"] == ["/tell", "exit", "0"]
    lock = json.loads((run / image["lock"]).read_text())
    assert (lock["packages"], lock["imported"]["digest"]) == ([], image["source"]["digest"])
    assert f"own.tar, {image['source']['digest']}" in (run / "report.md").read_text()
