"""What layers make when one is put over the other, whatever they come in."""

from __future__ import annotations

import hashlib
import inspect
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.errors import ImageError
from bench.images import lock, oci
from bench.images.oci.settings import settings as make_settings
from bench.model import ImageSource
from tests.images.conftest import quiet
from tests.images.oci_archives import Member, Own, device, digest, folder, hard, layer, link, packed, regular

MOUNT_POINTS = {"./", "dev", "etc", "proc", "run", "sys", "tmp", "usr"}


def base(path: Path, reference: str = "mine") -> Path:
    return oci.imported_base(ImageSource(reference=reference, path=path), wanted_by="image 'mine'", say=quiet)


def members(tar: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(tar) as archive:
        return {member.name.removeprefix("./"): member for member in archive}


def flattened(folder_: Path, *layers: Sequence[Member]) -> dict[str, tarfile.TarInfo]:
    """Return what an image of these layers comes to, without what every image has."""
    saved = Own(layers=[layer(*one) for one in layers]).save(folder_ / "mine.tar")
    found = members(base(saved) / "base.tar")
    return {name: member for name, member in found.items() if name not in MOUNT_POINTS and name != "."}


def content(folder_: Path, name: str) -> bytes:
    with tarfile.open(base(folder_ / "mine.tar") / "base.tar") as archive:
        stream = archive.extractfile(f"./{name}")
        assert stream is not None
        return stream.read()


LOWER = (
    folder("a"), regular("a/one", b"1"), regular("a/two", b"2"), folder("a/deep"), regular("a/deep/three", b"3"),
    regular("b", b"b"),
)  # fmt: skip


def test_a_later_layer_replaces_and_adds(own_cache: Path, tmp_path: Path) -> None:
    found = flattened(tmp_path, LOWER, [regular("a/one", b"new", mode=0o4755), regular("c/new")])
    assert set(found) == {"a", "a/one", "a/two", "a/deep", "a/deep/three", "b", "c", "c/new"}
    assert content(tmp_path, "a/one") == b"new"
    assert found["a/one"].mode == 0o4755
    assert (found["c"].isdir(), found["c"].mode) == (True, 0o755)


def test_a_whiteout_hides_what_lies_below_and_nothing_else(own_cache: Path, tmp_path: Path) -> None:
    assert set(flattened(tmp_path, LOWER, [regular("a/.wh.deep"), regular(".wh.b"), regular(".wh.none")])) == {
        "a", "a/one", "a/two",
    }  # fmt: skip


def test_a_whiteout_does_not_hide_what_its_own_layer_brings(own_cache: Path, tmp_path: Path) -> None:
    for members_ in ([regular("b", b"new"), regular(".wh.b")], [regular(".wh.b"), regular("b", b"new")]):
        assert "b" in flattened(tmp_path, LOWER, members_)
        assert content(tmp_path, "b") == b"new"


@pytest.mark.parametrize("last", [False, True])
def test_an_opaque_folder_keeps_what_its_own_layer_brings_in_any_order(
    own_cache: Path, tmp_path: Path, last: bool
) -> None:
    mine, opaque = [regular("a/deep/mine")], [regular("a/.wh..wh..opq")]
    found = flattened(tmp_path, LOWER, [folder("a"), *(mine + opaque if last else opaque + mine)])
    assert set(found) == {"a", "a/deep", "a/deep/mine", "b"}


def test_a_folder_in_place_of_a_file_and_a_file_in_place_of_a_folder(own_cache: Path, tmp_path: Path) -> None:
    found = flattened(tmp_path, LOWER, [regular("a", b"file"), folder("b"), regular("b/in")])
    assert set(found) == {"a", "b", "b/in"}


def test_what_leads_through_a_link_lands_where_that_points(own_cache: Path, tmp_path: Path) -> None:
    lower = [folder("usr/lib"), link("lib", "usr/lib"), link("abs", "/usr/../../usr/lib"), link("up", "../../b")]
    upper = [regular("lib/one"), regular("abs/two"), regular("up/three"), regular("lib/.wh.gone")]
    found = flattened(tmp_path, [*lower, regular("usr/lib/gone")], upper)
    assert set(found) == {"usr/lib", "usr/lib/one", "usr/lib/two", "lib", "abs", "up", "b", "b/three"}
    assert found["abs"].linkname == "/usr/../../usr/lib"


def test_links_are_kept_as_they_are(own_cache: Path, tmp_path: Path) -> None:
    found = flattened(tmp_path, [link("etc/mtab", "/proc/mounts"), link("out", "../../../etc/shadow")])
    assert (found["etc/mtab"].linkname, found["out"].linkname) == ("/proc/mounts", "../../../etc/shadow")


def test_hard_links_share_their_content_across_layers(own_cache: Path, tmp_path: Path) -> None:
    found = flattened(tmp_path, LOWER, [hard("z", "a/one"), hard("zz", "./z")], [regular("a/.wh.one")])
    assert found["z"].isreg()
    assert (found["zz"].islnk(), found["zz"].linkname) == (True, "./z")
    assert content(tmp_path, "z") == b"1"


def test_devices_owners_times_and_attributes_are_kept(own_cache: Path, tmp_path: Path) -> None:
    capable = {"SCHILY.xattr.security.capability": "\x01\x02"}
    found = flattened(
        tmp_path,
        [
            device("null", tarfile.CHRTYPE, (1, 3)), device("disk", tarfile.BLKTYPE, (7, 0)),
            device("pipe", tarfile.FIFOTYPE, (0, 0)), regular("ping", uid=7, gid=3_000_000, pax_headers=capable),
        ],
    )  # fmt: skip
    assert (found["null"].ischr(), found["null"].devmajor, found["null"].devminor) == (True, 1, 3)
    assert (found["disk"].isblk(), found["pipe"].isfifo()) == (True, True)
    assert (found["ping"].uid, found["ping"].gid, found["ping"].mtime) == (7, 3_000_000, 1_000_000_000)
    assert found["ping"].pax_headers["SCHILY.xattr.security.capability"] == "\x01\x02"


def test_names_in_any_bytes_and_long_ones(own_cache: Path, tmp_path: Path) -> None:
    strange, long = "\udcff\n\\x", "/".join(["n" * 200] * 10)
    assert {strange, long} <= set(flattened(tmp_path, [regular(strange), regular(long)]))


def test_mount_points_are_there_and_real(own_cache: Path, tmp_path: Path) -> None:
    said: list[str] = []
    saved = Own(layers=[layer(link("tmp", "/var/tmp"), regular("proc", b"no"), folder("sys", 0o700))])
    source = ImageSource(reference="mine", path=saved.save(tmp_path / "mine.tar"))
    found = members(oci.imported_base(source, wanted_by="image 'mine'", say=said.append) / "base.tar")
    assert all(found[name].isdir() for name in MOUNT_POINTS - {"./"})
    assert (found["tmp"].mode, found["sys"].mode) == (0o1777, 0o700)
    assert [line for line in said if "is no folder" in line] == [
        f"image 'mine': /{name} is no folder in the image; isolations mount there, so it is made one"
        for name in ("proc", "tmp")
    ]


def test_what_another_import_has_left_is_not_the_images(own_cache: Path, tmp_path: Path) -> None:
    assert not flattened(tmp_path, [folder(".isobench"), regular(".isobench/settings", b"exit 1")])


@pytest.mark.parametrize("packing", ["plain", "gzip", "zstd"])
def test_an_oci_layout_is_the_same_image(own_cache: Path, tmp_path: Path, packing: str) -> None:
    own = Own(layers=[layer(*LOWER), layer(regular("c", b"c"))])
    saved, laid = own.save(tmp_path / "saved.tar"), own.lay_out(tmp_path / "laid", packing)
    with tarfile.open(tmp_path / "laid.tar.gz", "w:gz") as archive:
        archive.add(laid, arcname=".")
    folders = [base(path) for path in (saved, laid, tmp_path / "laid.tar.gz")]
    assert len(set(folders)) == 1, "the same content under the same name is made once"


def test_layers_of_a_saved_image_may_be_packed(own_cache: Path, tmp_path: Path) -> None:
    own = Own(layers=[layer(*LOWER)])
    plain = base(own.save(tmp_path / "plain.tar"), "plain")
    packed_ = base(own.save(tmp_path / "packed.tar", **{"0/layer.tar": packed(own.layers[0], "gzip")}), "packed")
    assert (plain / "base.tar").read_bytes() == (packed_ / "base.tar").read_bytes()


def test_other_code_imports_anew(own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = Own(layers=[layer(*LOWER)]).save(tmp_path / "mine.tar")
    before, again = base(saved), base(saved)
    module = sys.modules[oci.imported_base.__module__]  # the package has a function of that name
    assert Path(inspect.getfile(make_settings)).read_bytes() in set(module._code())
    monkeypatch.setattr(module, "settings", lambda *_asked: b"path=/new\n")
    monkeypatch.setattr(module, "_code", lambda: iter([b"a change to settings.py"]))
    after = base(saved)
    assert again == before
    assert (after / "own" / "settings").read_bytes() == b"path=/new\n"


def test_the_lock_names_the_image_by_content(own_cache: Path, tmp_path: Path) -> None:
    own = Own(layers=[layer(*LOWER)], running={"Entrypoint": ["/a"], "Cmd": None, "Env": ["X=1"], "User": "7"})
    made = base(own.save(tmp_path / "mine.tar"))
    told = lock.read(made / "lock.json")
    assert told.imported == lock.Imported(
        reference="mine", digest=digest(own.configuration), entrypoint=("/a",), environment=("X=1",), user="7"
    )
    assert told.digest == f"sha256:{hashlib.sha256((made / 'base.tar').read_bytes()).hexdigest()}"
    assert told.packages == ()
    assert lock.whole(made)


NAMES = st.sampled_from(["a", "b", "a/b", "a/b/c", "l", "l/x", "m", "m/y", "./a/", "a//d", "l/m", "a/.wh.b", ".wh.l"])
TARGETS = st.sampled_from(["a", "/", "..", "../..", "/a/b", "l", "m", "m/../..", "b/c", ".", "/../host", "x" * 300])
MEMBER = st.one_of(
    st.builds(regular, NAMES, st.binary(max_size=3)),
    st.builds(folder, NAMES),
    st.builds(link, NAMES, TARGETS),
    st.builds(hard, NAMES, st.sampled_from(["a", "b", "a/b", "l", "m"])),
    st.builds(regular, st.sampled_from(["a/.wh..wh..opq", ".wh..wh..opq", "l/.wh..wh..opq", ".wh..", "a/.wh."])),
    st.builds(regular, st.sampled_from(["/a", "../a", "a/../../b", "a/.."])),
)
LAYERS = st.lists(st.lists(MEMBER, max_size=8), min_size=1, max_size=3)


@given(layers=LAYERS)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_layers_nothing_in_the_result_leads_through_a_link(
    own_cache: Path, layers: list[list[Member]]
) -> None:
    """A member can only be extracted outside through '..', an absolute name, or a link among its folders."""
    with tempfile.TemporaryDirectory() as scratch:
        saved = Own(layers=[layer(*one) for one in layers]).save(Path(scratch) / "mine.tar")
        try:
            made = base(saved, scratch)
        except ImageError:
            return
        seen: dict[str, tarfile.TarInfo] = {}
        with tarfile.open(made / "base.tar") as archive:
            for member in archive:
                parts = Path(member.name).parts
                assert not member.name.startswith("/")
                assert ".." not in parts
                assert member.name not in seen
                assert all(seen[str(Path(*parts[:count]))].isdir() for count in range(1, len(parts)))
                assert not member.islnk() or not seen[member.linkname.removeprefix("./")].isdir()
                seen[str(Path(*parts))] = member
