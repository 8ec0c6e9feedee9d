"""Other tools' files: what the tools themselves write is read, and what nobody wrote is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.analysis.history.foreign import read
from bench.errors import ResultsError
from bench.sharing.formats import export
from tests.hyperfines import hyperfine
from tests.synthetic import write_run


@pytest.mark.parametrize("major", [1, 2])
def test_what_hyperfine_writes_is_read(tmp_path: Path, major: int) -> None:
    file = tmp_path / "run.json"
    words = [hyperfine(major), "--shell=none", "--runs", "3", "--export-json", str(file), "true", "sleep 0.01"]
    subprocess.run(words, check=True, capture_output=True)
    os.utime(file, (1_750_000_000, 1_750_000_000))
    found = read(file)
    assert [(one.scenario, one.n, one.unit) for one in found.medians] == [("true", 3, "s"), ("sleep 0.01", 3, "s")]
    assert found.medians[1].median >= 0.01
    began = datetime.fromisoformat(found.began)
    assert (began == datetime.fromtimestamp(1_750_000_000, UTC)) is (major == 1)
    assert (found.facts == {}) is (major == 1)


def test_what_pytest_benchmark_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "test_sum.py").write_text("def test_sum(benchmark):\n    benchmark(sum, range(100))\n")
    words = ["-m", "pytest", "-q", "--benchmark-json=run.json", "--benchmark-min-rounds=3", "--benchmark-max-time=0.01"]
    subprocess.run([sys.executable, *words], cwd=tmp_path, check=True, capture_output=True)
    found = read(tmp_path / "run.json")
    [one] = found.medians
    assert (one.scenario, one.unit, one.better) == ("test_sum.py::test_sum", "s", "lower")
    assert 0 < one.median < 1
    assert found.host.cpus == os.cpu_count()
    assert found.facts["kernel"] == os.uname().release
    assert found.facts["Python"] == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize("name", ["hyperfine", "hyperfine-2", "pytest-benchmark"])
def test_what_is_exported_is_read_back(tmp_path: Path, name: str) -> None:
    run = write_run(tmp_path / "run", rounds=3, trouble=False)
    found = read(export(run, name, tmp_path / "out.json"))
    assert len(found.medians) == 12
    assert {one.n for one in found.medians} == {3}


def test_commands_of_one_name_are_numbered(tmp_path: Path) -> None:
    results = [{"command": "x", "median": 1.0, "times": [1.0]}, {"command": "x", "median": 2.0, "times": [2.0]}]
    (tmp_path / "run.json").write_text(json.dumps({"results": results}))
    assert [one.scenario for one in read(tmp_path / "run.json").medians] == ["x", "x (2)"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("[1, 2]", "neither hyperfine's nor pytest-benchmark's JSON"),
        ('{"results": [{"command": "x", "median": "fast"}]}', "results.0.median = 'fast'"),
        ('{"results": [{"command": "x", "median": NaN}]}', "a finite number is expected"),
        ('{"benchmarks": [], "machine_info": {"cpu": {"count": "many"}}, "datetime": "x"}', "machine_info.cpu.count"),
    ],
)
def test_what_nobody_wrote_is_named_with_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "odd.json"
    file.write_text(text)
    with pytest.raises(ResultsError) as caught:
        read(file)
    assert str(file) in caught.value.what
    assert said in caught.value.what
