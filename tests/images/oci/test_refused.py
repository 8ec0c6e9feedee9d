"""Images that cannot be taken: a refusal says what and where, writes nothing outside, leaves nothing in the cache."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.errors import ImageError
from bench.images import cache, oci
from bench.images.debian.architecture import current
from bench.images.oci import flatten
from bench.model import ImageSource
from tests.images.conftest import quiet
from tests.images.oci_archives import OCI, Member, Own, digest, folder, hard, layer, link, packed, regular

PLAIN = Own(layers=[layer(regular("a", b"a" * 5000)), layer(regular("b", b"b"))])


@pytest.fixture(autouse=True)
def nothing_else_is_written(own_cache: Path, tmp_path: Path) -> Iterator[None]:
    """Beside the image itself there is the cache, and in it there is nothing but locks."""
    yield
    assert not [path for path in own_cache.rglob("*") if path.is_file() and not path.name.endswith(".lock")]
    assert not (tmp_path / "outside").exists()
    assert not Path("/isobench-outside").exists()


def refusal(path: Path) -> str:
    with pytest.raises(ImageError) as caught:
        oci.imported_base(ImageSource(reference="mine", path=path), wanted_by="image 'mine'", say=quiet)
    assert caught.value.remedy
    assert "image 'mine'" in str(caught.value)
    return str(caught.value)


def refused_layer(folder_: Path, *members: Member) -> str:
    said = refusal(Own(layers=[PLAIN.layers[0], layer(*members)]).save(folder_ / "mine.tar"))
    assert "image 'mine': layer 2 of 2 (sha256:" in said
    return said


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ([regular("/../isobench-outside")], "'/../isobench-outside' leads out of the root with '..'"),
        ([regular(".//../outside")], "'.//../outside' leads out of the root with '..'"),
        ([regular("x/../../../outside")], "'x/../../../outside' leads out"),
        ([folder("..")], "'..' leads out"),
        ([hard("mine", "/etc/shadow")], "'mine' links to '/etc/shadow', which is not there"),
        ([hard("mine", "../../etc/shadow")], "'mine' leads out of the root with '..', in '../../etc/shadow'"),
        ([hard("mine", "not/there")], "'mine' links to 'not/there', which is not there"),
        ([link("out", "/etc"), hard("mine", "out/shadow")], "'mine' links to 'out/shadow', which is not there"),
        ([folder("d"), hard("mine", "d")], "'mine' is a hard link to a folder, 'd'"),
        ([regular("a/b")], "'a/b' lies below what is no folder"),
        ([link("x", "y"), link("y", "x"), regular("x/z")], "'x/z' lies below what is no folder, or behind links that"),
        ([link("x", "n" * 256), regular("x/z")], "'x/z' lies below what is no folder"),
        ([regular(".", b"")], "stands in place of the root itself"),
        ([regular("a/.wh...")], "'a/.wh...' hides no name that a file can have"),
        ([regular(".wh.")], "'.wh.' hides no name"),
        ([regular("n" * 256)], "has a name that is too long for Linux"),
        ([regular("n/" * 2100)], "has a name that is too long for Linux"),
    ],
)
def test_a_member_that_no_honest_layer_holds(tmp_path: Path, members: Sequence[Member], says: str) -> None:
    assert says in refused_layer(tmp_path, *members)


def test_a_member_of_an_unknown_kind(tmp_path: Path) -> None:
    member, content = regular("odd")
    member.type = b"Q"
    assert "'odd' is of the unknown kind b'Q'" in refused_layer(tmp_path, (member, content))


def test_a_file_through_a_link_that_points_outside_stays_inside(tmp_path: Path, own_cache: Path) -> None:
    """It is no refusal: engines put it into the image, and so it never reaches the host."""
    outside = tmp_path / "outside"
    saved = Own(layers=[layer(link("out", str(outside)), regular("out/caught"))]).save(tmp_path / "mine.tar")
    made = oci.imported_base(ImageSource(reference="m", path=saved), wanted_by="image 'm'", say=quiet)
    with tarfile.open(made / "base.tar") as archive:
        assert f".{outside}/caught" in archive.getnames()
    cache.remove(made)


@pytest.mark.parametrize("what", ["0/layer.tar", "manifest.json", f"{digest(PLAIN.configuration)[7:]}.json"])
def test_a_file_that_is_missing_is_named(tmp_path: Path, what: str) -> None:
    assert what in refusal(PLAIN.save(tmp_path / "mine.tar", **{what: None}))


def test_a_blob_that_is_missing_is_named(tmp_path: Path) -> None:
    laid = PLAIN.lay_out(tmp_path / "laid")
    blob = digest(packed(PLAIN.layers[1], "gzip"))[7:]
    (laid / "blobs/sha256" / blob).unlink()
    assert f"holds no blobs/sha256/{blob}: it is not whole" in refusal(laid)


@pytest.mark.parametrize("packing", ["plain", "gzip", "zstd"])
def test_a_blob_whose_content_was_changed(tmp_path: Path, packing: str) -> None:
    laid = PLAIN.lay_out(tmp_path / "laid", packing)
    blob = laid / "blobs/sha256" / digest(packed(PLAIN.layers[0], packing))[7:]
    blob.write_bytes(packed(layer(regular("a", b"c" * 5000)), packing))
    said = refusal(laid)
    assert "layer 1 of 2" in said
    assert f"not sha256:{blob.name}" in said


def test_a_layer_of_a_saved_image_that_was_changed(tmp_path: Path) -> None:
    said = refusal(PLAIN.save(tmp_path / "mine.tar", **{"1/layer.tar": layer(regular("b", b"c"))}))
    assert "layer 2 of 2" in said
    assert f"its content has the digest {digest(layer(regular('b', b'c')))}, not {digest(PLAIN.layers[1])}" in said


def test_a_configuration_and_a_manifest_that_were_changed(tmp_path: Path) -> None:
    name = f"{digest(PLAIN.configuration)[7:]}.json"
    other = replace(PLAIN, running={"User": "0"}).configuration
    assert f"{name} is not what its name says" in refusal(PLAIN.save(tmp_path / "mine.tar", **{name: other}))
    laid = PLAIN.lay_out(tmp_path / "laid")
    pointed = json.loads((laid / "index.json").read_text())["manifests"][0]["digest"].replace(":", "/")
    (laid / "blobs" / pointed).write_text("{}")
    assert f"blobs/{pointed} is not what its name says" in refusal(laid)


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_a_packed_layer_that_is_cut_short(tmp_path: Path, packing: str) -> None:
    """Its digest is that of the short blob, so that only unpacking can tell."""
    short = packed(PLAIN.layers[0], packing)[:-9]
    said = refusal(PLAIN.save(tmp_path / "mine.tar", **{"0/layer.tar": short}))
    assert "layer 1 of 2" in said
    assert "damaged or not whole" in said


def test_a_plain_layer_that_is_cut_short(tmp_path: Path) -> None:
    said = refusal(PLAIN.save(tmp_path / "mine.tar", **{"0/layer.tar": PLAIN.layers[0][:3000]}))
    assert "layer 1 of 2" in said
    assert "it is damaged or not whole" in said


@pytest.mark.parametrize("cut", [b"no tar at all", PLAIN.layers[0][:3000], PLAIN.layers[0][:700]])
def test_a_layer_that_was_made_damaged(tmp_path: Path, cut: bytes) -> None:
    """Its digest is right: the layer itself is no whole tar."""
    said = refusal(Own(layers=[cut]).save(tmp_path / "mine.tar"))
    assert "layer 1 of 1" in said
    assert "damaged or not whole" in said or "is no tar from byte" in said


def test_a_header_that_cannot_be_read_ends_no_layer_silently(tmp_path: Path) -> None:
    whole = layer(regular("a", b"a"), regular("b", b"b"))
    broken = whole[:1024] + b"\xff" * 512 + whole[1536:]
    assert "is no tar from byte 1024 on" in refusal(Own(layers=[broken]).save(tmp_path / "mine.tar"))


@given(cut=st.integers(0, 9000), flip=st.integers(0, 9000))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_damage_to_the_file_is_taken_for_an_image(tmp_path: Path, cut: int, flip: int) -> None:
    """Cut anywhere, or with a byte changed where it counts: refused in words, or the very same image."""
    whole = PLAIN.save(tmp_path / "whole.tar").read_bytes()
    zipped = gzip.compress(whole, mtime=0)
    damaged = bytearray(whole)
    damaged[flip % len(whole)] ^= 0xFF
    good = oci.imported_base(ImageSource(reference="m", path=tmp_path / "whole.tar"), wanted_by="image 'm'", say=quiet)
    before = (good / "base.tar").read_bytes()
    for content in (whole[: cut % len(whole)], zipped[: cut % len(zipped)], bytes(damaged)):
        cache.remove(good)
        path = tmp_path / "mine.tar"
        path.write_bytes(content)
        try:
            made = oci.imported_base(ImageSource(reference="m", path=path), wanted_by="image 'm'", say=quiet)
        except ImageError:
            continue
        assert (made / "base.tar").read_bytes() == before
    cache.remove(good)


def test_a_layer_of_an_unknown_media_type(tmp_path: Path) -> None:
    said = refusal(PLAIN.lay_out(tmp_path / "laid", kind=f"{OCI}layer.v1.tar+gzip+encrypted"))
    assert "has the media type 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted'" in said


def test_another_architecture_and_another_system(tmp_path: Path) -> None:
    here = f"this machine is linux/{current().debian}"
    for own, said in (
        (replace(PLAIN, architecture="s390x"), f"is for linux/s390x, {here}"),
        (replace(PLAIN, os="windows"), f"is for windows/{current().debian}, {here}"),
    ):
        assert said in refusal(own.save(tmp_path / "mine.tar"))
        assert said in refusal(own.lay_out(tmp_path / own.os / own.architecture))


def test_an_index_without_this_machine_says_what_there_is(tmp_path: Path) -> None:
    laid = PLAIN.lay_out(tmp_path / "laid")
    index = json.loads((laid / "index.json").read_text())
    index["manifests"][0]["platform"] = {"architecture": "riscv64", "os": "linux"}
    (laid / "index.json").write_text(json.dumps(index))
    assert "is for linux/riscv64, this machine is" in refusal(laid)


def test_more_than_one_image_and_none(tmp_path: Path) -> None:
    two = [{"Config": f"{name}.json", "RepoTags": [f"{name}:1"], "Layers": []} for name in ("one", "two")]
    said = refusal(PLAIN.save(tmp_path / "two.tar", **{"manifest.json": json.dumps(two).encode()}))
    assert "holds 2 images, not one: 'one:1', 'two:1'" in said
    assert "docker-archive:FILE:NAME" in said
    assert "holds 0 images, not one: none" in refusal(PLAIN.save(tmp_path / "no.tar", **{"manifest.json": b"[]"}))


@pytest.mark.parametrize(
    "manifest", [b"{", b"{}", b'[{"Config": 3}]', b'[{"Config": "a", "Layers": [1]}]', b"[" * 100_000, b"\xff"]
)
def test_documents_that_are_none(tmp_path: Path, manifest: bytes) -> None:
    assert "manifest.json: " in refusal(PLAIN.save(tmp_path / "mine.tar", **{"manifest.json": manifest}))


@pytest.mark.parametrize("running", [{"User": "a\0b"}, {"Env": "X=1"}, {"Cmd": [1]}, {"WorkingDir": "\ud800"}])
def test_settings_that_no_image_can_have(tmp_path: Path, running: dict[str, object]) -> None:
    assert f"{digest(replace(PLAIN, running=running).configuration)[7:]}.json: " in refusal(
        replace(PLAIN, running=running).save(tmp_path / "mine.tar")
    )


def test_layers_and_configuration_that_disagree(tmp_path: Path) -> None:
    manifest = [{"Config": f"{digest(PLAIN.configuration)[7:]}.json", "Layers": ["0/layer.tar"]}]
    said = refusal(PLAIN.save(tmp_path / "mine.tar", **{"manifest.json": json.dumps(manifest).encode()}))
    assert "its configuration names 2 layers, its manifest 1" in said


@pytest.mark.parametrize(("user", "says"), [("nobody", "no user 'nobody'"), ("0:staff", "no group 'staff'")])
def test_a_user_or_a_group_that_the_image_does_not_know(tmp_path: Path, user: str, says: str) -> None:
    assert says in refusal(replace(PLAIN, running={"User": user}).save(tmp_path / "mine.tar"))


def test_a_working_directory_that_is_a_file(tmp_path: Path) -> None:
    for directory in ("/a/x", "/" + "n" * 256):
        assert f"its working directory '{directory}' is no folder" in refusal(
            replace(PLAIN, running={"WorkingDir": directory}).save(tmp_path / "mine.tar")
        )


def test_files_and_folders_that_are_no_image(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("FROMAGE is cheese\n")
    assert "notes.txt) is neither a tar nor a Dockerfile" in refusal(text)
    (tmp_path / "empty").mkdir()
    assert "is no image: it holds neither index.json" in refusal(tmp_path / "empty")
    with tarfile.open(tmp_path / "other.tar", "w") as archive:
        archive.addfile(regular("some/file")[0], io.BytesIO())
    assert "is no image" in refusal(tmp_path / "other.tar")


def test_no_room_is_said_before_it_is_used_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "free_bytes", lambda _place: 1)
    assert "layer 1 of 2" in refusal(PLAIN.save(tmp_path / "mine.tar"))


def test_an_interruption_leaves_nothing(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_words: object) -> None:
        assert list(own_cache.rglob(".scratch-*.partial/plain.tar")), "the file lies unpacked beside what is made"
        raise KeyboardInterrupt

    laid = PLAIN.lay_out(tmp_path / "laid", "zstd")
    with tarfile.open(tmp_path / "laid.tar.gz", "w:gz") as archive:
        archive.add(laid, arcname=".")
    monkeypatch.setattr(flatten, "_require_room", interrupted)
    with pytest.raises(KeyboardInterrupt):
        oci.imported_base(ImageSource(reference="m", path=tmp_path / "laid.tar.gz"), wanted_by="image 'm'", say=quiet)
    assert not [path for path in own_cache.rglob("*") if "scratch" in path.name or "partial" in path.name]


def test_a_pipe_is_no_document_and_is_not_waited_for(tmp_path: Path) -> None:
    laid = PLAIN.lay_out(tmp_path / "laid")
    (laid / "index.json").unlink()
    os.mkfifo(laid / "index.json")
    assert "is no image" in refusal(laid)
