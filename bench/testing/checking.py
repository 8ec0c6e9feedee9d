"""The contract on one isolation, by pytest: what came of each check, one after the other."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from bench.isolations.base import Guard, Isolation
from bench.model import Image

SUITE = Path(__file__).with_name("suite.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What came of one check."""

    check: str
    """For a person."""
    came: Literal["pass", "fail", "not applicable"]
    why: str = ""
    """What went wrong, or why it does not apply; empty where it passed."""


def check_contract(
    isolation: Isolation, image: Image, tell: Callable[[CheckResult], None], *, interruptible: Guard = nullcontext
) -> bool:
    """Run every check on an isolation that is ready; tell of each as it is over; return whether none has failed.

    ``interruptible`` is entered around what may be interrupted, and nowhere else. Raises such an interruption once the
    instance is down.
    """
    checking = _Checking(isolation, image, tell, interruptible)
    alone = ("-c", os.devnull, "--rootdir", str(SUITE.parent), "--confcutdir", str(SUITE.parent))
    plain = ("-p", "no:terminal", "-p", "no:cacheprovider", "--capture=no")
    status = pytest.main([*alone, *plain, str(SUITE)], plugins=[checking])
    if checking.ended_by is not None:
        raise checking.ended_by
    return status == pytest.ExitCode.OK


class _Checking:
    """A plugin of pytest: hands the suite its fixtures, and tells of each check."""

    def __init__(
        self, isolation: Isolation, image: Image, tell: Callable[[CheckResult], None], interruptible: Guard
    ) -> None:
        self._isolation = isolation
        self._image = image
        self._tell = tell
        self._interruptible = interruptible
        self._result: CheckResult | None = None
        self.ended_by: BaseException | None = None

    def pytest_configure(self) -> None:
        pytest.register_assert_rewrite("bench.testing.contract")  # so that a failure shows what was found

    @pytest.fixture(scope="session")
    def isolation(self) -> Isolation:
        return self._isolation

    @pytest.fixture(scope="session")
    def image(self) -> Image:
        return self._image

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        with self._interruptible():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        with self._interruptible():
            return (yield)

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        outcomes = (Exception, pytest.skip.Exception, pytest.fail.Exception)
        if call.excinfo is not None and not isinstance(call.excinfo.value, outcomes):
            self.ended_by = call.excinfo.value
            item.session.shouldstop = "interrupted"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        check = _words(report.nodeid)
        excused = dict(report.user_properties).get("excused")
        if report.failed:
            self._result = CheckResult(check=check, came="fail", why=_why(report))
        elif report.skipped and isinstance(report.longrepr, tuple):
            self._result = CheckResult(check=check, came="not applicable", why=report.longrepr[2].partition(": ")[2])
        elif report.when == "call":
            came: Literal["pass", "not applicable"] = "not applicable" if excused else "pass"
            self._result = CheckResult(check=check, came=came, why=str(excused or ""))
        if report.when == "teardown" and self._result is not None:
            self._tell(self._result)
            self._result = None


def _words(node: str) -> str:
    """Return a check's name as words, with its parameter behind a colon."""
    name, bracket, parameter = node.rpartition("::")[2].partition("[")
    words = name.removeprefix("test_").replace("_", " ")
    return f"{words}: {parameter.removesuffix(']')}" if bracket else words


def _why(report: pytest.TestReport) -> str:
    """Return an error's own words, the first lines of them."""
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = (crash.message if crash else str(report.longrepr)).splitlines()
    return " / ".join(line.strip() for line in lines[:4])
