#!/usr/bin/env bash
# Processes that are left behind, none up to one release and five from the next on: "No regressions found".
#
# Package: apache-otava==0.8.0 (PyPI), with those of its dependencies that a series and its report need
# Input: the counts of 20 releases, less is better (direction -1): ten times 0 and ten times 5; and, for comparison, from 1 to 6 and
#   from 5 to 0.
# One would expect: a change at the eleventh release in each, and the first two in the report that --output regressions_only prints.
# Seen 2026-11-29: all three changes are found, at the right place. 1 to 6 is +500 %, 5 to 0 is -100 %. 0 to 5 is 0 %, since a share
#   of nothing is taken for none; and what has not risen is no regression.
# What it costs: of all leaks, failures and lost requests, those that begin are the ones that a watch over releases passes over.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check "numpy==2.2.*" "scipy==1.16.*" tabulate dateparser pytz
"$work/venv/bin/pip" install -q --disable-pip-version-check --no-deps apache-otava==0.8.0
"$work/venv/bin/python" - <<'PYTHON'
from otava.report import Report, ReportType
from otava.series import Metric, Series

def watch(before, after):
    """Where and by how many per cent the count changes, and what is said of it."""
    counts = [float(before)] * 10 + [float(after)] * 10
    days = [1_767_225_600 + 86_400 * day for day in range(20)]
    releases = {"release": [f"1.{day}" for day in range(20)]}
    series = Series("release", None, days, {"left": Metric(direction=-1)}, {"left": counts}, releases)
    points = series.analyze().change_points_by_time
    [[change]] = [point.changes for point in points]
    verdict = Report(series, points).produce_report("the series", ReportType.REGRESSIONS_ONLY)
    return int(change.index), float(change.forward_change_percent()), verdict.splitlines()[0]

seen = [watch(0, 5), watch(1, 6), watch(5, 0)]
print(*seen, sep="\n")
none, some = "No regressions found in the series.", "Regressions in the series:"
assert seen == [(10, 0, none), (10, 500, some), (10, -100, none)], "the behaviour has changed"
PYTHON
