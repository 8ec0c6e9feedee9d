"""Whatever comes: an image, or a refusal in our words that can be printed; nothing else is raised, nothing stays."""

from __future__ import annotations

import json
import tarfile
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.errors import ImageError
from bench.images import oci
from bench.model import ImageSource
from tests.images.conftest import quiet
from tests.images.oci_archives import OCI, Own, device, digest, folder, hard, layer, link, regular

HEADER_BYTES = 512
CHECKSUM = slice(148, 156)
MEMBERS = layer(
    regular("a", b"a" * 700), folder("d"), link("d/l", "../a"), hard("h", "a"), device("c", tarfile.CHRTYPE, (1, 3)),
    regular("long" * 30, b"x", pax_headers={"SCHILY.xattr.user.a": "b", "mtime": "1.5"}),
)  # fmt: skip
HEADERS = [at for at in range(0, len(MEMBERS), HEADER_BYTES) if MEMBERS[at + 257 : at + 262] == b"ustar"]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("a\0\x1b[2Jb"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def taken_or_refused(path: Path) -> None:
    refusal: ImageError | None = None
    try:
        oci.imported_base(ImageSource(reference=str(path), path=path), wanted_by="image 'mine'", say=quiet)
    except ImageError as error:
        refusal = error
    assert refusal is None or (refusal.remedy and str(refusal).isprintable() and "image 'mine'" in str(refusal))


def with_header(tar: bytes, at: int, changes: dict[int, int]) -> bytes:
    """Change bytes of a header, and make its checksum right again."""
    changed = bytearray(tar)
    header = bytearray(changed[at : at + HEADER_BYTES])
    for place, byte in changes.items():
        header[place] = byte
    header[CHECKSUM] = b" " * 8
    header[CHECKSUM] = b"%06o\0 " % sum(header)
    changed[at : at + HEADER_BYTES] = header
    return bytes(changed)


@given(at=st.sampled_from(HEADERS), changes=st.dictionaries(st.integers(0, 499), st.integers(0, 255), max_size=4))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_a_header_says(own_cache: Path, at: int, changes: dict[int, int]) -> None:
    odd = with_header(MEMBERS, at, changes)
    with tempfile.TemporaryDirectory() as scratch:
        taken_or_refused(Own(layers=[odd]).save(Path(scratch) / "layer.tar"))
        (Path(scratch) / "outer.tar").write_bytes(odd)
        taken_or_refused(Path(scratch) / "outer.tar")


@given(key=st.sampled_from(["mtime", "uid", "gid", "size", "path", "linkpath", "SCHILY.xattr.x"]), value=st.text())
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_an_extended_header_says(own_cache: Path, key: str, value: str) -> None:
    member = link("l", "a") if key == "linkpath" else regular("a")
    member[0].pax_headers = {key: value}
    with tempfile.TemporaryDirectory() as scratch:
        taken_or_refused(Own(layers=[layer(member)]).save(Path(scratch) / "layer.tar"))


def places(document: object, above: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [above]
    keys = document.keys() if isinstance(document, dict) else range(len(document) if isinstance(document, list) else 0)
    for key in keys:
        found += places(document[key], (*above, key))  # type: ignore[index]
    return found


def replaced(document: object, place: tuple[str | int, ...], by: object) -> object:
    if not place:
        return by
    changed = document.copy()  # type: ignore[attr-defined]
    changed[place[0]] = replaced(changed[place[0]], place[1:], by)
    return changed


OWN = Own(layers=[layer(regular("a"))], running={"User": "0", "Env": ["A=b"], "Cmd": ["/a"], "WorkingDir": "/"})


@given(data=st.data(), by=JSON)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_a_document_says(own_cache: Path, data: st.DataObject, by: object) -> None:
    """Each document of a layout in turn, the digests above it made right again."""
    with tempfile.TemporaryDirectory() as scratch:
        laid = OWN.lay_out(Path(scratch) / "laid")
        index = json.loads((laid / "index.json").read_text())
        manifest = json.loads((laid / "blobs" / index["manifests"][0]["digest"].replace(":", "/")).read_text())
        which = data.draw(st.sampled_from(["configuration", "manifest", "index"]))
        changed = {"configuration": json.loads(OWN.configuration), "manifest": manifest, "index": index}[which]
        changed = replaced(changed, data.draw(st.sampled_from(places(changed))), by)
        if which == "configuration":
            manifest["config"]["digest"] = kept(laid, changed)
        if which != "index":
            named = kept(laid, changed if which == "manifest" else manifest)
            index["manifests"] = [{"mediaType": f"{OCI}manifest.v1+json", "digest": named}]
        (laid / "index.json").write_text(json.dumps(changed if which == "index" else index))
        taken_or_refused(laid)


def kept(laid: Path, document: object) -> str:
    content = json.dumps(document).encode()
    (laid / "blobs/sha256" / digest(content)[7:]).write_bytes(content)
    return digest(content)
