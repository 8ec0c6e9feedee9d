"""What is no longer needed goes: pictures' cycles, and memory to the system."""

from __future__ import annotations

import gc
import platform
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from bench.analysis.garbage import left_alone
from bench.report.content import Picture
from bench.report.plots import gallery, style

MIB = 1 << 20

SMALL_AMONG_LARGE = """
import sys
from pathlib import Path
import numpy as np
from bench.analysis import garbage

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

if sys.argv[1] == "given back":
    garbage.give_back()
np.ones(1 << 20)  # 8 MiB come and go
began, large, small = held(), [], []
for _ in range(50):
    large.append(np.ones(1 << 18))
    small.append(bytes(100_000))
del large
print(held() - began)
"""


def test_the_collector_is_left_as_it_was() -> None:
    with left_alone():
        assert not gc.isenabled()
        with left_alone():
            assert gc.get_freeze_count()
        assert gc.get_freeze_count()
        assert not gc.isenabled()
    assert gc.isenabled()
    assert not gc.get_freeze_count()


def test_no_picture_stays_for_as_long_as_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "_processes", lambda _: 1)
    drawn: list[weakref.ref[Figure]] = []
    stayed: list[int] = []

    def draw() -> Figure:
        stayed.append(sum(one() is not None for one in drawn))
        with style.settings():
            figure = style.figure(1.0)
            figure.subplots()
        drawn.append(weakref.ref(figure))
        return figure

    with left_alone():
        gallery.save([Picture(name=name, alt="", draw=draw) for name in "abcd"], tmp_path)
    assert stayed == [0, 0, 0, 0]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc keeps large arrays among small ones")
def test_large_arrays_are_given_back_though_small_objects_stay() -> None:
    def held(what: str) -> int:
        command = [sys.executable, "-c", SMALL_AMONG_LARGE, what]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    assert held("given back") < 20 * MIB < held("kept")
