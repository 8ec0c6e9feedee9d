"""A kernel of the user's own: taken by content, with the modules that lie beside it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from bench.errors import InputError
from bench.images.boot.guest_kernel import drivers, given
from bench.images.boot.kit import Kit, kit


def bzimage(release: str = "6.99.1-own") -> bytes:
    """Return as much of a kernel as says what it is: the header's mark, and its pointer to the release."""
    content = bytearray(0x600)
    content[0x202:0x206] = b"HdrS"
    content[0x20E:0x210] = (0x300).to_bytes(2, "little")
    text = f"{release} (me@here) #1 SMP\0".encode()
    content[0x500 : 0x500 + len(text)] = text
    return bytes(content)


@pytest.fixture
def boot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISOBENCH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "boot").mkdir()
    return tmp_path / "boot"


def test_a_kernel_is_known_by_its_content_and_kept_as_it_was(boot: Path) -> None:
    (file := boot / "vmlinuz").write_bytes(bzimage())
    taken = given(file)
    assert taken.digest == f"sha256:{hashlib.sha256(bzimage()).hexdigest()}"
    assert (taken.release, taken.modules) == ("6.99.1-own", None)
    file.write_bytes(b"")
    assert taken.file.read_bytes() == bzimage()


def test_its_modules_are_those_of_its_release_beside_its_folder(boot: Path) -> None:
    (file := boot / "vmlinuz").write_bytes(bzimage())
    kernel = boot.parent / "lib/modules/6.99.1-own/kernel"
    kernel.mkdir(parents=True)
    (kernel / "virtio_blk.ko").write_bytes(b"blk")
    (kernel / "snd.ko").write_bytes(b"snd")
    taken = given(file)
    assert taken.modules == boot.parent / "lib/modules/6.99.1-own"
    assert drivers(taken) == {"virtio_blk": b"blk"}


def test_an_elf_file_tells_its_release_in_its_banner(boot: Path) -> None:
    (file := boot / "vmlinux").write_bytes(b"\x7fELF" + b"\0" * 64 + b"Linux version 6.12.3-mine (me@here) #1\0")
    assert given(file).release == "6.12.3-mine"


@pytest.mark.parametrize("release", ["../../etc", "", "a/b"])
def test_a_release_that_is_no_folder_s_name_is_none(boot: Path, release: str) -> None:
    (file := boot / "vmlinuz").write_bytes(bzimage(release))
    taken = given(file)
    assert (taken.release in ("", "(me@here)"), taken.modules) == (True, None)


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\0" * 4096])
def test_what_is_no_kernel_is_refused_with_what_would_be_one(boot: Path, content: bytes) -> None:
    (file := boot / "vmlinuz").write_bytes(content)
    with pytest.raises(InputError, match="no kernel that QEMU boots"):
        given(file)


def test_a_file_that_is_not_there_is_said(boot: Path) -> None:
    with pytest.raises(InputError, match=r"--kernel .*/none: No such file"):
        given(boot / "none")
    with pytest.raises(InputError, match="Is a directory"):
        given(boot)


def test_a_kit_with_it_boots_it_with_modules_of_its_own(boot_kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "boot").mkdir()
    (file := tmp_path / "boot/vmlinuz").write_bytes(bzimage())
    own = kit("bookworm", say=lambda _line: None, kernel=given(file))
    assert (own.kernel.read_bytes(), own.release) == (bzimage(), "6.99.1-own")
    assert own.busybox == boot_kit.busybox
    assert b"virtio_blk.ko" in boot_kit.initrd.read_bytes()
    assert b"virtio_blk.ko" not in own.initrd.read_bytes()
