from __future__ import annotations

import hashlib
import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measuring.provision.inventory import InventoryItem, of_tar, of_tree
from bench.measuring.provision.reference import Reference, installed, keep_reference, kept_reference


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
    (root / "etc/also").hardlink_to(root / "etc/hosts")
    (root / "etc/link").symlink_to("hosts")
    os.mkfifo(root / "pipe")
    (root / "etc/hosts").chmod(0o640)
    os.utime(root / "etc", (7.9, 7.9))
    Path(os.fsdecode(os.fsencode(root) + b"/odd \xff name")).write_bytes(b"\0")
    return root


def test_a_folder_and_its_tar_have_the_same_inventory(tree: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "--create", "--format=pax", f"--file={tmp_path}/t", f"--directory={tree}", "."], check=True)
    with (tmp_path / "t").open("rb") as stream:
        assert of_tar(stream) == of_tree(tree)


def test_what_is_looked_at(tree: Path) -> None:
    found = of_tree(tree)
    assert len(found) == 6
    assert found["/etc"].modified_s == 7
    assert found["/etc"].content == ""
    assert found["/etc/link"].content == "hosts"
    assert found["/etc/also"] == found["/etc/hosts"]
    assert (found["/etc/hosts"].kind, found["/etc/hosts"].mode) == ("file", 0o640)
    assert found["/pipe"].kind == "other"


def test_a_later_member_replaces_an_earlier_one() -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for content in (b"old", b"newer"):
            member = tarfile.TarInfo("./same")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        device = tarfile.TarInfo("dev/null")
        device.type, device.devmajor, device.devminor = tarfile.CHRTYPE, 1, 3
        archive.addfile(device)
    stream.seek(0)
    found = of_tar(stream)
    assert list(found) == ["/same", "/dev/null"]
    assert found["/same"].content == hashlib.sha256(b"newer").hexdigest()
    assert found["/dev/null"].content == "1:3"


@given(
    files=st.dictionaries(
        st.text().map(lambda name: f"/{name}"),
        st.builds(
            InventoryItem,
            st.sampled_from(["file", "link"]),
            st.integers(0, 0o7777),
            st.integers(0, 1 << 32),
            st.integers(0, 1 << 32),
            st.integers(-1, 1 << 40),
            st.text(),
        ),
    )
)
def test_a_reference_is_read_back_as_it_was_kept(
    files: dict[str, InventoryItem], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    reference = Reference(what="the first one", files=files, packages={"dash": "0.5"})
    keep_reference(reference, folder)
    assert kept_reference(folder) == reference


def test_versions_come_from_what_is_installed(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text(
        "Package: dash\nStatus: install ok installed\nMaintainer: A\nVersion: 0.5-1\nDescription: sh\n Version: no\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
    )
    assert installed(status) == {"dash": "0.5-1"}
