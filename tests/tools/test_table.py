"""The table of lab hosts is read whole, and says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import UnknownNameError
from tools.hosts.table import host, hosts


def test_hosts_that_boot_the_same_system_share_it() -> None:
    assert host("debian13").system is not host("sid").system
    assert hosts()["debian13"].system == hosts()["debian13-user"].system
    assert hosts()["debian13-user"].user != "root"


def test_every_system_has_what_the_harness_needs_beside_its_own_packages() -> None:
    for one in hosts().values():
        assert {"mmdebstrap", "docker.io", "podman", "crun", "systemd-sysv"} <= set(one.system.packages), one.name


def test_a_system_has_the_kernel_of_its_architecture_and_machines_where_they_are_not_emulated_twice() -> None:
    there, here = set(host("debian13-arm64").system.packages), set(host("debian13").system.packages)
    assert there - here == {"linux-image-cloud-arm64"}
    assert {"linux-image-cloud-amd64", "qemu-system-x86", "libvirt-dev"} <= here - there


def test_a_host_that_is_not_there_gets_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'debian13-user'"):
        host("debian13-usr")


def test_an_unknown_key_or_system_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    head = 'packages = []\narchitectures = {amd64 = []}\n[systems.one]\nsuite = "trixie"\n'
    file.write_text(f'{head}[hosts.h]\nsystem = "one"\ncpu = 3\n')
    with pytest.raises(ValueError, match=r"hosts\.h\.cpu"):
        hosts(file)
    file.write_text(f'{head}[hosts.h]\nsystem = "two"\n')
    with pytest.raises(UnknownNameError, match="'two'"):
        hosts(file)
    file.write_text(f'{head}architecture = "arm64"\n[hosts.h]\nsystem = "one"\n')
    with pytest.raises(UnknownNameError, match="'arm64'"):
        hosts(file)
