"""Control groups: both versions read from trees like a kernel's, and a real group on this host."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import IsolationError
from bench.host import cgroup
from bench.host.accounting import AccountReading
from bench.host.block import Disk, disk_below
from bench.host.cgroup import Cgroup, below, version
from tests.records import MIB, envelope

V1 = ("memory", "cpuset", "cpu", "cpuacct", "pids", "blkio")
DISK = Disk(node="/dev/vdz", number="253:16")


def mounted(monkeypatch: pytest.MonkeyPatch, root: Path, *controllers: str) -> dict[str, Path]:
    """Pretend that these hierarchies are mounted below root; ``""`` is version 2."""
    roots = {name: root / (name or "unified") for name in controllers}
    for folder in roots.values():
        folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(cgroup, "mounts", lambda: roots)
    monkeypatch.setattr(cgroup, "hierarchies", lambda: list(roots.values()))
    return roots


def kernel_files(folder: Path, **content: str) -> None:
    """Write files as a kernel would show them; ``memory__stat`` is memory.stat."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in content.items():
        (folder / name.replace("__", ".")).write_text(text)


@pytest.fixture
def v1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Path]:
    roots = mounted(monkeypatch, tmp_path, *V1)
    kernel_files(roots["cpuset"], cpuset__cpus="0-3\n", cpuset__mems="0\n")
    return roots


@pytest.fixture
def v2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return mounted(monkeypatch, tmp_path, "")[""]


@pytest.mark.parametrize(
    ("controllers", "name"),
    [(V1, "v1"), ((*V1, ""), "hybrid"), (("",), "v2"), (("", "cpuset"), "v2"), ((), "none")],
)
def test_the_version_is_where_the_memory_controller_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, controllers: tuple[str, ...], name: str
) -> None:
    mounted(monkeypatch, tmp_path, *controllers)
    assert version() == name


def test_version_1_takes_the_limits_in_each_hierarchy(v1: dict[str, Path]) -> None:
    made = Cgroup.make("isobench/fir/0001", envelope(cpu_set=(1, 3), memory_bytes=64 * MIB, pids=32))
    inside = {name: root / "isobench/fir/0001" for name, root in v1.items()}
    assert (inside["memory"] / "memory.limit_in_bytes").read_text() == str(64 * MIB)
    assert (inside["pids"] / "pids.max").read_text() == "32"
    assert (inside["cpuset"] / "cpuset.cpus").read_text() == "1,3"
    assert made.entrances == sorted(folder / "cgroup.procs" for folder in inside.values())


def test_a_new_version_1_cpuset_is_filled_from_above(v1: dict[str, Path]) -> None:
    Cgroup.make("isobench/fir/0001", envelope(cpu_set=(1,)))
    for folder in ("isobench", "isobench/fir", "isobench/fir/0001"):
        assert (v1["cpuset"] / folder / "cpuset.mems").read_text() == "0\n"
    assert (v1["cpuset"] / "isobench" / "cpuset.cpus").read_text() == "0-3\n"


def test_swap_is_limited_where_it_is_accounted(v1: dict[str, Path]) -> None:
    kernel_files(v1["memory"] / "isobench/fir/0001", memory__memsw__limit_in_bytes="9223372036854771712")
    Cgroup.make("isobench/fir/0001", envelope(cpu_set=(1,), memory_bytes=64 * MIB))
    limit = v1["memory"] / "isobench/fir/0001" / "memory.memsw.limit_in_bytes"
    assert limit.read_text() == str(64 * MIB)


def test_version_2_takes_the_limits_in_one_folder_and_passes_controllers_down(v2: Path) -> None:
    kernel_files(v2 / "isobench/fir/0001", memory__swap__max="max")
    Cgroup.make("isobench/fir/0001", envelope(cpu_set=(1, 3), memory_bytes=64 * MIB, pids=32))
    inside = v2 / "isobench/fir/0001"
    limits = {
        name: (inside / name).read_text() for name in ("memory.max", "memory.swap.max", "pids.max", "cpuset.cpus")
    }
    assert limits == {
        "memory.max": str(64 * MIB), "memory.swap.max": "0", "pids.max": "32", "cpuset.cpus": "1,3",
    }  # fmt: skip
    for folder in (v2, v2 / "isobench", v2 / "isobench/fir"):
        assert (folder / "cgroup.subtree_control").read_text() == "+memory +cpuset +cpu +pids"
    assert not (inside / "cgroup.subtree_control").exists()


