"""Start-up: every mark as it was set, nothing derived."""

from __future__ import annotations

from bench.isolations.timeline import Timeline
from bench.measuring.meters.startup import timeline_samples
from bench.model import Sample
from tests.records import by_metric


def test_every_mark_is_a_sample_in_seconds_since_the_request() -> None:
    timeline = Timeline()
    for name, at_s in (("requested", 10), ("start", 12), ("ready", 15)):
        timeline.mark(name, at_s * 1_000_000_000)
    assert timeline_samples(timeline) == [
        Sample(metric="timeline.start", value=2.0, unit="s", vantage="host", better="lower", at_s=2.0),
        Sample(metric="timeline.ready", value=5.0, unit="s", vantage="host", better="lower", at_s=5.0),
    ]


def test_a_start_that_failed_before_any_mark_gives_nothing() -> None:
    assert timeline_samples(Timeline()) == []


def test_a_mark_is_kept_to_the_nanosecond() -> None:
    timeline = Timeline()
    timeline.mark("requested", 1)
    timeline.mark("start", 2_000_000_002)
    assert by_metric(timeline_samples(timeline)) == {("timeline.start", "host"): 2.000000001}
