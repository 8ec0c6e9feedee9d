from __future__ import annotations

import pytest

from bench.images.mmdebstrap import _complaint


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("E: Unable to locate package a\nE: Unable to locate package b", "bookworm has no package a, b"),
        ("E: Package 'a' has no installation candidate", "bookworm has no package a to install"),
        ("E: The repository 'x' does not have a Release file.", "no suite called 'bookworm'"),
        ("  Temporary failure resolving 'x'\nE: Failed to fetch x", "could not be reached"),
        ("E: unable to pick chroot mode automatically", "uidmap"),
        ("E: something else", "mmdebstrap failed: something else"),
        ("", "without a reason"),
    ],
)
def test_every_complaint_names_the_asker_and_the_remedy(line: str, expected: str) -> None:
    error = _complaint(["I: before", *line.splitlines()], suite="bookworm", wanted_by="image 'tiny'")
    assert expected in str(error)
    assert error.what.startswith("image 'tiny': ")
    assert error.remedy
    assert line in error.__notes__[0]
