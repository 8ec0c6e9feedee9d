"""Start-up: every mark of the timeline, in seconds since the request.

Raw marks only; durations between marks are made in analysis.
"""

from __future__ import annotations

from bench.isolations.timeline import Timeline
from bench.model import Sample


def timeline_samples(timeline: Timeline) -> list[Sample]:
    """Return one sample ``timeline.MARK`` (s) for each mark after the request."""
    samples = []
    for mark in timeline.marks_ns:
        since_s = timeline.since_request_s(mark)
        if mark != "requested" and since_s is not None:
            samples.append(
                Sample(
                    metric=f"timeline.{mark}",
                    value=since_s,
                    unit="s",
                    vantage="host",
                    better="lower",
                    at_s=since_s,
                )
            )
    return samples