def test_writing_is_limited_on_its_disk_in_either_version(v1: dict[str, Path]) -> None:
    limits = replace(envelope(cpu_set=(1,)), write_bytes_per_s=20 * MIB, read_operations_per_s=400)
    Cgroup.make("isobench/fir/0001", limits, DISK)
    throttle = v1["blkio"] / "isobench/fir/0001"
    assert (throttle / "blkio.throttle.write_bps_device").read_text() == f"253:16 {20 * MIB}"
    assert (throttle / "blkio.throttle.read_iops_device").read_text() == "253:16 400"


def test_version_2_limits_writing_and_passes_its_controller_down(v2: Path) -> None:
    limits = replace(envelope(cpu_set=(1,)), write_bytes_per_s=20 * MIB, read_operations_per_s=400)
    Cgroup.make("isobench/fir/0001", limits, DISK)
    assert (v2 / "isobench/fir/0001/io.max").read_text() == f"253:16 wbps={20 * MIB} riops=400"
    assert "+io" in (v2 / "isobench/cgroup.subtree_control").read_text()


def test_the_disk_below_a_folder_is_a_whole_one() -> None:
    disk = disk_below(Path("/"))
    assert Path(disk.node).is_block_device()
    assert not Path(f"/sys/dev/block/{disk.number}/partition").exists()


def test_a_folder_on_no_disk_is_said() -> None:
    with pytest.raises(IsolationError, match="lies on no block device"):
        disk_below(Path("/dev/shm"))


def test_a_hybrid_host_is_used_through_version_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    roots = mounted(monkeypatch, tmp_path, *V1, "")
    kernel_files(roots["cpuset"], cpuset__cpus="0", cpuset__mems="0")
    Cgroup.make("isobench/fir/0001", envelope(cpu_set=(0,)))
    assert not (roots[""] / "isobench").exists()


def test_a_host_with_memory_in_version_2_is_used_through_it_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    roots = mounted(monkeypatch, tmp_path, "cpuset", "")
    made = Cgroup.make("isobench/fir/0001", envelope(cpu_set=(0,)))
    assert made.entrances == [roots[""] / "isobench/fir/0001" / "cgroup.procs"]


@pytest.mark.parametrize(
    ("controllers", "lacking"), [((), "cpuset, memory, pids"), (("memory", "cpuset", "cpu"), "pids")]
)
def test_a_host_without_a_controller_we_need_says_which(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, controllers: tuple[str, ...], lacking: str
) -> None:
    mounted(monkeypatch, tmp_path, *controllers)
    with pytest.raises(IsolationError, match=rf"no control group hierarchy for {lacking}\."):
        Cgroup.make("isobench/fir/0001", envelope(cpu_set=(0,)))


def test_a_refused_group_gives_the_kernels_reason_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(cgroup, "mounts", lambda: {"": tmp_path / "file"})
    with pytest.raises(IsolationError, match="Not a directory") as refused:
        Cgroup.make("isobench/fir/0001", envelope(cpu_set=(0,)))
    assert isinstance(refused.value.__cause__, OSError)
    assert "root" in str(refused.value.remedy)


