"""Which image is meant where there are several, and what beside it is none; as tools of our days really write them."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import ImageError
from bench.images import lock, oci
from bench.images.debian import architecture
from bench.model import ImageSource
from bench.testing.launching import unavailable
from tests.images.conftest import quiet
from tests.images.oci_archives import OCI, Own, device, digest, layer, link, packed, regular

ONE = Own(layers=[layer(regular("a", b"one"))], running={"Cmd": ["/one"]})
TWO = Own(layers=[layer(regular("a", b"two"))], running={"Cmd": ["/two"]})
REF, NAME = "org.opencontainers.image.ref.name", "io.containerd.image.name"


def taken(path: Path, chosen: str | None = None) -> lock.Imported:
    source = ImageSource(reference="mine", path=path, chosen=chosen)
    told = lock.read(oci.imported_base(source, wanted_by="image 'mine'", say=quiet) / "lock.json").imported
    assert told is not None
    return told


def refusal(path: Path, chosen: str | None = None) -> str:
    with pytest.raises(ImageError) as caught:
        taken(path, chosen)
    return str(caught.value)


def one_layout(folder: Path, *entries: tuple[Own, Mapping[str, object]]) -> Path:
    """Lay several images out beside each other, each with what more its descriptor says."""
    manifests = []
    for number, (own, more) in enumerate(entries):
        laid = own.lay_out(folder.with_name(f"{folder.name}.{number}"))
        shutil.copytree(laid, folder, dirs_exist_ok=True)
        manifests += [{**one, **more} for one in json.loads((laid / "index.json").read_text())["manifests"]]
    (folder / "index.json").write_text(json.dumps({"manifests": manifests}))
    return folder


def add(folder: Path, manifest: Mapping[str, object], more: Mapping[str, object]) -> None:
    """Put another manifest beside the images of a layout."""
    content = json.dumps(manifest).encode()
    (folder / "blobs/sha256" / digest(content)[7:]).write_bytes(content)
    index = json.loads((folder / "index.json").read_text())
    index["manifests"].append({"mediaType": f"{OCI}manifest.v1+json", "digest": digest(content), **more})
    (folder / "index.json").write_text(json.dumps(index))


def blob(folder: Path, media_type: str, content: bytes = b"{}") -> dict[str, object]:
    (folder / "blobs/sha256" / digest(content)[7:]).write_bytes(content)
    return {"mediaType": media_type, "digest": digest(content), "size": len(content)}


def platform(variant: str) -> dict[str, object]:
    here = architecture.current().debian
    return {"platform": {"architecture": here, "os": "linux", **({"variant": variant} if variant else {})}}


@pytest.fixture
def at_v2(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with x86-64-v2, and no more."""
    machine = replace(architecture._KNOWN["x86_64"])
    monkeypatch.setattr(architecture, "current", lambda: machine)
    monkeypatch.setattr(architecture, "_level", lambda _levels: 1)


@pytest.mark.usefixtures("at_v2", "own_cache")
def test_of_several_variants_the_best_for_this_machine_is_taken(tmp_path: Path) -> None:
    owns = {v: Own(layers=[layer(regular("a", v.encode()))], architecture="amd64") for v in ("", "v2", "v3")}
    laid = one_layout(tmp_path / "laid", *((own, platform(v)) for v, own in owns.items()))
    assert taken(laid).digest == digest(owns["v2"].configuration)
    two = one_layout(tmp_path / "two", *((own, platform(v)) for v, own in owns.items() if v != "v2"))
    assert taken(two).digest == digest(owns[""].configuration)
    three = one_layout(tmp_path / "three", (owns["v3"], platform("v3")))
    assert "is for linux/amd64/v3, this machine is linux/amd64/v2" in refusal(three)


@pytest.mark.usefixtures("own_cache")
def test_what_the_index_does_not_say_the_configurations_do(tmp_path: Path) -> None:
    """As buildah pushes two platforms into one layout."""
    other = replace(TWO, architecture="s390x")
    assert taken(one_layout(tmp_path / "laid", (ONE, {}), (other, {}))).digest == digest(ONE.configuration)


@pytest.mark.usefixtures("own_cache")
def test_images_that_an_engine_has_not_saved_beside_its_own_are_passed_over(tmp_path: Path) -> None:
    """As engines with containerd's store save what they have of an image for several platforms."""
    other = {"platform": {"architecture": "s390x", "os": "linux"}}
    laid = one_layout(tmp_path / "laid", (ONE, platform("")), (TWO, platform("")), (replace(TWO, os="x"), other))
    for missing in json.loads((laid / "index.json").read_text())["manifests"][1:]:
        (laid / "blobs" / missing["digest"].replace(":", "/")).unlink()
    assert taken(laid).digest == digest(ONE.configuration)


