"""Where nothing can be written to a disk: said before it is taken for a meter that sees nothing."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from bench.host.processes import PsutilProcess
from bench.measuring.calibration import volume
from bench.measuring.calibration.volume import require_disk
from bench.measuring.observation import Ended
from bench.model import Kind, Storage, StorageKind, Trial
from tests.measuring.meters.instances import Scripted
from tests.records import MIB, trial


def writing_to(path: str, kind: StorageKind = "volume") -> Trial:
    plain = trial()
    of = replace(plain.cell.scenario, storage=Storage(path=path, kind=kind, size_bytes=64 * MIB))
    return replace(plain, cell=replace(plain.cell, scenario=of))


def here() -> Scripted:
    return Scripted({"workload": [PsutilProcess(os.getpid())]})


def test_a_volume_that_the_instance_has_mounted_in_memory_is_said() -> None:
    with pytest.raises(Ended, match=r"its volume lies in memory \(tmpfs\)") as ended:
        require_disk(here(), writing_to("/dev/shm"))
    assert ended.value.outcome.kind is Kind.UNSUPPORTED


def test_where_its_mounts_are_not_the_host_s_the_folder_of_volumes_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ISOBENCH_STATE", "/dev/shm/isobench")
    with pytest.raises(Ended, match="lies in memory"):
        require_disk(here(), writing_to("/data-of-a-guest"))
    monkeypatch.setattr(volume, "_mounts", lambda _table: [(PurePosixPath("/"), "ext4")])
    require_disk(here(), writing_to("/data-of-a-guest"))


def test_the_deepest_mount_holds_a_folder_and_the_last_one_lies_on_top(monkeypatch: pytest.MonkeyPatch) -> None:
    path = PurePosixPath
    monkeypatch.setenv("ISOBENCH_STATE", "/var/lib/isobench")
    table = [
        (path("/"), "ext4"),
        (path("/var/lib"), "tmpfs"),
        (path("/var/lib"), "xfs"),
        (path("/var/lib/iso"), "ramfs"),
    ]
    monkeypatch.setattr(volume, "_mounts", lambda _table: table)
    require_disk(here(), writing_to("/data"))


@pytest.mark.parametrize("kind", ["layer", "tmpfs"])
def test_other_storage_is_nobody_s_affair(kind: StorageKind) -> None:
    require_disk(here(), writing_to("/dev/shm", kind))


def test_a_process_that_has_ended_has_no_mounts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert volume._mounts(tmp_path / "mounts") == []
    monkeypatch.setattr(volume, "_mounts", lambda _table: [])
    require_disk(Scripted({}), writing_to("/data"))
