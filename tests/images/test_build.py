from __future__ import annotations

import hashlib
import re
import signal
import subprocess
import sys
import tarfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bench.errors import ImageError
from bench.images import build, cache, lock, verify
from bench.images.tar_append import append
from bench.model import Image, ImageFile
from tests.images.conftest import TINY, quiet

SCRIPT = ImageFile(path="/opt/workload.sh", mode=0o755, content=b"#!/bin/sh\necho hi\n")
SHA256 = re.compile(r"[0-9a-f]{64}")


def test_the_digest_is_that_of_the_tar(image: Image) -> None:
    assert image.digest == "sha256:" + hashlib.sha256(image.tar.read_bytes()).hexdigest()


def test_the_same_recipe_is_the_same_image(image: Image) -> None:
    assert build(TINY, say=quiet) == image
    assert build(replace(TINY, files=(SCRIPT,)), say=quiet).digest == build(TINY, [SCRIPT], say=quiet).digest
    assert build(TINY, [SCRIPT], say=quiet).digest != image.digest


def test_two_assemblies_of_one_base_are_equal(image: Image, tmp_path: Path) -> None:
    digests = set()
    for name in ("one.tar", "two.tar"):
        (tmp_path / name).write_bytes(image.tar.read_bytes())
        append(tmp_path / name, [SCRIPT])
        digests.add(cache.sha256(tmp_path / name))
        time.sleep(1.1)  # a time stamp of now would differ
    assert len(digests) == 1


def test_the_lock_has_versions_and_real_hashes(image: Image) -> None:
    found = lock.read(image.lock)
    assert found.digest == image.digest
    assert len(found.packages) > 50
    assert all(SHA256.fullmatch(package.sha256) and package.version for package in found.packages)
    assert found.package("dash").architecture == found.architecture
    assert found.busybox is not None
    assert SHA256.fullmatch(found.busybox.sha256)
    assert [file.path for file in found.files] == ["/.isobench/busybox", "/.isobench/entry", "/.isobench/devices.tar"]


def test_the_image_says_nothing_of_this_host(image: Image) -> None:
    with tarfile.open(image.tar) as archive:
        assert "./etc/resolv.conf" not in archive.getnames()
        stream = archive.extractfile("./etc/hostname")
        assert stream is not None
        assert stream.read() == b"isobench\n"


def test_verify_sees_a_shortened_tar(image: Image, tmp_path: Path) -> None:
    copy = replace(image, folder=tmp_path)
    (tmp_path / "rootfs.tar").write_bytes(image.tar.read_bytes())
    (tmp_path / "lock.json").write_bytes(image.lock.read_bytes())
    assert verify(copy)
    (tmp_path / "rootfs.tar").write_bytes(b"short")
    assert not verify(copy)
    (tmp_path / "lock.json").write_text("{}")
    assert not verify(copy)


@pytest.mark.parametrize("path", ["relative", "/a/../b", "/", "/a//b", "/.isobench/entry", ""])
def test_a_path_outside_the_image_is_refused(path: str) -> None:
    with pytest.raises(ImageError, match="image 'tiny'"):
        build(TINY, [replace(SCRIPT, path=path)], say=quiet)


def test_a_missing_package_is_named(image: Image, own_cache: Path) -> None:
    with pytest.raises(ImageError) as caught:
        build(replace(TINY, packages=("no-such-package",)), say=quiet)
    assert "image 'tiny': bookworm has no package no-such-package" in str(caught.value)
    assert "Unable to locate" in caught.value.__notes__[0]
    assert_nothing_left(own_cache)


def test_an_unknown_suite_is_named(image: Image, own_cache: Path) -> None:
    with pytest.raises(ImageError, match="no suite called 'nosuchsuite'"):
        build(replace(TINY, suite="nosuchsuite"), say=quiet)


def test_an_unreachable_mirror_is_said(image: Image, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOBENCH_MIRROR", "http://127.0.0.1:9/debian")
    with pytest.raises(ImageError, match="could not be reached") as caught:
        build(TINY, say=quiet)
    assert "127.0.0.1:9" in caught.value.__notes__[0]


def test_no_space_is_said_before_anything_is_done(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "free_bytes", lambda _place: 1)
    with pytest.raises(ImageError, match="image 'tiny' needs"):
        build(TINY, say=quiet)
    assert_nothing_left(own_cache)


def test_without_mmdebstrap_the_remedy_is_named(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _program, **_where: None)
    with pytest.raises(ImageError, match="apt-get install mmdebstrap"):
        build(TINY, say=quiet)


@pytest.mark.parametrize("at_work", ["mmdebstrap", "dpkg-deb"])
def test_an_interrupted_build_ends_its_processes_and_leaves_nothing(own_cache: Path, at_work: str) -> None:
    """At its beginning, and while what has been fetched is unpacked."""
    script = (
        "from bench.images import build; from bench.model import Recipe\n"
        "build(Recipe(name='tiny', suite='bookworm', packages=()), say=lambda line: print(line, flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert b"tiny" in run.stdout.readline()
        started = descendants(run.pid, at_work)
        run.send_signal(signal.SIGINT)
        _, complaint = run.communicate(timeout=30)
    assert b"KeyboardInterrupt" in complaint
    assert not [process for process in started if process.is_running() and process.status() != "zombie"]
    assert_nothing_left(own_cache)


def descendants(pid: int, at_work: str) -> list[psutil.Process]:
    """Wait until a descendant of this name is at work; return all of them."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = psutil.Process(pid).children(recursive=True)
        with suppress(psutil.NoSuchProcess):
            if any(one.name() == at_work for one in found):
                return found
        time.sleep(0.02)
    pytest.fail(f"no {at_work} was seen")


def assert_nothing_left(own_cache: Path) -> None:
    assert not [path for path in own_cache.glob("*/*") if not path.name.endswith(".lock")]