@pytest.mark.usefixtures("own_cache")
def test_two_images_that_differ_in_nothing_that_counts_are_not_guessed_at(tmp_path: Path) -> None:
    laid = one_layout(tmp_path / "laid", (ONE, platform("")), (TWO, platform("")))
    said = refusal(laid)
    assert "holds 2 images, not one: 'sha256:" in said
    named = json.loads((laid / "index.json").read_text())["manifests"][1]["digest"]
    assert taken(laid, named).digest == digest(TWO.configuration)


@pytest.mark.usefixtures("own_cache")
def test_tags_of_one_layout_are_named_and_chosen(tmp_path: Path) -> None:
    """As skopeo and buildah write them."""
    laid = one_layout(tmp_path / "laid", (ONE, {"annotations": {REF: "1"}}), (TWO, {"annotations": {REF: "2"}}))
    assert "holds 2 images, not one: '1', '2'. Write which is to run behind the path, as skopeo does, oci:" in refusal(
        laid
    )
    assert taken(laid, "2").digest == digest(TWO.configuration)
    assert "holds no image '3', but: '1', '2'" in refusal(laid, "3")


@pytest.mark.usefixtures("own_cache")
def test_two_images_of_one_tag_are_named_and_chosen_by_their_digests(tmp_path: Path) -> None:
    tag = {"annotations": {REF: "latest"}}
    laid = one_layout(tmp_path / "laid", (ONE, tag), (TWO, tag))
    first, second = (one["digest"] for one in json.loads((laid / "index.json").read_text())["manifests"])
    for said in (refusal(laid), refusal(laid, "latest")):
        assert f"holds 2 images, not one: '{first}', '{second}'" in said
    assert taken(laid, second).digest == digest(TWO.configuration)


@pytest.mark.usefixtures("own_cache")
def test_images_that_docker_28_saves_are_called_by_their_whole_names(tmp_path: Path) -> None:
    entries = [
        (own, {"annotations": {NAME: f"docker.io/library/{name}:{tag}", REF: tag}})
        for own, name, tag in ((ONE, "one", "latest"), (TWO, "two", "2"))
    ]
    laid = one_layout(tmp_path / "laid", *entries)
    assert "holds 2 images, not one: 'one', 'two:2'" in refusal(laid)
    for name in ("two:2", "docker.io/library/two:2", "2"):
        assert taken(laid, name).digest == digest(TWO.configuration)
    for name in ("one", "one:latest"):
        assert taken(laid, name).digest == digest(ONE.configuration)


@pytest.mark.usefixtures("own_cache")
def test_several_tags_of_one_image_are_one_image(tmp_path: Path) -> None:
    tagged = [(ONE, {"annotations": {REF: tag}}) for tag in ("1", "latest")]
    assert taken(one_layout(tmp_path / "laid", *tagged)).digest == digest(ONE.configuration)
    name = f"{digest(ONE.configuration)[7:]}.json"
    twice = [{"Config": name, "RepoTags": [tag], "Layers": ["0/layer.tar"]} for tag in ("a:1", "b:1")]
    saved = ONE.save(tmp_path / "twice.tar", **{"manifest.json": json.dumps(twice).encode()})
    assert taken(saved).digest == digest(ONE.configuration)


@pytest.mark.usefixtures("own_cache")
def test_an_image_of_a_saved_file_is_chosen(tmp_path: Path) -> None:
    saved = ONE.save(tmp_path / "one.tar")
    other = f"{digest(TWO.configuration)[7:]}.json"
    manifest = [
        {"Config": f"{digest(ONE.configuration)[7:]}.json", "RepoTags": ["one:1"], "Layers": ["0/layer.tar"]},
        {"Config": other, "RepoTags": ["two:1", "also:1"], "Layers": ["1/layer.tar"]},
    ]
    more = {"manifest.json": json.dumps(manifest).encode(), other: TWO.configuration, "1/layer.tar": TWO.layers[0]}
    ONE.save(saved, **more)
    assert taken(saved, "also:1").digest == digest(TWO.configuration)
    assert "holds no image 'three:1', but: 'one:1', 'two:1'" in refusal(saved, "three:1")


