from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measuring.provision.drift import area, drift_between, moved_packages
from bench.measuring.provision.inventory import InventoryItem
from tests.records import by_metric

ENTRY = InventoryItem("file", 0o644, 0, 0, 0, "5f")

entries = st.builds(
    InventoryItem,
    st.sampled_from(["file", "directory"]),
    st.sampled_from([0o644, 0o600]),
    st.just(0),
    st.just(0),
    st.integers(0, 1),
    st.sampled_from(["", "a"]),
)
inventories = st.dictionaries(st.sampled_from([f"/{name}" for name in "abcdef"]), entries)


@given(inventories)
def test_nothing_drifts_from_itself(files: dict[str, InventoryItem]) -> None:
    assert drift_between(files, files).total == 0


@given(inventories, inventories)
def test_every_path_that_is_not_the_same_drifts_in_one_way_whoever_comes_first(
    one: dict[str, InventoryItem], other: dict[str, InventoryItem]
) -> None:
    drift = drift_between(one, other)
    paths = [*drift.content, *drift.metadata, *drift.presence]
    assert sorted(paths) == sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))
    assert drift_between(other, one) == drift


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        (replace(ENTRY, content="60"), "content"),
        (replace(ENTRY, kind="link"), "content"),
        (replace(ENTRY, content="60", mode=0o600), "content"),
        (replace(ENTRY, mode=0o600), "metadata"),
        (replace(ENTRY, owner=1), "metadata"),
        (replace(ENTRY, group=1), "metadata"),
        (replace(ENTRY, modified_s=1), "metadata"),
        (None, "presence"),
    ],
)
def test_the_way_a_file_drifts(changed: InventoryItem | None, kind: str) -> None:
    drift = drift_between({"/etc/passwd": ENTRY}, {"/etc/passwd": changed} if changed else {})
    assert getattr(drift, kind) == ("/etc/passwd",)
    assert list(drift.lines()) == [f"drift {kind} (configuration): /etc/passwd"]


@pytest.mark.parametrize(
    ("path", "lies"),
    [
        ("/var/log/dpkg.log", "logs"),
        ("/var/cache/ldconfig/aux-cache", "caches"),
        ("/var/lib/apt/lists/lock", "caches"),
        ("/usr/lib/python3/__pycache__/a.pyc", "caches"),
        ("/var/lib/dpkg/status", "package records"),
        ("/etc/machine-id", "identity"),
        ("/etc/shadow-", "identity"),
        ("/etc/ssh/ssh_host_ed25519_key", "identity"),
        ("/etc/ssh/sshd_config", "configuration"),
        ("/var/lib/mysql/ibdata1", "data"),
        ("/usr/bin/env", "programs"),
        ("/bin", "programs"),
    ],
)
def test_where_a_path_lies(path: str, lies: str) -> None:
    assert area(path) == lies


def test_samples_count_each_way_and_each_area() -> None:
    other = {"/var/lib/mysql/a": ENTRY, "/usr/bin/env": replace(ENTRY, modified_s=1), "/new": ENTRY}
    one = {"/var/lib/mysql/a": replace(ENTRY, content="0"), "/usr/bin/env": ENTRY}
    assert by_metric(drift_between(one, other).samples(3.0)) == {
        ("provision.drift", "content"): 1,
        ("provision.drift", "metadata"): 1,
        ("provision.drift", "presence"): 1,
        ("provision.drift", "total"): 3,
        ("provision.drift.content", "data"): 1,
    }


def test_packages_that_moved_are_named_with_both_versions() -> None:
    before, now = {"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}
    assert moved_packages(before, now) == ["b 1 -> 2", "c 1 -> not there", "d not there -> 1"]
