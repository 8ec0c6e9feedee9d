from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from bench.images import tree
from bench.isolations.envelope import LIMITS, limits_here
from bench.model import Image
from tests.images.conftest import quiet

pytestmark = pytest.mark.root

SECRET = "5ecret"


@pytest.fixture(scope="module")
def root(image: Image) -> Path:
    return tree(image, quiet)


def run(
    root: Path,
    *command: str,
    dismissal: bytes = b"\n",
    mode: tuple[str, str] = ("once", "-"),
    padding_bytes: int = 0,
    devices: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    """Run the entry in a chroot with proc and cgroups, in a mount namespace that ends with it."""
    words = words_for(root, *mode, str(padding_bytes), *command, devices=devices)
    return subprocess.run(words, input=f"{SECRET}\n".encode() + dismissal, capture_output=True, check=False, timeout=30)


def words_for(root: Path, *words: str, devices: bool) -> list[str]:
    mounts = 'mount -t proc proc "$0/proc"; mount --rbind /sys "$0/sys"; '
    mounts += 'mount -t tmpfs -o mode=1777 run "$0/run"; '  # whose mode the entry would change: the tree stays as it is
    mounts += 'mount --rbind /dev "$0/dev"; ' if devices else ""
    mounts += 'exec chroot "$0" /.isobench/entry "$@"'
    return ["unshare", "--mount", "--fork", "sh", "-ec", mounts, str(root), *words]


def marks(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    prefix = f"@isobench {SECRET} "
    lines = done.stdout.decode().splitlines()
    return [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]


def output(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    return [line for line in done.stdout.decode().splitlines() if not line.startswith("@isobench")]


def test_the_start_mark_is_the_first_byte_and_bye_the_last_line(root: Path) -> None:
    done = run(root, "echo", "hello")
    assert done.stdout.startswith(b"@isobench start\nhello\n")
    assert done.stdout.endswith(b"@isobench 5ecret end 0\n@isobench 5ecret bye\n")
    assert done.returncode == 0


def test_the_workload_gets_a_clean_environment_and_no_input(root: Path) -> None:
    assert output(run(root, "env")) == [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME=/root",
        "LANG=C.UTF-8",
    ]
    assert output(run(root, "cat", dismissal=b"for the entry\n")) == []


def test_a_plain_name_is_the_images_own_program_not_busybox(root: Path) -> None:
    assert output(run(root, "readlink", "/proc/self/exe")) == ["/usr/bin/readlink"]
    assert output(run(root, "sh", "-c", "readlink /proc/$$/exe")) == ["/usr/bin/dash"]


def test_status_and_errors_are_the_workloads(root: Path) -> None:
    done = run(root, "sh", "-c", "echo out; echo err >&2; exit 7")
    assert output(done) == ["out", "err"]
    assert marks(done)[-2:] == ["end 7", "bye"]
    assert done.returncode == 7


@pytest.mark.parametrize("command", ["no-such-command", "/opt/no-such-file"])
def test_a_missing_command_is_127_and_said(root: Path, command: str) -> None:
    done = run(root, command)
    assert done.returncode == 127
    assert marks(done)[-2:] == ["end 127", "bye"]
    assert any(command in line for line in output(done) + done.stderr.decode().splitlines())


def test_a_killed_workload_shows_its_signal(root: Path) -> None:
    assert run(root, "sh", "-c", "kill -9 $$").returncode == 137


def test_arguments_arrive_whole(root: Path) -> None:
    words = ["two words", "it's", "*", "$HOME", ""]
    assert output(run(root, "printf", "<%s>\n", *words)) == [f"<{word}>" for word in words]


def test_what_it_saw_of_the_envelope(root: Path) -> None:
    seen = dict(mark.removeprefix("saw ").split(" ", 1) for mark in marks(run(root, "true")) if mark[:3] == "saw")
    assert list(seen) == [
        "boot_id", "osrelease", "cpus", "cpu_set", "memory_limit", "memory_total_kib", "memory_available_kib",
        "pids_limit", "file_size_limit", "stack_limit", "core_limit", "user_processes_limit", "open_files_limit",
        "locked_memory_limit", "network", "oom_kills", "uptime",
    ]  # fmt: skip
    assert int(seen["memory_total_kib"]) > int(seen["memory_available_kib"]) > 0
    assert seen["network"] in {"none", "routed"}
    assert seen["memory_limit"] == "max" or int(seen["memory_limit"]) > 0


def test_it_sets_the_limits_of_a_process(root: Path) -> None:
    asked = "ulimit -n; ulimit -p; ulimit -l; ulimit -s; ulimit -c"
    words = words_for(root, "once", "-", "0", "sh", "-c", asked, devices=False)
    lower = ["sh", "-c", 'ulimit -Sn 1000; ulimit -Ss 4096; ulimit -Sc unlimited; exec "$@"', "sh", *words]
    done = subprocess.run(lower, input=f"{SECRET}\n\n".encode(), capture_output=True, check=False, timeout=30)
    assert output(done) == ["16384", "32768", "8192", "8192", "0"]
    seen = dict(mark.removeprefix("saw ").split(" ", 1) for mark in marks(run(root, "true")) if mark[:3] == "saw")
    assert {name: seen[name] for name in LIMITS} == limits_here()


def test_everybody_may_write_to_run_whatever_mode_it_was_mounted_with(root: Path) -> None:
    words = words_for(root, "once", "-", "0", "stat", "-c", "%a", "/run", devices=False)
    words[4] = words[4].replace("mode=1777", "mode=755")
    done = subprocess.run(words, input=f"{SECRET}\n\n".encode(), capture_output=True, check=False, timeout=30)
    assert output(done) == ["1777"]


def test_cpus_are_those_of_the_set(root: Path) -> None:
    done = run(root, "true")
    allowed = Path("/proc/self/status").read_text().split("Cpus_allowed_list:")[1].split()[0]
    assert f"saw cpu_set {allowed}" in marks(done)


def test_without_dismissal_it_goes_by_itself(root: Path) -> None:
    assert marks(run(root, "true", dismissal=b""))[-1] == "bye"


def served(root: Path, *command: str, trapping: int = 1, orders: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run the entry with a service; what the host sends it comes only when so many of its processes heed SIGTERM.

    The entry's own keeper of the service is one. A signal that comes before its trap ends it without a word.
    """
    words = words_for(root, "stay", "-", "0", *command, devices=False)
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as entry:
        assert entry.stdin is not None
        entry.stdin.write(f"{SECRET}\n".encode())
        entry.stdin.flush()
        deadline = time.monotonic() + 30
        while sum(map(heeds_sigterm, psutil.Process(entry.pid).children(recursive=True))) < trapping:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        said, errors = entry.communicate(orders, timeout=30)
    return subprocess.CompletedProcess(words, entry.returncode, said, errors)


def heeds_sigterm(process: psutil.Process) -> bool:
    """Whether a process has a handler of its own for SIGTERM. Source: proc(5), ``SigCgt``."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:  # it has ended
        return False
    return bool(int(status.split("SigCgt:")[1].split()[0], 16) >> (signal.SIGTERM - 1) & 1)


SERVICE = ("sh", "-c", "trap 'echo bowing out; exit 0' TERM; echo serving; while :; do sleep 0.05; done")


def test_a_service_stays_obeys_and_stops_by_the_hosts_line(root: Path) -> None:
    lines = b"run 1 echo 'two words' '$HOME'\nrun 2 sh -c 'exit 7'\nrun 3 no-such-command\n\n\n"
    done = served(root, *SERVICE, trapping=2, orders=lines)
    said = marks(done)
    assert [mark for mark in said if not mark.startswith("saw")] == [
        *("doing 1", "did 1 0", "doing 2", "did 2 7", "doing 3", "did 3 127", "left 0", "end 0", "bye")
    ]
    assert {"two words $HOME", "serving", "bowing out"} <= set(output(done))
    assert said.index("left 0") > said.index("saw network none" if "saw network none" in said else "saw network routed")


def test_a_service_that_ignores_nothing_is_ended_by_the_signal(root: Path) -> None:
    done = served(root, "sleep", "60", orders=b"\n\n")
    assert [mark for mark in marks(done) if not mark.startswith("saw")] == ["left 143", "end 143", "bye"]


def test_a_service_that_leaves_by_itself_is_said_at_once(root: Path) -> None:
    done = run(root, "sh", "-c", "echo cannot bind; exit 3", dismissal=b"run 1 sleep 0.3\n\n\n", mode=("stay", "-"))
    said = [mark for mark in marks(done) if not mark.startswith("saw")]
    assert said.index("left 3") < said.index("did 1 0")
    assert said[-2:] == ["end 3", "bye"]


def test_without_a_service_there_is_only_what_the_host_sends(root: Path) -> None:
    done = run(root, dismissal=b"run 1 echo alone\n\n\n", mode=("stay", "-"))
    assert output(done) == ["alone"]
    assert marks(done)[-2:] == ["end 0", "bye"]


def test_the_end_of_input_stops_a_service(root: Path) -> None:
    assert marks(served(root, "sleep", "60", orders=b""))[-2:] == ["end 143", "bye"]


def test_a_folder_is_made(root: Path) -> None:
    done = run(
        root, "sh", "-c", "ls -d /tmp/isobench-data; rmdir /tmp/isobench-data", mode=("once", "/tmp/isobench-data")
    )
    assert output(done) == ["/tmp/isobench-data"]


@pytest.mark.parametrize("size", [1, 1000, 4095])
def test_the_environment_is_padded_as_asked(root: Path, size: int) -> None:
    found = [line for line in output(run(root, "env", padding_bytes=size)) if line.startswith("ISOBENCH_PADDING=")]
    assert found == ["ISOBENCH_PADDING=" + "x" * size]


def test_the_secret_reaches_no_environment_even_where_one_of_its_name_was_there(root: Path) -> None:
    words = ["env", "secret=before", *words_for(root, "stay", "-", "0", "sleep", "60", devices=False)]
    files = "/proc/[0-9]*/environ /proc/[0-9]*/cmdline"
    look = f"run 1 sh -c 'cat {files} 2>/dev/null | tr -c 0-9a-z . | grep -c 5ecre[t]'"
    done = subprocess.run(words, input=f"{SECRET}\n{look}\n\n\n".encode(), capture_output=True, check=False, timeout=30)
    assert output(done) == ["0"]
