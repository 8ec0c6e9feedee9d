"""What happened at a limit, by the host's books, and of an instance that its limit has ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.host.accounting import AccountReading
from bench.isolations.fake import Fake
from bench.measuring.meters.limits import limit_samples
from bench.model import Kind, Metric
from bench.model.codes import AT_LIMIT
from tests.measuring.measured import measure
from tests.measuring.meters.instances import Scripted
from tests.records import by_metric, scenario

HAPPENED = Metric(name="at_limit", unit=AT_LIMIT, better="higher", pattern=r"^at limit: ([0-4])$", least=-1, most=4)


def test_the_books_tell_what_the_kernel_counts() -> None:
    books = AccountReading(oom_kills=1, forks_refused=7)
    assert by_metric(limit_samples(Scripted({}, books), at_s=1.0)) == {
        ("limit.oom_kills", "cgroup"): 1.0,
        ("limit.forks_refused", "cgroup"): 7.0,
    }
    assert limit_samples(Scripted({}), at_s=1.0) == []
    assert limit_samples(Scripted({}, AccountReading()), at_s=1.0) == []


@pytest.mark.usefixtures("quiet_host")
@pytest.mark.parametrize(
    ("words", "beyond", "kind", "happened"),
    [
        (("say", "at limit: 2"), True, Kind.OK, [2.0]),
        (("say", "asking", "die"), True, Kind.OK, [4.0]),
        (("say", "asking", "die"), False, Kind.FAILED, []),
    ],
)
def test_an_instance_that_its_limit_ends_is_a_result_where_that_is_asked(
    fake: Fake, tmp_path: Path, words: tuple[str, ...], beyond: bool, kind: Kind, happened: list[float]
) -> None:
    of = replace(scenario(*words, metrics=[HAPPENED]), outgrows_memory=beyond)
    measurement, _console = measure(fake, of, tmp_path)
    assert measurement.outcome.kind is kind
    assert [one.value for one in measurement.samples if one.metric == "at_limit"] == happened
