#!/usr/bin/env bash
# Ten repetitions, sent to a worker one by one, are measured once.
#
# Packages: distributed==2026.8.0, dask==2026.8.0 (PyPI)
# Input: one worker, and a function that takes the time of something, submitted ten times; the same by map() over ten equal
#   parameters, and by the executor that the client offers in the manner of concurrent.futures.
# One would expect: ten calls each, as from every other executor.
# Seen 2026-11-29: one call each, and ten futures of one result. A task is named after the function and what it is given, and what
#   has a name that is already there is not computed again, unless pure=False is said; the executor does not say it either.
# What it costs: ten equal figures, which at least look odd; or, where results are let go of in between, some figures several
#   times over, and an interval that is too narrow.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check distributed==2026.8.0 dask==2026.8.0
cat > counted.py <<'PYTHON'
"""A module of its own, so that worker and client have one list: they are threads of one process here."""
import time

calls = []

def measure(size):
    begin = time.perf_counter_ns()
    calls.append(sum(range(size)))
    return time.perf_counter_ns() - begin
PYTHON
cat > submit.py <<'PYTHON'
import counted
from distributed import Client

def count(submit):
    """Calls and different results of ten repetitions."""
    counted.calls.clear()
    futures = submit()
    results = [future.result() for future in futures]
    assert len(results) == 10
    return len(counted.calls), len(set(results))

with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0") as client:
    executor = client.get_executor()
    seen = {
        "submit": count(lambda: [client.submit(counted.measure, 1000) for _ in range(10)]),
        "map": count(lambda: client.map(counted.measure, [2000] * 10)),
        "executor": count(lambda: [executor.submit(counted.measure, 3000) for _ in range(10)]),
        "submit, pure=False": count(lambda: [client.submit(counted.measure, 1000, pure=False) for _ in range(10)]),
    }
print("calls and different results:", seen)
assert [seen[name] for name in ("submit", "map", "executor")] == [(1, 1)] * 3, "the behaviour has changed"
assert seen["submit, pure=False"][0] == 10, "the behaviour has changed"
PYTHON
venv/bin/python submit.py
