"""Is an isolation as quick here as its recipe by hand? The same command from a raw timer, side by side in one run."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest

from bench import images
from bench.isolations import open_isolation
from bench.isolations.gated import Gated, Seat
from bench.model import Image
from bench.state import scratch
from tests.benchmarks.test_fidelity import READY, holds, median_of, ready_s
from tests.isolations.contract import checked, launch_of

ROUNDS = {"unshare": 15, "bubblewrap": 15, "nspawn": 10, "lxc": 15, "runc": 15, "runsc": 6, "uml": 3}
BAR = {"uml": 1.3}
"""A machine boots a kernel, which varies more."""

WAITS = 'while [ "$1" != -- ]; do echo 0 > "$1"; shift; done; shift; echo up; read -r go; exec "$@"'
"""What a person would type in a shell that already stands in its control group."""

_numbers = count(8000)


@pytest.mark.root
@pytest.mark.parametrize("name", ROUNDS)
def test_ready_is_within_fifteen_percent_of_the_recipe_by_hand(name: str, image: Image, run_id: str) -> None:
    isolation = checked(open_isolation(name, run_id), image)
    assert isinstance(isolation, Gated)

    def bar() -> bool:
        inside, by_hand = median_of(
            lambda: ready_s(isolation, image), lambda: by_hand_s(isolation, image), rounds=ROUNDS[name]
        )
        print(f"{name} ready {inside * 1e3:.1f} ms, by hand {by_hand * 1e3:.1f} ms: {inside / by_hand:.3f}")
        return inside / by_hand < BAR.get(name, 1.15)

    assert holds(bar)


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
            process.stdin.write(b"go\n")
            while (line := process.stdout.readline()).strip() != b"ready":
                assert line, "it ended before it was ready"
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
        assert group is not None
        stack.callback(group.remove)
        seat = Seat(launch=launch, folder=folder, group=group, account=group.below(isolation.group_inside))
        for part in ("upper", "work", "root"):
            (folder / part).mkdir()
        tree = images.tree(image, lambda _line: None)
        layers = f"lowerdir={tree},upperdir={folder}/upper,workdir={folder}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, str(seat.root)], check=True)
        stack.callback(subprocess.run, ["umount", "--recursive", str(seat.root)], check=True)
        yield seat, group.entrances if isolation.joins else []
