from __future__ import annotations

import shutil
import subprocess

from bench.images import Kit, cpio, trial_cpio
from bench.model import Storage
from tests.required import unavailable


def listing(archive: bytes) -> list[str]:
    if shutil.which("cpio") is None:
        unavailable("cpio is not installed")
    done = subprocess.run(["cpio", "-t", "--quiet"], input=archive, capture_output=True, check=True)
    assert done.stderr == b""
    return done.stdout.decode().splitlines()


def test_cpio_reads_what_is_written() -> None:
    entries = [
        cpio.Entry("bin", 0o755),
        cpio.Entry("bin/x", 0o755, b"abc"),
        cpio.Entry("x", 0o777, b"bin/x", link=True),
    ]
    archive = cpio.archive(entries)
    assert listing(archive) == ["bin", "bin/x", "x"]
    assert len(archive) % 512 == 0
    assert archive == cpio.archive(entries)


def test_the_kit_holds_init_and_modules_in_load_order(boot_kit: Kit) -> None:
    names = listing(boot_kit.initrd.read_bytes())
    assert {"init", "bin/busybox", "bin/mount"} <= set(names)
    disk = [name.split("-", 1)[1] for name in names if name.startswith("modules/disk/")]
    assert disk.index("virtio_ring.ko") < disk.index("virtio.ko") < disk.index("virtio_blk.ko")
    assert boot_kit.initrd.stat().st_size % 512 == 0, "another archive may follow"


def test_the_trial_survives_any_argument() -> None:
    command = ("/bin/echo", "it's", "two\nlines", "$HOME `id` \\", "")
    storage = Storage(path="/my data", kind="volume", size_bytes=5)
    archive = trial_cpio(nonce="abc", pids=64, entry=command, network="published", storage=storage)
    text = archive[archive.index(b"nonce=") :].split(b"070701")[0].rstrip(b"\0").decode()
    script = text + 'printf "%s|" "$nonce" "$pids" "$devices" "$network" "$storage" "$folder" "$folder_bytes" "$@"'
    shown = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown == "abc|64|network|published|volume|/my data|5|" + "".join(f"{word}|" for word in command)