def test_version_1_books(v1: dict[str, Path]) -> None:
    kernel_files(
        v1["memory"],
        memory__usage_in_bytes="7000000\n",
        memory__max_usage_in_bytes="9000000\n",
        memory__stat="cache 1\nrss 2\ntotal_cache 3000\ntotal_rss 4000\ntotal_shmem 500\n",
        memory__oom_control="oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    )
    kernel_files(v1["cpuacct"], cpuacct__usage="2500000000\n")
    kernel_files(v1["cpu"], cpu__stat="nr_periods 10\nnr_throttled 4\nthrottled_time 99\n")
    assert Cgroup(v1).read() == AccountReading(
        memory_bytes=7_000_000,
        memory_peak_bytes=9_000_000,
        anon_bytes=4000,
        file_bytes=3000,
        shmem_bytes=500,
        cpu_s=2.5,
        throttled=4,
        oom_kills=2,
    )


def test_version_2_books(v2: Path) -> None:
    kernel_files(
        v2,
        memory__current="7000000\n",
        memory__peak="9000000\n",
        memory__stat="anon 4000\nfile 3000\nshmem 500\nfile_mapped 1\n",
        memory__events="low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\n",
        cpu__stat="usage_usec 2500000\nuser_usec 1\nsystem_usec 1\nnr_periods 0\nnr_throttled 4\n",
    )
    assert Cgroup({"": v2}).read() == AccountReading(
        memory_bytes=7_000_000,
        memory_peak_bytes=9_000_000,
        anon_bytes=4000,
        file_bytes=3000,
        shmem_bytes=500,
        cpu_s=2.5,
        throttled=4,
        oom_kills=1,
    )


def test_a_figure_that_this_kernel_does_not_keep_is_none(v2: Path, tmp_path: Path) -> None:
    assert Cgroup({"": v2}).read() == AccountReading()
    assert Cgroup({"memory": tmp_path / "memory"}).read() == AccountReading()
    kernel_files(v2, memory__peak="max\n")
    assert Cgroup({"": v2}).read().memory_peak_bytes is None


SERVICE = "253:16 Read 5\n253:16 Write 4096\n253:16 Total 4101\n254:99 Write 100\nTotal 9000\n"


@pytest.mark.parametrize("name", ["io_service_bytes_recursive", "io_service_bytes"])
def test_version_1_adds_up_what_was_written_to_each_disk(v1: dict[str, Path], name: str) -> None:
    kernel_files(v1["blkio"], **{f"blkio__throttle__{name}": SERVICE})
    assert Cgroup(v1).read().written_bytes == 4196


def test_a_version_1_group_has_written_nothing_only_where_others_have_been_counted(v1: dict[str, Path]) -> None:
    group = Cgroup({name: root / "isobench/fir" for name, root in v1.items()})
    for path in ("isobench", "isobench/fir"):
        kernel_files(v1["blkio"] / path, blkio__throttle__io_service_bytes="Total 0\n")
    assert group.read().written_bytes is None
    kernel_files(v1["blkio"], blkio__throttle__io_service_bytes=SERVICE)
    assert group.read().written_bytes == 0


def test_version_2_adds_up_what_was_written_to_each_disk(v2: Path) -> None:
    kernel_files(v2, io__stat="253:16 rbytes=1 wbytes=4096 rios=1 wios=1 dbytes=0 dios=0\n254:99 wbytes=100\n252:0\n")
    assert Cgroup({"": v2}).read().written_bytes == 4196
    kernel_files(v2, io__stat="")
    assert Cgroup({"": v2}).read().written_bytes == 0


def test_a_device_made_of_others_is_not_counted_twice(v1: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    kernel_files(v1["blkio"], blkio__throttle__io_service_bytes=SERVICE)
    glob = Path.glob
    made = Path("/sys/dev/block/254:99/slaves")
    monkeypatch.setattr(
        Path, "glob", lambda self, pattern: iter([made / "vda"]) if self == made else glob(self, pattern)
    )
    assert Cgroup(v1).read().written_bytes == 4096


def test_version_2_keeps_books_of_disks_where_it_can(v2: Path) -> None:
    kernel_files(v2, cgroup__controllers="cpuset cpu io memory pids\n")
    Cgroup.make("isobench/fir/0001", envelope(cpu_set=(1,)))
    assert "+io" in (v2 / "isobench/cgroup.subtree_control").read_text()


def test_processes_are_those_inside_and_below_once_each(v2: Path) -> None:
    kernel_files(v2, cgroup__procs="3\n1\n")
    kernel_files(v2 / "inner/deeper", cgroup__procs="2\n3\n")
    assert Cgroup({"": v2}).pids() == [1, 2, 3]


def test_half_removed_groups_are_still_found_and_read(v1: dict[str, Path]) -> None:
    kernel_files(v1["pids"] / "isobench" / "elm", cgroup__procs="5\n")
    kernel_files(v1["memory"] / "isobench" / "fir", cgroup__procs="6\n")
    found = below("isobench")
    assert {name: group.pids() for name, group in found.items()} == {"elm": [5], "fir": [6]}


def test_the_group_of_a_process_is_where_the_memory_controller_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    controllers = {name: path.lstrip("/") for _number, names, path in own for name in names.split(",")}
    roots = mounted(monkeypatch, tmp_path, *(name for name in (*V1, "") if name in controllers))
    carrier = "memory" if "memory" in controllers else ""
    kernel_files(roots[carrier] / controllers[carrier], cgroup__procs=f"{os.getpid()}\n")
    group = Cgroup.of(os.getpid())
    assert group.pids() == [os.getpid()]
    assert roots[carrier] / controllers[carrier] / "cgroup.procs" in group.entrances


def test_mounts_are_read_from_the_kernels_table(monkeypatch: pytest.MonkeyPatch) -> None:
    table = (
        "proc /proc proc rw 0 0\n"
        "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,cpu,cpuacct 0 0\n"
        "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n"
        "cgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0\n"
        "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
    )
    monkeypatch.setattr(cgroup, "contents", lambda _file: table)
    assert cgroup.mounts() == {
        "cpu": Path("/sys/fs/cgroup/cpu,cpuacct"),
        "cpuacct": Path("/sys/fs/cgroup/cpu,cpuacct"),
        "memory": Path("/sys/fs/cgroup/memory"),
        "": Path("/sys/fs/cgroup/unified"),
    }


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes control groups")
class TestRealGroup:
    @pytest.fixture
    def run(self) -> str:
        return f"test-{secrets.token_hex(4)}"

    @pytest.fixture
    def group(self, run: str) -> Iterator[Cgroup]:
        cpu = max(os.sched_getaffinity(0))
        made = Cgroup.make(f"isobench/{run}/0001", envelope(cpu_set=(cpu,), memory_bytes=64 * MIB, pids=16))
        try:
            yield made
        finally:
            made.remove()

    @pytest.fixture
    def inside(self, group: Cgroup) -> Iterator[subprocess.Popen[bytes]]:
        """A shell that has joined the group, and waits for its standard input to end."""
        joins = 'for entrance; do echo 0 > "$entrance"; done; echo joined; cat /proc/self/status; read -r line'
        with subprocess.Popen(
            ["/bin/sh", "-c", joins, "sh", *map(str, group.entrances)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def test_who_joins_is_inside_and_held_to_its_cpus(self, group: Cgroup, inside: subprocess.Popen[bytes]) -> None:
        assert inside.stdout is not None
        assert inside.stdout.readline() == b"joined\n"
        status = iter(inside.stdout.readline, b"")
        allowed = next(line for line in status if line.startswith(b"Cpus_allowed_list:"))
        assert allowed.split()[1] == str(max(os.sched_getaffinity(0))).encode()
        assert inside.pid in group.pids()
        assert inside.pid in Cgroup.of(inside.pid).pids()

    def test_its_books_are_kept_by_this_kernel(self, group: Cgroup, inside: subprocess.Popen[bytes]) -> None:
        assert inside.stdout is not None
        assert inside.stdout.readline() == b"joined\n"
        books = group.read()
        assert books.memory_bytes is not None
        assert 0 < books.memory_bytes < 64 * MIB
        assert books.cpu_s is not None
        assert books.cpu_s > 0
        assert books.oom_kills == 0

    def test_killing_ends_everything_inside(self, group: Cgroup, inside: subprocess.Popen[bytes]) -> None:
        assert inside.stdout is not None
        assert inside.stdout.readline() == b"joined\n"
        group.kill()
        assert inside.wait(5) == -9

    def test_removing_kills_and_takes_the_run_s_own_parents_with_it(
        self, run: str, group: Cgroup, inside: subprocess.Popen[bytes]
    ) -> None:
        assert inside.stdout is not None
        assert inside.stdout.readline() == b"joined\n"
        assert run in below("isobench")
        group.remove()
        assert inside.wait(5) == -9
        assert run not in below("isobench")
        group.remove()


@pytest.mark.parametrize("version_1", [True, False])
def test_the_limits_that_hold_are_read_as_the_kernel_writes_them(tmp_path: Path, *, version_1: bool) -> None:
    if version_1:
        folders = {name: tmp_path / name for name in ("memory", "pids", "cpuset")}
        kernel_files(folders["memory"], memory__limit_in_bytes="9223372036854771712\n")
        kernel_files(folders["pids"], pids__max="64\n")
        kernel_files(folders["cpuset"], cpuset__cpus="1\n")
    else:
        folders = {"": tmp_path}
        kernel_files(tmp_path, memory__max="max\n", pids__max="64\n", cpuset__cpus__effective="1\n")
    assert Cgroup(folders).limits() == {"memory_limit": "max", "pids_limit": "64", "cpu_set": "1"}


def test_a_group_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert Cgroup({"": tmp_path / "gone"}).limits() == {}


@pytest.mark.root
def test_a_group_without_limits_stands_in_every_hierarchy_and_goes_from_each() -> None:
    name = f"isobench/test-{secrets.token_hex(4)}/0001"
    group = Cgroup.make(name, None)
    assert all((root / name).is_dir() for root in cgroup.hierarchies())
    inside = group.below("box")
    for root in cgroup.hierarchies():
        (root / name / "box").mkdir()
    assert inside.pids() == []
    group.remove()
    assert not any((root / name).exists() for root in cgroup.hierarchies())
