"""What goes with a job is the checkout as it is; what comes back cannot leave the folder it was asked into."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from bench.errors import InputError
from tools.hosts import table, travel
from tools.hosts.errors import LabError


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    root = tmp_path / "clone"
    root.mkdir()
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    for name in ("kept", "removed", "new", "ignored"):
        (root / name).write_text(name)
    (root / ".gitignore").write_text("ignored\n")
    subprocess.run(["git", "-C", str(root), "add", "kept", "removed", ".gitignore"], check=True)
    (root / "kept").write_text("changed")
    (root / "removed").unlink()
    return root


def test_the_checkout_travels_as_it_is_now_with_the_job(clone: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    travel.checkout(disk, clone, table.host("debian13-member"), ["sh", "-c", "echo $HOME; exit 3"], limit_s=60)
    assert disk.stat().st_size == travel.CHECKOUT_BYTES
    subprocess.run(["tar", "-xf", str(disk), "-C", str(tmp_path)], check=True)
    assert (tmp_path / "kept").read_text() == "changed"
    assert (tmp_path / "new").exists()
    assert not (tmp_path / "removed").exists()
    assert not (tmp_path / "ignored").exists()
    script = f'. {tmp_path}/.lab-job; echo $user $groups $limit; HOME=there "${{command[@]}}"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("ada docker 60\nthere\n", 3)


def test_what_goes_along_lies_in_the_checkout_by_its_name(clone: Path, tmp_path: Path) -> None:
    disk, alpha = tmp_path / "disk", tmp_path / "certificates" / "alpha"
    alpha.mkdir(parents=True)
    (alpha / "key.pem").write_text("key")
    (alpha / "key.pem").chmod(0o600)
    travel.checkout(disk, clone, table.host("debian13"), ["true"], limit_s=60, beside=[alpha])
    subprocess.run(["tar", "-xf", str(disk), "-C", str(tmp_path)], check=True)
    assert (tmp_path / "alpha" / "key.pem").read_text() == "key"
    assert (tmp_path / "alpha" / "key.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("name", "said"), [("kept", "its name is taken"), ("gone", "it is not there")])
def test_what_cannot_go_along_is_named(clone: Path, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "kept").write_text("of mine")
    with pytest.raises(InputError, match=f"{name} cannot go along: {said}"):
        travel.checkout(
            tmp_path / "disk", clone, table.host("debian13"), ["true"], limit_s=60, beside=[tmp_path / name]
        )


def test_more_than_the_disk_holds_is_refused(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(travel, "CHECKOUT_BYTES", 4096)
    with pytest.raises(InputError, match="are 0 MiB, of 0"):
        travel.checkout(tmp_path / "disk", clone, table.host("debian13"), ["true"], limit_s=60)


def test_a_folder_that_is_no_clone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no clone"):
        travel.checkout(tmp_path / "disk", tmp_path, table.host("debian13"), ["true"], limit_s=60)


def test_results_come_back_from_a_disk_that_a_tar_was_written_to(tmp_path: Path) -> None:
    disk, inside = tmp_path / "disk", tmp_path / "inside"
    travel.empty(disk, 1 << 20)
    assert not travel.came_back(disk)
    (inside / "run").mkdir(parents=True)
    (inside / "run" / "manifest.json").write_text("{}")
    with disk.open("r+b") as stream:
        subprocess.run(["tar", "-c", "-C", str(inside), "."], stdout=stream, check=True)
    assert travel.came_back(disk)
    assert travel.unpack(disk, tmp_path / "back") == 1
    assert (tmp_path / "back" / "run" / "manifest.json").read_text() == "{}"


def test_what_would_leave_the_folder_is_refused(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with tarfile.open(disk, "w") as tar:
        member = tarfile.TarInfo("../outside")
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(LabError, match="could not be unpacked"):
        travel.unpack(disk, tmp_path / "back")
    assert not (tmp_path / "outside").exists()


def test_results_that_never_came_are_an_error(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(b"no tar" * 1000)
    with pytest.raises(LabError, match="could not be unpacked"):
        travel.unpack(disk, tmp_path / "back")
