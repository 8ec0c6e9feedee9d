"""Images of a real engine: taken from it, built by it, and what it makes of the same image itself."""

from __future__ import annotations

import io
import json
import platform
import secrets
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import docker
import docker.errors
import pytest

from bench.errors import ImageError
from bench.host.engine.docker_ping import engine_answers
from bench.images import build, lock, oci, tree
from bench.model import ImageSource, Recipe
from bench.testing.launching import unavailable
from tests.images.conftest import quiet
from tests.images.oci_archives import Own, digest, folder, hard, layer, link, regular, static_program
from tests.images.test_entry import output, run

pytestmark = pytest.mark.docker

HIDDEN = {"dev", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf", "proc", "sys", ".dockerenv"}
"""What an engine puts into every container by itself."""


@pytest.fixture(scope="module")
def api() -> Iterator[docker.APIClient]:
    url = engine_answers()
    if url is None:
        unavailable("no Docker engine answers")
    client = docker.APIClient(base_url=url)
    yield client
    client.close()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return static_program(tmp_path_factory.mktemp("program"))


@pytest.fixture
def name(api: docker.APIClient) -> Iterator[str]:
    """A name for an image, which is removed again."""
    chosen = f"isobench-test-{secrets.token_hex(4)}"
    yield f"{chosen}:latest"
    for image in api.images(name=chosen):
        api.remove_image(image["Id"], force=True)


def loaded(api: docker.APIClient, own: Own, path: Path, name: str) -> str:
    """Load a saved image into the engine under a name; return its ID."""
    with own.save(path).open("rb") as file:
        said = list(api.load_image(file))  # type: ignore[no-untyped-call]
    assert not [line for line in said if "error" in line]
    image_id = digest(own.configuration)
    api.tag(image_id, name.removesuffix(":latest"), "latest")
    api.remove_image("own:latest")
    return image_id


def exported(api: docker.APIClient, name: str) -> dict[str, tarfile.TarInfo]:
    container = api.create_container(name, ["/none"])["Id"]
    try:
        content = io.BytesIO(b"".join(api.export(container)))
    finally:
        api.remove_container(container)
    with tarfile.open(fileobj=content) as archive:
        return {member.name.rstrip("/"): member for member in archive}


def seen(members: dict[str, tarfile.TarInfo]) -> dict[str, tuple[object, ...]]:
    """What two archives of one root file system must have in common; which hard link comes first is chance."""
    kinds = {tarfile.LNKTYPE: tarfile.REGTYPE}
    return {
        name: (kinds.get(one.type, one.type), one.mode & 0o7777, one.uid, one.gid, one.linkname if one.issym() else "")
        for name, one in members.items()
        if name not in HIDDEN and not name.startswith("dev/")
    }


def base_of(reference: str, path: Path | None = None) -> Path:
    return oci.imported_base(ImageSource(reference=reference, path=path), wanted_by="image 'mine'", say=quiet)


def test_the_engine_makes_the_same_of_the_same_layers(
    api: docker.APIClient, name: str, own_cache: Path, tmp_path: Path
) -> None:
    """Whiteouts, opaque folders, links as folders, hard links over layers, files in place of folders and back."""
    mounts = [folder(one) for one in ("dev", "etc", "proc", "run", "sys", "usr")]
    lower = [
        *mounts, folder("tmp", 0o1777), folder("usr/lib"), link("lib", "/usr/lib"), regular("lib/through", b"t"),
        folder("a"), regular("a/one", b"1"),
        folder("a/deep"), regular("a/deep/two", b"2"), regular("b", b"b"), folder("o"), regular("o/hidden"),
        folder("o/sub"), regular("o/sub/hidden"), folder("was"), regular("was/in"), regular("file"),
    ]  # fmt: skip
    upper = [
        regular("a/.wh.deep"), regular(".wh.b"), regular("y", b"y"), hard("a/z", "y"),
        regular("o/kept"),
        folder("o"), regular("o/.wh..wh..opq"), regular("was", b"file"), folder("file", 0o700), regular("file/in"),
        link("mtab", "/proc/mounts"), regular("su", mode=0o4755),
        regular("/absolute", b"a"), regular("a/../inner", b"i"), hard("again", "/absolute"),
        regular("early", pax_headers={"mtime": "-62135596800"}),
    ]  # fmt: skip
    top = [regular("o/sub/new", mode=0o600), regular("a/.wh.one"), regular(".wh.y")]
    own = Own(layers=[layer(*lower), layer(*upper), b"", layer(*top)])
    loaded(api, own, tmp_path / "own.tar", name)
    with tarfile.open(base_of("mine", tmp_path / "own.tar") / "base.tar") as archive:
        ours = {member.name.removeprefix("./"): member for member in archive if member.name != "."}
    assert seen(ours) == seen(exported(api, name))
    assert {"usr/lib/through", "a/z", "o/sub/new", "o/kept", "file/in"} <= set(ours)
    assert not {"b", "y", "a/one", "o/hidden", "o/sub/hidden", "was/in"} & set(ours)


RUNNING: Sequence[dict[str, Any]] = [
    {"Entrypoint": ["/tell", "first"], "Cmd": ["second"]},
    {"Cmd": ["tell", "two words", "it's"], "Env": ["PATH=/:/bin", "A=b c", "EMPTY=", "Q=\"'$HOME\n"], "User": "app"},
    {"Entrypoint": ["./tell"], "User": "4711", "WorkingDir": "/"},
    {"Entrypoint": ["/tell"], "User": "app:more", "WorkingDir": "/made/here", "Env": ["HOME=/elsewhere"]},
    {"Entrypoint": ["/tell"], "User": "1000", "WorkingDir": "/.."},
    {"Entrypoint": "/tell", "Cmd": "two words"},
    {"Entrypoint": [""], "Cmd": ["/tell", None]},
]
LISTS = (
    regular("etc/passwd", b"root:x:0:0::/root:/none\napp:x:1000:1001::/home/app:/none\n"),
    regular("etc/group", b"app:x:1001:\nextra:x:2000:app\nmore:x:3000:app\n"),
)


@pytest.mark.root
@pytest.mark.parametrize("running", RUNNING)
def test_an_image_runs_as_the_engine_runs_it(
    api: docker.APIClient, name: str, tmp_path: Path, program: bytes, running: dict[str, Any]
) -> None:
    """A static one-binary image says what it was given and who it is: the same under the entry as in the engine."""
    own = Own(layers=[layer(regular("tell", program, 0o755), *LISTS)], running=running)
    loaded(api, own, tmp_path / "own.tar", name)
    container = api.create_container(name)["Id"]
    try:
        api.start(container)
        assert api.wait(container)["StatusCode"] == 0
        engines = api.logs(container).decode()
    finally:
        api.remove_container(container, force=True)
    source = ImageSource(reference="own.tar", path=tmp_path / "own.tar")
    built = build(Recipe(name="own", suite="bookworm", packages=(), disk_bytes=None, source=source), say=quiet)
    done = run(tree(built, quiet), *built.words(()), devices=True)
    assert sorted(output(done)) == sorted(line for line in engines.splitlines() if "HOSTNAME=" not in line)
    assert "anew" in output(done)


def test_an_engines_own_image_is_known_by_its_id(
    api: docker.APIClient, name: str, own_cache: Path, tmp_path: Path
) -> None:
    image_id = loaded(api, Own(layers=[layer(regular("a"))]), tmp_path / "own.tar", name)
    told = lock.read(base_of(name) / "lock.json").imported
    assert told is not None
    assert (told.reference, told.digest) == (name, image_id)
    assert base_of(name.removesuffix(":latest")) != base_of(name), "the lock says how it was called"


def test_what_no_engine_has_and_no_registry_gives_is_said(api: docker.APIClient, own_cache: Path) -> None:
    reference = f"localhost:9/isobench-test-{secrets.token_hex(4)}:1"
    with pytest.raises(ImageError) as caught:
        base_of(reference)
    assert f"image 'mine': the engine has no image '{reference}', and cannot pull it: " in str(caught.value)
    assert "docker save -o FILE NAME" in str(caught.value)
    assert not list(own_cache.glob("bases/imported-*"))


def test_without_an_engine_a_name_is_no_image(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.images.oci.engine.engine_answers", lambda: None)
    with pytest.raises(ImageError, match=r"needs a Docker engine: no Docker engine answers.*doctor --fix.*docker save"):
        base_of("redis:7")


@pytest.fixture
def context(api: docker.APIClient, tmp_path: Path, program: bytes) -> Iterator[Path]:
    """A folder with a Dockerfile; what the engine has built of it is removed again."""
    made = tmp_path / "context"
    made.mkdir()
    (made / "tell").write_bytes(program)
    (made / "tell").chmod(0o755)
    (made / "Dockerfile").write_text('FROM scratch\nADD tell /bin/tell\nENV A=b\nENTRYPOINT ["/bin/tell"]\nUSER 7:8\n')
    before = {image["Id"] for image in api.images(all=True)}
    yield made
    for image in api.images(name="isobench-built"):
        if image["Id"] not in before:
            api.remove_image(image["Id"], force=True)


def built_by_us(api: docker.APIClient) -> set[str]:
    return {image["Id"] for image in api.images(name="isobench-built")}


@pytest.mark.root
def test_a_dockerfile_is_built_by_the_engine_and_its_steps_are_kept(
    api: docker.APIClient, context: Path, own_cache: Path
) -> None:
    before = built_by_us(api)
    once = base_of("context", context)
    assert base_of("context", context / "Dockerfile") == once, "nothing was built or flattened anew"
    told = lock.read(once / "lock.json").imported
    assert told is not None
    assert (told.entrypoint, told.user, "A=b" in told.environment) == (("/bin/tell",), "7:8", True)
    [image_id] = built_by_us(api) - before
    assert told.digest == image_id
    (context / "more").write_text("more")
    (context / "Dockerfile").write_text("FROM scratch\nADD more /more\n")
    assert base_of("context", context) != once
    assert len(built_by_us(api) - before) == 1, "what an earlier build has left is removed"


@pytest.mark.parametrize(
    "config", [{"credsStore": "isobench-none"}, {"credHelpers": {"other.example": "isobench-none"}}]
)
def test_a_missing_credential_helper_breaks_no_build_that_needs_none(
    api: docker.APIClient,
    context: Path,
    own_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    config: dict[str, object],
) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/config.json").write_text(json.dumps(config))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    assert lock.whole(base_of("context", context))
    with pytest.raises(ImageError, match="cannot pull it"):
        base_of(f"localhost:9/isobench-test-{secrets.token_hex(4)}:1")


def test_an_image_that_runs_from_an_engine_is_the_same_by_name_and_as_a_file(
    api: docker.APIClient, name: str, own_cache: Path, tmp_path: Path
) -> None:
    own = Own(layers=[layer(regular("/a", b"a")), b""], running={"Entrypoint": "/a"}, architecture=platform.machine())
    loaded(api, own, tmp_path / "own.tar", name)
    with (tmp_path / "saved.tar").open("wb") as out:
        out.writelines(api.get_image(name))
    bases = [base_of(name), base_of("mine", tmp_path / "own.tar"), base_of("mine", tmp_path / "saved.tar")]
    assert len({lock.read(one / "lock.json").digest for one in bases}) == 1


def test_a_dockerfile_that_fails_says_what_the_build_said(
    api: docker.APIClient, context: Path, own_cache: Path
) -> None:
    (context / "Dockerfile").write_text("FROM scratch\nADD missing /missing\n")
    with pytest.raises(ImageError, match=r"could not be built from .*missing.*Mend the Dockerfile") as caught:
        base_of("context", context)
    assert "FROM scratch" in caught.value.__notes__[0]
    (context / "Dockerfile").write_text(f"FROM localhost:9/isobench-test-{secrets.token_hex(4)}\n")
    with pytest.raises(ImageError, match="Load the image that it starts from"):
        base_of("context", context)
    assert not list(own_cache.glob("bases/imported-*"))
