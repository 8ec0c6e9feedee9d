from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from bench.errors import ImageError
from bench.images.tar_append import append
from bench.model import ImageFile


@pytest.fixture
def tar(tmp_path: Path) -> Path:
    path = tmp_path / "base.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, kind, target in (
            ("./usr", tarfile.DIRTYPE, ""),
            ("./usr/bin", tarfile.DIRTYPE, ""),
            ("./bin", tarfile.SYMTYPE, "usr/bin"),
            ("./usr/up", tarfile.SYMTYPE, "../../srv"),
            ("./loop", tarfile.SYMTYPE, "/loop"),
            ("./etc/motd", tarfile.REGTYPE, ""),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            archive.addfile(member, io.BytesIO())
    return path


def file(path: str, content: bytes = b"x") -> ImageFile:
    return ImageFile(path=path, mode=0o750, content=content)


def names_after(tar: Path, *files: ImageFile) -> list[str]:
    append(tar, files)
    with tarfile.open(tar) as archive:
        return archive.getnames()[6:]


def test_parents_are_made_once(tar: Path) -> None:
    assert names_after(tar, file("/opt/a/x"), file("/opt/a/y")) == [
        "./opt",
        "./opt/a",
        "./opt/a/x",
        "./opt/a/y",
    ]


def test_a_path_through_a_link_lands_where_it_points(tar: Path) -> None:
    assert names_after(tar, file("/bin/x"), file("/usr/up/y")) == ["./usr/bin/x", "./srv", "./srv/y"]


def test_content_mode_and_owner(tar: Path) -> None:
    append(tar, [file("/etc/motd", b"hello")])
    with tarfile.open(tar) as archive:
        member = archive.getmember("./etc/motd")
        stream = archive.extractfile(member)
        assert stream is not None
        assert stream.read() == b"hello"
        assert (member.mode, member.uid, member.gid, member.mtime) == (0o750, 0, 0, 0)


@pytest.mark.parametrize("path", ["/etc/motd/x", "/usr/bin", "/loop/x"])
def test_what_cannot_be_is_said(tar: Path, path: str) -> None:
    with pytest.raises(ImageError, match="Choose another path"):
        append(tar, [file(path)])
