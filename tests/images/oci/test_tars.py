"""Tars that lie, by stand-ins: what their headers make of ``tarfile`` is scripted, and no file here harms anybody."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from bench.errors import ImageError
from bench.images import cache, oci, packing
from bench.images.oci.tars import TarBytes, advancing
from bench.images.packing import unpack
from bench.model import ImageSource
from tests.images.conftest import quiet
from tests.images.oci_archives import Own, layer, packed, regular


@pytest.fixture
def raw(tmp_path: Path) -> TarBytes:
    (tmp_path / "some.tar").write_bytes(layer(regular("a", b"a" * 600)))
    return TarBytes(tmp_path / "some.tar")


class Scripted:
    """What ``tarfile`` says after it has read a header: where that stands, how long its content is, what comes next."""

    def __init__(self, *members: dict[str, Any]) -> None:
        self._members = list(members)
        self.offset = 0

    def next(self) -> tarfile.TarInfo | None:
        if not self._members:
            return None
        given = self._members.pop(0)
        member = tarfile.TarInfo("odd")
        member.offset, self.offset = given["at"], given["then"]
        member.offset_data, member.size = given["at"] + 512, given.get("size", 0)
        member.sparse = given.get("sparse")
        return member


def read(raw: TarBytes, *members: dict[str, Any]) -> list[tarfile.TarInfo]:
    return list(advancing(cast("tarfile.TarFile", Scripted(*members)), raw))


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ([{"at": 0, "then": 0}], "'odd' begins at byte 0 and ends at 0, in a tar of 10240 bytes"),
        ([{"at": 0, "then": 512}, {"at": 512, "then": -512}], "'odd' begins at byte 512 and ends at -512"),
        ([{"at": 0, "then": 1 << 50}], f"and ends at {1 << 50}, in a tar of"),
        ([{"at": 0, "then": 1024, "size": -1}], "is said to have -1 bytes, and 512 in the tar do not make them"),
        ([{"at": 0, "then": 1024, "size": 513}], "is said to have 513 bytes"),
        ([{"at": 0, "then": 1024, "size": 4096, "sparse": [(100, 10), (50, 10)]}], "is said to have 4096 bytes"),
        ([{"at": 0, "then": 1024, "size": 4096, "sparse": [(100, -10)]}], "is said to have 4096 bytes"),
        ([{"at": 0, "then": 1024, "size": 4096, "sparse": [(-100, 10)]}], "is said to have 4096 bytes"),
        ([{"at": 0, "then": 1024, "size": 4096, "sparse": [(0, 513)]}], "is said to have 4096 bytes"),
        ([{"at": 0, "then": 1024, "size": 4096, "sparse": [(4090, 10)]}], "is said to have 4096 bytes"),
        ([{"at": 0, "then": 1024, "size": -1, "sparse": []}], "is said to have -1 bytes"),
    ],
)
def test_a_member_that_does_not_lead_on_or_says_more_than_the_tar_has(
    raw: TarBytes, members: Sequence[dict[str, Any]], says: str
) -> None:
    with pytest.raises(tarfile.ReadError) as caught:
        read(raw, *members)
    assert says in str(caught.value)


def test_a_file_with_holes_is_taken(raw: TarBytes) -> None:
    parts = [(0, 100), (2000, 412), (0, 0), (4096, 0)]
    [member] = read(raw, {"at": 0, "then": 1024, "size": 4096, "sparse": parts})
    assert member.size == 4096


@pytest.mark.parametrize("asked", [-1, -512, None, 33 << 20, 1 << 70])
def test_a_header_cannot_ask_for_more_than_a_header_has(raw: TarBytes, asked: int | None) -> None:
    with pytest.raises(tarfile.ReadError, match="a header asks for"):
        raw.read(asked)


@pytest.mark.parametrize(
    "form", ["--format=gnu", "--sparse-version=0.0", "--sparse-version=0.1", "--sparse-version=1.0"]
)
def test_a_layer_with_holes_of_a_real_tar_is_the_file_it_was(own_cache: Path, tmp_path: Path, form: str) -> None:
    holed = tmp_path / "holed"
    with holed.open("wb") as out:
        for at in (0, 409600):
            out.seek(at)
            out.write(b"content" * 600)
        out.truncate(1 << 20)
    words = [
        "tar",
        "--sparse",
        *([form] if "gnu" in form else ["--format=pax", form]),
        "-C",
        str(tmp_path),
        "-c",
        "holed",
    ]
    tar = subprocess.run(words, check=True, capture_output=True).stdout
    assert len(tar) < 1 << 19
    saved = Own(layers=[tar]).save(tmp_path / "mine.tar")
    made = oci.imported_base(ImageSource(reference="mine", path=saved), wanted_by="image 'mine'", say=quiet)
    with tarfile.open(made / "base.tar") as archive:
        stream = archive.extractfile("./holed")
        assert stream is not None
        assert stream.read() == holed.read_bytes()


FREE_BYTES = 64 << 10


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "free_bytes", lambda _place: FREE_BYTES)


class Counted(io.BytesIO):
    """Content that knows how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        Counted.taken += len(content)
        return content


