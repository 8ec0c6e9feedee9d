"""What the entry does for an imported image: user, folder and environment for all that runs, and nothing for others."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import ImageError
from bench.images import Kit, build, require_real_folder, tree
from bench.images.oci.settings import settings
from bench.images.oci.user import User
from bench.measuring.image_set import build_images
from bench.model import Image, ImageFile, ImageSource, Recipe, Storage
from tests.images.conftest import quiet
from tests.images.oci_archives import Own, folder, layer, link, regular, static_program
from tests.images.test_entry import marks, output, run, words_for
from tests.records import scenario

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """One static binary, no shell, no lists; it runs as nobody in particular."""
    scratch = tmp_path_factory.mktemp("own")
    saved = Own(
        layers=[layer(regular("bin/tell", static_program(scratch), 0o755))],
        running={"Entrypoint": ["tell"], "Cmd": ["stay"], "User": "4711:42", "Env": ["A=b"], "WorkingDir": "/work"},
    ).save(scratch / "own.tar")
    source = ImageSource(reference="own.tar", path=saved)
    return Recipe(name="own", suite="bookworm", packages=(), disk_bytes=None, source=source)


@pytest.fixture(scope="module")
def own(recipe: Recipe) -> Image:
    return build(recipe, say=quiet)


@pytest.fixture(scope="module")
def root(own: Image) -> Path:
    return tree(own, quiet)


def test_the_image_says_what_runs_by_itself(own: Image, image: Image) -> None:
    assert (own.words(()), own.words(("exit", "3"))) == (("tell", "stay"), ("tell", "exit", "3"))
    assert (image.words(()), image.words(("echo",))) == ((), ("echo",))


def test_a_disk_has_room_beside_the_content(own: Image) -> None:
    assert own.disk_bytes % (64 << 20) == 0
    assert own.tar.stat().st_size + (500 << 20) < own.disk_bytes < own.tar.stat().st_size + (700 << 20)


def test_status_words_and_directory_arrive_without_a_shell(root: Path) -> None:
    done = run(root, "tell", "exit", "7", "two words", devices=True)
    assert done.returncode == 7
    assert output(done) == [
        "word exit", "word 7", "word two words",
        "env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "env A=b", "env HOME=/",
        "cwd /work", "ids 4711 42", "anew",
    ]  # fmt: skip


def test_a_missing_command_is_said_of_the_images_own_path(root: Path) -> None:
    done = run(root, "sh", "-c", "true")
    assert (done.returncode, output(done)) == (127, ["isobench: the image has no command 'sh'"])


def test_a_service_and_what_runs_beside_it_are_the_same_user(root: Path) -> None:
    pipe = subprocess.PIPE
    words = words_for(root, "stay", "-", "0", "tell", "stay", devices=True)
    with subprocess.Popen(words, bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe) as entry:
        assert entry.stdout is not None
        assert entry.stdin is not None
        entry.stdin.write(b"5ecret\n")
        said = b""
        while (line := entry.stdout.readline()) != b"anew\n":  # after which the service may be ended
            assert line, said
            said += line
        rest, errors = entry.communicate(b"run 1 tell beside\n\n\n", timeout=30)
    done = subprocess.CompletedProcess(words, entry.returncode, said + rest, errors)
    assert output(done).count("ids 4711 42") == output(done).count("cwd /work") == 2
    assert "word beside" in output(done)
    told = [mark for mark in marks(done) if not mark.startswith("saw")]
    assert told == ["doing 1", "did 1 0", "left 143", "end 143", "bye"]


def test_the_data_are_the_users_to_write(root: Path) -> None:
    run(root, "tell", mode=("once", "/data"))
    made = (root / "data").stat()
    (root / "data").rmdir()
    assert (made.st_uid, made.st_gid) == (4711, 0)


@pytest.fixture
def bare_devices(root: Path) -> Iterator[Path]:
    """The image's own /dev, as empty as a machine's is of what engines put there."""
    yield root / "dev"
    for left in (root / "dev").iterdir():
        shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


def test_what_no_kernel_makes_below_dev_is_there(root: Path, bare_devices: Path) -> None:
    (bare_devices / "null").touch(0o666)
    assert "anew" in output(run(root, "tell"))
    assert (bare_devices / "stdout").readlink() == Path("/proc/self/fd/1")
    assert (bare_devices / "shm").stat().st_mode & 0o7777 == 0o1777


def test_a_scenarios_files_lie_over_the_image(recipe: Recipe) -> None:
    with_file = build(recipe, [ImageFile(path="/etc/told", mode=0o600, content=b"told")], say=quiet)
    assert (tree(with_file, quiet) / "etc/told").read_bytes() == b"told"
    assert (tree(with_file, quiet) / "bin/tell").is_file()


def test_data_are_mounted_on_no_link_of_the_image(recipe: Recipe, tmp_path: Path) -> None:
    """The host makes the folder, and would follow the link on the host."""
    links = [link("data", "/etc"), folder("srv"), link("srv/store", "../data")]
    saved = Own(layers=[layer(*links)], running={"Cmd": ["/x"]}).save(tmp_path / "linked.tar")
    linked = replace(recipe, name="linked", source=ImageSource(reference="linked.tar", path=saved))
    image = build(linked, say=quiet)
    for path, found in (("/data", "/data"), ("/data/x", "/data"), ("/srv/store/x", "/srv/store")):
        with pytest.raises(ImageError, match=f"image 'linked': {path} leads through the symbolic link {found}, "):
            require_real_folder(image, path)
        storage = Storage(path=path, kind="volume", size_bytes=1 << 20)
        wanted = replace(scenario("tell"), storage=storage, image="linked")
        with pytest.raises(ImageError, match="leads through"):
            build_images([wanted], {"linked": linked}, quiet)
    require_real_folder(image, "/srv/x")


HOSTILE = ["A=$(touch /tmp/x)", "B='; exit 3; '", 'C="`id`"', "D=a\nb", "E=\\", "odd.name=1", "-i=2", "=none", "none"]


def test_nothing_that_an_image_says_is_read_as_the_shells(tmp_path: Path, boot_kit: Kit) -> None:
    """Quotes, newlines, substitutions: what arrives is what was written."""
    busybox, inside = str(boot_kit.busybox), tmp_path / "it's $(id)"
    script = settings(HOSTILE, str(inside), User()).decode().replace("/.isobench/busybox", busybox)
    words = [busybox, "sh", "-c", f"{script}\npwd; enter {busybox} env -0"]
    entered, environment = subprocess.run(words, capture_output=True, check=True, text=True).stdout.split("\n", 1)
    assert entered == str(inside)
    assert environment.split("\0")[:-1] == [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", *HOSTILE[:7], "HOME=/",
    ]  # fmt: skip
