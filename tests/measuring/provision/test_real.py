"""Each way for real, with next to nothing to install: what it makes, what it leaves, how it fails."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bench import images
from bench.errors import BenchError, ImageError
from bench.host.cpus import instance_cpus
from bench.host.engine.docker_ping import engine_answers
from bench.host.signals import Interruptions
from bench.images.forms import PRIVATE
from bench.isolations.base import Isolation, Launch
from bench.isolations.engines.docker import Docker
from bench.measuring import provision
from bench.measuring.observation import Observation
from bench.measuring.provision import build, container, copy, install, load
from bench.measuring.provision.order import Order, OverdueError
from bench.model import Cell, Image, ImageFile, Recipe, Scenario, Trial
from bench.testing.launching import checked, unavailable
from tests.records import MIB, NONCE, by_metric, envelope, scenario

TINY = Recipe(name="tiny", suite="bookworm", packages=(), disk_bytes=256 * MIB)
HELLO = replace(TINY, packages=("hello",))
FILE = ImageFile(path="/opt/said", mode=0o644, content=b"hello\n")
SAYS = ("/bin/sh", "-c", "cat /opt/said; echo ready; exec sleep 600")


def quiet(_line: str) -> None:
    pass


@pytest.fixture(scope="module")
def image() -> Image:
    """A real image without further packages, and a file of the scenario's."""
    for tool in ("mmdebstrap", "debugfs", "setpriv"):
        if shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
            unavailable(f"{tool} is not installed")
    return images.build(TINY, (FILE,), say=quiet)


@pytest.fixture
def order(image: Image, run_id: str) -> Order:
    return Order(image=image, recipe=TINY, files=(FILE,), run=run_id, limit_s=300, say=quiet)


@pytest.fixture
def engine() -> Iterator[None]:
    if engine_answers() is None:
        unavailable("no Docker engine answers")
    before = labelled()
    yield
    assert labelled() == before


def labelled() -> set[str]:
    """Return the engine's images that a making has made."""
    return {one["Id"] for one in container.engine().images(filters={"label": container.LABEL})}


def stands(tag: str) -> bool:
    return bool(container.engine().images(name=tag))


