"""What this machine's processors have, as images name it: held against what the C library finds."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from bench.images.debian import architecture

LOADER = Path("/lib64/ld-linux-x86-64.so.2")


def test_the_variant_is_the_one_that_the_c_library_finds() -> None:
    if not LOADER.exists():
        pytest.skip("only glibc on x86-64 says which variants a processor has")
    said = subprocess.run([LOADER, "--help"], capture_output=True, text=True, check=True).stdout
    found = max(re.findall(r"x86-64-(v\d) \(supported", said), default="v1")
    assert architecture.words() == ("amd64" if found == "v1" else f"amd64/{found}")
    assert architecture.rank("amd64", found) is not None
    assert architecture.rank("amd64", f"v{int(found[1:]) + 1}") is None


def test_what_names_nothing_is_for_this_machine_and_plain_is_the_least() -> None:
    here = architecture.current()
    assert architecture.rank("", "") == architecture.rank(here.debian, "") == architecture.rank("", here.plain) == 0
    assert architecture.rank("s390x", "") is None
    assert architecture.rank(here.debian, "v99") is None
