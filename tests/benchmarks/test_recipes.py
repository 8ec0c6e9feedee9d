"""Is an isolation as quick here as its recipe by hand? The same command from a raw timer, side by side in one run."""

from __future__ import annotations

import math
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest

from bench import images
from bench.host.run_state import scratch
from bench.isolations.launched.gate import Gated
from bench.isolations.launched.seat import Seat
from bench.isolations.launched.uml import Uml
from bench.isolations.registry import open_isolation
from bench.model import Image
from bench.testing.launching import checked, launch_of
from tests.benchmarks.conftest import Require
from tests.benchmarks.test_fidelity import READY, ready_s
from tests.sequential import ratio

MOST_ROUNDS = {
    "unshare": 200,
    "bubblewrap": 200,
    "nsjail": 200,
    "apptainer": 100,
    "nspawn": 100,
    "lxc": 200,
    "runc": 200,
    "runsc": 60,
    "uml": 20,
}
BAR = {"uml": 1.3}
"""A machine boots a kernel, which varies more."""

WAITS = 'while [ "$1" != -- ]; do echo 0 > "$1"; shift; done; shift; echo up; read -r go; exec "$@"'
"""What a person would type in a shell that already stands in its control group."""

_numbers = count(8000)


@pytest.mark.root
@pytest.mark.parametrize("name", MOST_ROUNDS)
def test_ready_is_within_fifteen_percent_of_the_recipe_by_hand(
    name: str, image: Image, run_id: str, require: Require
) -> None:
    isolation = checked(open_isolation(name, run_id), image)
    assert isinstance(isolation, Gated)

    compared = ratio(lambda: ready_s(isolation, image), lambda: by_hand_s(isolation, image))
    require(compared, at_most=math.log(BAR.get(name, 1.15)), most=MOST_ROUNDS[name])


def by_hand_s(isolation: Gated, image: Image) -> float:
    """Return the seconds from the go to the workload's line."""
    with seated(isolation, image) as (seat, entrances):
        words = ["taskset", "--cpu-list", ",".join(map(str, seat.launch.envelope.cpu_set))]
        words += ["sh", "-c", WAITS, "sh", *map(str, entrances), "--", *isolation.command(seat)]
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n"
            began_ns = time.monotonic_ns()
            boots = isinstance(isolation, Uml)
            process.stdin.write(b"go\n" if boots else b"go\nsecret\n")
            while (line := process.stdout.readline()).strip() != b"ready":
                assert line, "it ended before it was ready"
                if boots and line.strip() == b"@isobench listening":
                    process.stdin.write(b"secret\nsecret\n")
            found = (time.monotonic_ns() - began_ns) / 1e9
            while b" end " not in process.stdout.readline():
                pass
            process.stdin.write(b"\n")
            process.stdout.read()
    return found


@contextmanager
def seated(isolation: Gated, image: Image) -> Iterator[tuple[Seat, list[Path]]]:
    """Mount the image's tree with a layer of its own, and make the group; yield its entrances where it is joined."""
    launch = launch_of(isolation, image, READY)
    with ExitStack() as stack:
        folder = stack.enter_context(scratch(isolation.run, f"{next(_numbers):04d}"))
        group = isolation.group(folder.name, launch, folder)
        stack.callback(group.remove)
        seat = Seat(launch=launch, folder=folder, group=group, account=group.below(isolation.group_inside))
        for part in ("upper", "work", "root"):
            (folder / part).mkdir()
        tree = images.tree(image, lambda _line: None)
        layers = f"lowerdir={tree},upperdir={folder}/upper,workdir={folder}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, str(seat.root)], check=True)
        stack.callback(subprocess.run, ["umount", "--recursive", str(seat.root)], check=True)
        yield seat, group.entrances if isolation.joins else []