@pytest.mark.root
class TestInstall:
    @pytest.fixture
    def order(self, image: Image, run_id: str) -> Order:
        return Order(image=image, recipe=HELLO, files=(FILE,), run=run_id, limit_s=300, say=quiet)

    def test_the_same_commands_give_another_server(self, order: Order, tmp_path: Path) -> None:
        with install.making(order, tmp_path, NONCE) as made:
            root = images.tree(made.image, quiet)
            assert root.parent.parent == tmp_path
            assert (root / "usr/bin/hello").exists()
            assert (root / "opt/said").read_bytes() == FILE.content
            assert not (root / "usr/sbin/policy-rc.d").exists()
            assert not (root / "etc/resolv.conf").exists()
            compared = made.compare()
        assert made.took_s > 0
        assert made.shared_bytes["downloaded"] > 10_000
        assert made.shared_bytes["document"] < 100
        assert compared.moved == ()
        assert {"/var/log/dpkg.log", "/var/log/apt/history.log"} <= set(compared.drift.content)
        assert not (tmp_path / PRIVATE).exists()
        assert str(tmp_path) not in Path("/proc/self/mounts").read_text()

    def test_a_package_that_is_not_there_is_named(self, order: Order, tmp_path: Path) -> None:
        wrong = replace(order, recipe=replace(HELLO, packages=("no-such-package",)))
        with (
            pytest.raises(ImageError, match="installing 'tiny': bookworm has no package no-such-package"),
            install.making(wrong, tmp_path, NONCE),
        ):
            pass

    def test_one_that_takes_too_long_is_ended(self, order: Order, tmp_path: Path) -> None:
        install.prepare(order)
        with pytest.raises(OverdueError), install.making(replace(order, limit_s=0.3), tmp_path, NONCE):
            pass
        assert not (tmp_path / PRIVATE).exists()
        assert not inside(tmp_path)

    def test_one_whose_harness_is_killed_leaves_no_process_and_no_mount(self, order: Order, tmp_path: Path) -> None:
        install.prepare(order)
        with subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path)], stderr=subprocess.PIPE) as harness:
            deadline = time.monotonic() + 30
            while not inside(tmp_path) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert inside(tmp_path)
            harness.kill()
            harness.communicate(timeout=30)
        deadline = time.monotonic() + 5
        while inside(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not inside(tmp_path)
        assert str(tmp_path) not in Path("/proc/self/mounts").read_text()


SCRIPT = """
import sys
from pathlib import Path
from bench import images
from bench.measuring.provision import install
from bench.measuring.provision.order import Order
from tests.measuring.provision.test_real import FILE, HELLO, TINY, quiet
image = images.build(TINY, (FILE,), say=quiet)
order = Order(image=image, recipe=HELLO, files=(FILE,), run="test", limit_s=300, say=quiet)
with install.making(order, Path(sys.argv[1]), "0"):
    pass
"""


def inside(folder: Path) -> list[psutil.Process]:
    """Return the processes of an installation below a folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if any(word.startswith(f"{folder}/") for word in process.info["cmdline"] or ())
        and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


@pytest.mark.docker
@pytest.mark.root
@pytest.mark.usefixtures("engine")
class TestContainers:
    def test_an_image_built_again_is_compared_with_the_cached_one(
        self, order: Order, image: Image, tmp_path: Path
    ) -> None:
        with build.making(order, tmp_path, NONCE) as made:
            assert stands(container.tag_of(made.image.digest))
            assert container.tag_of(made.image.digest) != container.tag_of(image.digest)
            compared = made.compare()
        assert not stands(container.tag_of(made.image.digest))
        assert not list(tmp_path.iterdir())
        assert compared.moved == ()
        assert compared.drift.content == ()

    def test_a_loaded_image_is_the_one_that_was_packed_and_runs(self, order: Order, image: Image, run_id: str) -> None:
        isolation: Isolation = checked(Docker(run_id), image)
        of = scenario(*SAYS, ready="^ready$", parameters={"way": ("load",)}, timeout_s=300)
        observation = Observation()
        provision.make(isolation, launch(of, image, "load", "docker"), TINY, observation, Interruptions())
        figures = by_metric(observation.samples)
        assert figures["provision.drift", "total"] == 0
        assert 0 < figures["provision.time", "host"] < figures["provision.ready", "host"]
        assert figures["provision.bytes", "compressed"] < figures["provision.bytes", "raw"]
        assert figures["provision.bytes", "increment"] < 10_000
        assert b"hello\nready\n" in observation.raw_console()
        assert observation.notes == {"compared with": "what was packed"}

    def test_a_broken_archive_is_refused_in_our_words(self, order: Order, tmp_path: Path) -> None:
        broken = tmp_path / "broken.gz"
        broken.write_bytes(gzip.compress(b"no archive" * 1000))
        with pytest.raises(BenchError, match="load an image"):
            container.load(container.engine(), broken, "isobench:broken")

    def test_an_overdue_load_leaves_nothing(self, order: Order, tmp_path: Path) -> None:
        load.prepare(order)
        with pytest.raises(OverdueError), load.making(replace(order, limit_s=0.05), tmp_path, NONCE):
            pass

    def test_clean_removes_the_images_of_dead_runs_only(self, order: Order, run_id: str, tmp_path: Path) -> None:
        api, tag = container.engine(), "isobench:dead-run"
        (tmp_path / "t").mkdir()
        subprocess.run(["tar", "-cf", tmp_path / "t.tar", "-C", tmp_path / "t", "."], check=True)
        container.bring(api, tmp_path / "t.tar", tag, "dead-run")
        assert container.remove_leftover_images(lambda run: run == "other-run") == []
        assert container.remove_leftover_images(lambda run: run == "dead-run") == [
            f"image {tag} of a making, label dead-run"
        ]


@pytest.mark.root
class TestCopy:
    def test_a_copied_disk_is_the_one_that_was_packed(self, order: Order, image: Image, tmp_path: Path) -> None:
        with copy.making(order, tmp_path, NONCE) as made:
            disk = images.disk(made.image, quiet)
            assert disk.parent == tmp_path
            assert disk.stat().st_blocks * 512 < disk.stat().st_size
            assert made.compare().drift.total == 0
            with disk.open("r+b") as stream:
                stream.write(b"x")
            with pytest.raises(ImageError, match="not the one"):
                made.compare()
        sizes = made.shared_bytes
        assert sizes["raw"] == TINY.disk_bytes
        assert sizes["kernel"] < sizes["compressed"] < sizes["allocated"] < sizes["raw"]
        assert 100 < sizes["increment"] < 100_000
        assert not list(tmp_path.iterdir())


def launch(of: Scenario, image: Image, way: str, isolation: str) -> Launch:
    placed = replace(envelope(), cpu_set=instance_cpus(1))
    cell = Cell(scenario=of, parameters={"way": way}, isolation=isolation)
    trial = Trial(number=9001, round=1, cell=cell, nonce=NONCE)
    return Launch(trial=trial, image=image, envelope=placed, command=of.command)
