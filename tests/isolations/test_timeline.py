"""The timeline: the first setting of a mark holds, nothing comes before the request."""

from __future__ import annotations

import pytest

from bench.isolations.timeline import Timeline


def test_the_first_setting_of_a_mark_holds() -> None:
    timeline = Timeline()
    for name, at_ns in (("requested", 10), ("start", 20), ("start", 30), ("requested", 5)):
        timeline.mark(name, at_ns)
    assert dict(timeline.marks_ns) == {"requested": 10, "start": 20}


def test_what_comes_before_the_request_is_not_of_the_instance() -> None:
    timeline = Timeline()
    timeline.mark("gate", 1)
    timeline.mark("requested", 2)
    assert list(timeline.marks_ns) == ["requested"]


def test_durations_count_from_the_request() -> None:
    timeline = Timeline()
    timeline.mark("requested", 1_000_000_000)
    timeline.mark("ready", 3_500_000_000)
    assert timeline.since_request_s("ready") == 2.5
    assert timeline.since_request_s("requested") == 0.0
    assert timeline.since_request_s("gone") is None
    assert Timeline().since_request_s("ready") is None


def test_marks_are_read_only_and_do_not_follow() -> None:
    timeline = Timeline()
    timeline.mark("requested", 1)
    marks = timeline.marks_ns
    timeline.mark("start", 2)
    assert list(marks) == ["requested"]
    with pytest.raises(TypeError):
        marks["start"] = 3  # type: ignore[index]  # the point of the test
