"""The list of what a workload finds everywhere, as the documentation shows it."""

from __future__ import annotations

import re
from pathlib import Path

from bench.testing.furnishing import CHECKS, table

DOCS = Path(__file__).parents[2] / "docs/reference/isolations.md"


def test_the_documentation_has_every_check_and_every_excuse_and_no_other() -> None:
    found = re.search(r"^\| check \| everywhere .*?(?=\n\n)", DOCS.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None
    assert found[0].splitlines() == table()


def test_nobody_is_excused_from_most_of_it() -> None:
    names = {name for check in CHECKS.values() for name in check.excuses}
    assert all(sum(name in check.excuses for check in CHECKS.values()) < len(CHECKS) / 4 for name in names)
