"""Who is skipped, who fails: in CI nothing may be missing but what the machine itself cannot give."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.isolations.base import Fault
from bench.isolations.fake import Fake
from bench.testing.launching import checked
from tests.records import image


class Lacking(Fake):
    of_host: bool

    def missing(self) -> Fault | None:
        return Fault(reason="this CPU has AMX", remedy="Use another", of_host=self.of_host)


@pytest.mark.parametrize(
    ("in_ci", "of_host", "ends"),
    [
        ("", False, pytest.skip.Exception),
        ("", True, pytest.skip.Exception),
        ("1", True, pytest.skip.Exception),
        ("1", False, pytest.fail.Exception),
    ],
)
def test_what_is_not_ready_is_skipped_with_its_reason_or_fails(
    in_ci: str, of_host: bool, ends: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", in_ci)
    lacking = Lacking("fir")
    lacking.of_host = of_host
    with pytest.raises(ends, match=r"fake: this CPU has AMX\. Use another"):
        checked(lacking, image(tmp_path))