@pytest.mark.usefixtures("own_cache")
def test_signatures_and_attestations_are_no_images(tmp_path: Path) -> None:
    """As BuildKit, cosign before and after OCI 1.1, cosign save, and oras write them."""
    laid = one_layout(tmp_path / "laid", (ONE, {"annotations": {REF: "1"}}))
    config = blob(laid, f"{OCI}config.v1+json", ONE.configuration)
    image = json.loads((laid / "index.json").read_text())["manifests"][0]
    said = blob(laid, "application/vnd.in-toto+json", b'{"a": 1}')
    signed = blob(laid, "application/vnd.dev.cosign.simplesigning.v1+json", b'{"s": 1}')
    unknown = {"architecture": "unknown", "os": "unknown"}
    attested = {"platform": unknown, "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    add(laid, {"config": config, "layers": [said]}, attested)
    add(laid, {"config": config, "layers": [signed]}, {"annotations": {REF: "sha256-1.sig"}})
    add(
        laid, {"config": config, "layers": [signed], "n": 1}, {"annotations": {"kind": "dev.cosignproject.cosign/sigs"}}
    )
    empty = blob(laid, "application/vnd.oci.empty.v1+json")
    add(laid, {"config": empty, "layers": [said], "artifactType": "application/spdx+json"}, {})
    add(laid, {"config": config, "layers": [], "subject": image}, {})
    add(laid, {"config": empty, "layers": []}, {"artifactType": "application/vnd.example"})
    assert taken(laid).digest == digest(ONE.configuration)


@pytest.mark.usefixtures("own_cache")
def test_a_signature_alone_is_no_image(tmp_path: Path) -> None:
    laid = one_layout(tmp_path / "laid", (ONE, {"artifactType": "application/vnd.example"}))
    assert "holds 0 images, not one: none" in refusal(laid)


@pytest.mark.parametrize("packing", ["zstd", "gzip"])
@pytest.mark.usefixtures("own_cache")
def test_what_docker_save_has_piped_through_a_packer(tmp_path: Path, packing: str) -> None:
    (tmp_path / "mine.tar").write_bytes(packed(ONE.save(tmp_path / "one.tar").read_bytes(), packing))
    assert taken(tmp_path / "mine.tar") == taken(tmp_path / "one.tar")


@pytest.mark.usefixtures("own_cache")
def test_a_layer_of_no_bytes_brings_nothing(tmp_path: Path) -> None:
    own = replace(ONE, layers=[*ONE.layers, b""])
    assert taken(own.save(tmp_path / "one.tar")).digest == digest(own.configuration)
    assert taken(own.lay_out(tmp_path / "laid", "plain")).digest == digest(own.configuration)


@pytest.mark.parametrize(
    ("running", "entrypoint", "cmd"),
    [
        ({"Entrypoint": "/app", "Cmd": "two words"}, ("/app",), ("two words",)),
        ({"Entrypoint": [""], "Cmd": ["/app"]}, (), ("/app",)),
        ({"Entrypoint": "", "Cmd": ["/app"]}, (), ("/app",)),
        ({"Entrypoint": None, "Cmd": ["/app", None], "Env": None}, (), ("/app", "")),
    ],
)
@pytest.mark.usefixtures("own_cache")
def test_words_are_read_as_engines_read_them(
    tmp_path: Path, running: Mapping[str, object], entrypoint: tuple[str, ...], cmd: tuple[str, ...]
) -> None:
    told = taken(replace(ONE, running=running).save(tmp_path / "one.tar"))
    assert (told.entrypoint, told.cmd) == (entrypoint, cmd)


@pytest.mark.usefixtures("own_cache")
def test_an_image_without_layers_and_one_with_another_word_for_this_machine(tmp_path: Path) -> None:
    bare = Own(layers=[])
    name = f"{digest(bare.configuration)[7:]}.json"
    saved = bare.save(
        tmp_path / "bare.tar", **{"manifest.json": json.dumps([{"Config": name, "Layers": None}]).encode()}
    )
    assert taken(saved).digest == digest(bare.configuration)
    word = {"amd64": "x86_64", "arm64": "aarch64"}[architecture.current().debian]
    assert taken(replace(ONE, architecture=word).save(tmp_path / "one.tar"))


def test_a_dockerfile_beside_somebodys_index_json_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    for name in ("index.json", "manifest.json"):
        (tmp_path / name).write_text('{"name": "a page"}')
    monkeypatch.setattr("bench.images.oci.engine.engine_answers", lambda: None)
    assert "needs a Docker engine" in refusal(tmp_path)


@pytest.mark.usefixtures("own_cache")
def test_a_folder_of_skopeos_own_form_is_named(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("Directory Transport Version: 1.1\n")
    (tmp_path / "manifest.json").write_text('{"schemaVersion": 2}')
    assert "is a folder of skopeo's form dir:, which no engine loads. Make a layout of it: skopeo copy dir:" in refusal(
        tmp_path
    )


@pytest.mark.usefixtures("own_cache")
def test_the_files_of_a_container_are_named(tmp_path: Path) -> None:
    (tmp_path / "export.tar").write_bytes(layer(regular("etc/passwd")))
    assert "is no image but the files of one: it holds etc/passwd" in refusal(tmp_path / "export.tar")


@pytest.mark.usefixtures("own_cache")
def test_a_document_of_a_folder_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    (tmp_path / "mine").mkdir()
    for name in ("../secret", str(tmp_path / "secret"), "a\0b"):
        (tmp_path / "mine/manifest.json").write_text(json.dumps([{"Config": name}]))
        assert "mine) holds no " in refusal(tmp_path / "mine")


def test_words_of_an_image_are_quoted_in_messages(own_cache: Path, tmp_path: Path) -> None:
    escape = "\x1b]0;own\x07"
    own = replace(ONE, architecture=escape, os=escape)
    said = [
        refusal(own.save(tmp_path / "one.tar")),
        refusal(one_layout(tmp_path / "one", (ONE, {"annotations": {REF: escape}}), (TWO, {}))),
        refusal(one_layout(tmp_path / "two", (own, {}))),
        refusal(ONE.save(tmp_path / "c.tar", **{"manifest.json": json.dumps([{"Config": escape}]).encode()})),
        refusal(replace(ONE, running={"User": escape}).save(tmp_path / "u.tar")),
        refusal(Own(layers=[layer(regular(f"{escape}/../.."))]).save(tmp_path / "l.tar")),
    ]
    assert all("\\x1b" in one and one.isprintable() for one in said)


@pytest.mark.parametrize(
    ("member", "says"),
    [
        (regular("odd", uid=-5), "'odd' has -5 for its user's number, which should be from 0 to 4294967294"),
        (regular("odd", pax_headers={"gid": str(1 << 40)}), f"'odd' has {1 << 40} for its group's number"),
        (
            regular("odd", pax_headers={"GNU.sparse.map": "0,0", "GNU.sparse.size": "9" * 400}),
            f"'odd' has {'9' * 37}... for its size, which should be from 0 to {(1 << 63) - 1}",
        ),
        (device("odd", tarfile.CHRTYPE, (4096, 0)), "'odd' has 4096 for its device's major number"),
        (device("odd", tarfile.BLKTYPE, (0, 1 << 20)), f"'odd' has {1 << 20} for its device's minor number"),
        (regular("odd", pax_headers={"mtime": "nan"}), "'odd' has the time nan"),
        (link("odd", ""), "'odd' links to '', which is no path"),
        (link("odd", "l" * 4096), "which is no path"),
        (regular("odd", pax_headers={"path": "o\0dd"}), r"'o\x00dd' has a NUL character in its name"),
        (regular("odd", pax_headers={"SCHILY.xattr.user.a\0b": "x"}), "whose name holds a NUL character"),
    ],
)
@pytest.mark.usefixtures("own_cache")
def test_numbers_and_names_that_no_file_can_have(
    tmp_path: Path, member: tuple[tarfile.TarInfo, bytes], says: str
) -> None:
    saved = Own(layers=[layer(member)]).save(tmp_path / "odd.tar")
    assert says in refusal(saved)


@pytest.mark.parametrize(("given", "kept"), [("-62135596800", 0), ("1e12", 0), ("7", 7), ("4102444800", 4102444800)])
def test_a_time_that_engines_do_not_take_is_1970(own_cache: Path, tmp_path: Path, given: str, kept: int) -> None:
    saved = Own(layers=[layer(regular("odd", pax_headers={"mtime": given}))]).save(tmp_path / "odd.tar")
    source = ImageSource(reference="mine", path=saved)
    with tarfile.open(oci.imported_base(source, wanted_by="image 'mine'", say=quiet) / "base.tar") as archive:
        assert archive.getmember("./odd").mtime == kept


@pytest.mark.usefixtures("own_cache")
def test_forms_that_skopeo_writes(tmp_path: Path) -> None:
    if shutil.which("skopeo") is None:
        unavailable("skopeo is not installed: apt-get install skopeo")
    ONE.save(tmp_path / "one.tar")

    def copied(to: str, *options: str) -> None:
        words = ["skopeo", "--insecure-policy", "copy", "-q", *options, "docker-archive:one.tar", to]
        subprocess.run(words, check=True, cwd=tmp_path)

    for to in ("oci:laid:1", "oci-archive:laid.tar:1", "docker-archive:saved.tar:one:1", "dir:form"):
        copied(to)
    copied("oci-archive:zstd.tar:1", "--dest-compress-format", "zstd")
    words = {taken(tmp_path / name).cmd for name in ("laid", "laid.tar", "saved.tar", "zstd.tar")}
    assert words == {("/one",)}
    assert "skopeo copy dir:FOLDER oci:" in refusal(tmp_path / "form")