@pytest.mark.parametrize("packing_", ["gzip", "zstd"])
@pytest.mark.usefixtures("little_room")
def test_what_unpacks_to_more_than_the_disk_has_is_refused_before_a_byte_is_written(
    tmp_path: Path, packing_: str
) -> None:
    small = packed(bytes(1 << 20), packing_)
    assert len(small) < 2048
    with pytest.raises(ImageError, match=r"layer 1 needs .* MiB, 0 are free .*Free some"):
        unpack(lambda: io.BytesIO(small), tmp_path / "1.tar", "layer 1")
    assert not (tmp_path / "1.tar").exists()


@pytest.mark.usefixtures("little_room")
def test_no_more_is_unpacked_than_shows_that_it_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "_CHUNK_BYTES", 1 << 10)
    Counted.taken = 0
    with pytest.raises(ImageError, match="layer 1 needs"):
        unpack(lambda: Counted(bytes(1 << 20)), tmp_path / "1.tar", "layer 1")
    assert FREE_BYTES < Counted.taken < FREE_BYTES + 2048


def test_a_digest_that_is_wrong_is_known_before_a_byte_is_written(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="layer 1: its content has the digest sha256:"):
        unpack(lambda: io.BytesIO(gzip.compress(b"x")), tmp_path / "1.tar", "layer 1", wanted="sha256:0")
    assert not (tmp_path / "1.tar").exists()


@pytest.mark.usefixtures("little_room")
@pytest.mark.parametrize("outer", ["gzip", "zstd"])
def test_a_packed_image_that_does_not_fit_is_refused(own_cache: Path, tmp_path: Path, outer: str) -> None:
    saved = Own(layers=[layer(regular("a", bytes(1 << 20)))]).save(tmp_path / "saved.tar")
    (tmp_path / "mine.tar").write_bytes(packed(saved.read_bytes(), outer))
    source = ImageSource(reference="mine", path=tmp_path / "mine.tar")
    with pytest.raises(ImageError, match=r"image 'mine' \(.*mine.tar\) needs"):
        oci.imported_base(source, wanted_by="image 'mine'", say=quiet)


def test_a_file_with_holes_that_does_not_fit_is_named(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its layer is small; only the root file system would not be."""
    (tmp_path / "holed").touch()
    with (tmp_path / "holed").open("wb") as out:
        out.truncate(1 << 20)
    words = ["tar", "--sparse", "-C", str(tmp_path), "-c", "holed"]
    tar = subprocess.run(words, check=True, capture_output=True).stdout
    saved = Own(layers=[tar]).save(tmp_path / "mine.tar")
    monkeypatch.setattr(cache, "free_bytes", lambda _place: FREE_BYTES)
    with pytest.raises(
        ImageError, match=r"flattened, whose largest file is '/holed' of 1 MiB, needs 1 MiB, 0 are free"
    ):
        oci.imported_base(ImageSource(reference="mine", path=saved), wanted_by="image 'mine'", say=quiet)
    assert not list(own_cache.rglob("base.tar"))
