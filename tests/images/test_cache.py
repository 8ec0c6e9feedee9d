from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench.errors import ImageError, Interrupted
from bench.images import cache
from tests.images.conftest import quiet


def test_a_thing_is_made_once(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(path: Path) -> None:
        made.append(path)
        path.write_text("whole")

    for _ in range(2):
        assert cache.once(tmp_path / "thing", make, say=quiet).read_text() == "whole"
    assert len(made) == 1


def test_a_damaged_thing_is_made_anew_and_said(tmp_path: Path) -> None:
    thing, lines = tmp_path / "thing", list[str]()
    thing.write_text("hal")

    def make(path: Path) -> None:
        path.write_text("whole")

    cache.once(
        thing,
        make,
        whole=lambda path: path.exists() and path.stat().st_size == 5,
        say=lines.append,
    )
    assert thing.read_text() == "whole"
    assert "damaged" in lines[0]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), Interrupted("SIGTERM"), ImageError("no")])
def test_an_interrupted_build_leaves_nothing(tmp_path: Path, interruption: BaseException) -> None:
    def make(path: Path) -> None:
        path.mkdir()
        (path / "half").write_text("half")
        raise interruption

    with pytest.raises(type(interruption)):
        cache.once(tmp_path / "thing", make, say=quiet)
    assert [path.name for path in tmp_path.iterdir()] == [".thing.lock"]


def test_what_a_killed_build_left_is_removed_by_the_next(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from bench.images import cache\n"
        "def make(path):\n path.mkdir(); print('half', flush=True); time.sleep(60)\n"
        "cache.once(Path(sys.argv[1]), make, say=print)"
    )
    words = [sys.executable, "-c", script, str(tmp_path / "thing")]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert list(tmp_path.glob(".thing.*.partial"))
        cache.once(tmp_path / "other", Path.mkdir, say=quiet)
        assert list(tmp_path.glob(".thing.*.partial")), "a live build is left alone"
        process.send_signal(signal.SIGKILL)

    cache.once(tmp_path / "another", Path.mkdir, say=quiet)
    assert not list(tmp_path.glob("*.partial"))
    assert not (tmp_path / "thing").exists()


def test_scratch_space_lasts_as_long_as_its_block_and_what_a_kill_left_of_it_is_removed(own_cache: Path) -> None:
    shelf = cache.shelf("bases")
    left = shelf / ".scratch-0.1.partial"
    left.mkdir()
    with cache.scratch("bases") as mine:
        (mine / "file").touch()
        cache.once(shelf / "thing", Path.mkdir, say=quiet)
        assert mine.exists(), "a live one is left alone"
    assert sorted(path.name for path in shelf.iterdir() if path.is_dir()) == ["thing"]
    with pytest.raises(KeyboardInterrupt), cache.scratch("bases") as mine:
        raise KeyboardInterrupt
    assert not mine.exists()


def test_two_runs_do_not_make_the_same_thing_twice(tmp_path: Path) -> None:
    made, lines = list[Path](), list[str]()

    def make(path: Path) -> None:
        time.sleep(0.2)
        made.append(path)
        path.mkdir()

    threads = [
        threading.Thread(target=cache.once, args=(tmp_path / "thing", make), kwargs={"say": lines.append})
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert lines == ["waiting for another run that makes thing"] * 2


def test_no_space_is_said_with_figures_and_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "free_bytes", lambda _place: 10 * cache.MIB)
    with pytest.raises(ImageError) as caught:
        cache.require_free(tmp_path, 600 * cache.MIB, "image 'tiny'")
    assert f"image 'tiny' needs 600 MiB, 10 are free in {tmp_path}" in str(caught.value)
    assert "ISOBENCH_CACHE" in str(caught.value)


def test_the_cache_can_be_entered_by_others_whatever_the_umask(own_cache: Path) -> None:
    before = os.umask(0o077)
    try:
        shelf = cache.shelf("images")
    finally:
        os.umask(before)
    assert shelf == own_cache / "images"
    assert own_cache.stat().st_mode & 0o777 == 0o755
    assert shelf.stat().st_mode & 0o777 == 0o755


def test_a_cache_that_cannot_be_made_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ISOBENCH_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ImageError, match="ISOBENCH_CACHE"):
        cache.root()
