from __future__ import annotations

import os
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import ImageError
from bench.images import disk, forms, tree
from bench.model import Image
from tests.images.conftest import quiet


def test_the_tree_is_the_image(image: Image) -> None:
    root = tree(image, quiet)
    assert (root / ".isobench/entry").read_text().startswith("#!/.isobench/busybox sh\n")
    assert os.access(root / ".isobench/busybox", os.X_OK)
    assert root.stat().st_mode & 0o777 == 0o755
    assert tree(image, quiet) == root


def test_nobody_else_can_run_what_is_in_a_tree(image: Image, tmp_path: Path) -> None:
    shelf = tmp_path / "images"
    earlier, folder = shelf / "earlier" / "tree", shelf / "new"
    for made in (earlier, folder):
        made.mkdir(parents=True)
    (folder / "rootfs.tar").symlink_to(image.tar)
    root = tree(replace(image, folder=folder), quiet)
    assert (root / "bin/su").stat().st_mode & 0o4000
    assert root.parent.stat().st_mode & 0o777 == 0o700
    assert earlier.stat().st_mode & 0o777 == 0o700
    other = ["setpriv", "--reuid", "65534", "--clear-groups", "test", "-e", str(root / "bin/su")]
    if os.geteuid() == 0:
        assert subprocess.run(other, check=False).returncode == 1


def test_devices_are_left_out_where_they_cannot_be_made(
    image: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "_may_make_devices", lambda _folder: False)
    copy = replace(image, folder=tmp_path)
    (tmp_path / "rootfs.tar").symlink_to(image.tar)
    root = tree(copy, quiet)
    assert not (root / "dev/null").exists()
    assert (root / "dev/pts").is_dir()
    assert (root / "bin/sh").exists()


def test_the_disk_is_a_sound_file_system_readable_by_all(image: Image) -> None:
    path = disk(image, quiet)
    assert path.stat().st_size == image.disk_bytes
    assert path.stat().st_mode & 0o777 == 0o644
    check = subprocess.run(["e2fsck", "-fn", path], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout
    shown = subprocess.run(["debugfs", "-R", "stat /.isobench/entry", path], capture_output=True, text=True, check=True)
    assert "User:     0   Group:     0" in shown.stdout


def test_a_disk_that_is_too_small_says_what_is_needed(image: Image) -> None:
    with pytest.raises(ImageError, match=r"does not fit on a disk of 64 MiB\. Raise disk_mib .* to 1\d\d"):
        disk(replace(image, disk_bytes=64 << 20), quiet)
    assert not list(image.folder.glob("*disk-64*.partial"))


def test_the_size_it_asks_for_is_enough(image: Image, tmp_path: Path) -> None:
    needed = -(-forms.disk_needed_bytes(image.tar) >> 20) << 20
    copy = replace(image, folder=tmp_path, disk_bytes=needed)
    (tmp_path / "rootfs.tar").symlink_to(image.tar)
    (tmp_path / forms.PRIVATE).mkdir()
    (tmp_path / forms.PRIVATE / "tree").symlink_to(tree(image, quiet))
    assert disk(copy, quiet).stat().st_size == needed


def test_what_tar_refuses_is_said_and_no_disk_is_blamed(image: Image, tmp_path: Path) -> None:
    copy = replace(image, folder=tmp_path)
    with tarfile.open(tmp_path / "rootfs.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("./file")
        member.uid = 1 << 40
        archive.addfile(member)
    with pytest.raises(ImageError, match=r"could not be unpacked: tar: .*(uid|range)") as refused:
        tree(copy, quiet)
    assert "disk" not in str(refused.value)
