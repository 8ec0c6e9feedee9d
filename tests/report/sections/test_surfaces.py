"""What instances reach, as a report shows it. FIXTURE: no value here was measured on anything."""

from __future__ import annotations

import json

import pytest

from bench.report.compose import compose
from bench.report.content import Section
from tests.synthetic import write_run

_COUNTS = {"answered": 300, "refused": 40, "needs_capability": 20, "absent": 35}
_REFUSED = "the kernel's tracer is refused: set_ftrace_pid: Operation not permitted"


def _reached(line: dict[str, object], *, functions: bool) -> dict[str, object]:
    """Make a start-up's trial one that asks what can be reached, with one function more in every round."""
    names = ["vfs_read", "vfs_write", f"rare_{line['round']}"]
    seen = {"surface.calls": "read=answered:EBADF", "surface.kernel": "the host's", "surface.cpus": "2 seen, 1 given"}
    counts = {f"surface.{name}": (count, "workload") for name, count in _COUNTS.items()}
    if functions:
        seen["surface.host_functions.files"] = " ".join(f"{name}:3" for name in names)
        counts["surface.host_functions"] = (len(names), "host")
        counts["surface.host_functions.files"] = (len(names) - 1, "host")
    else:
        seen["surface.no_host_functions"] = _REFUSED
    samples = [
        {"metric": metric, "value": value, "unit": "1", "vantage": vantage, "better": "lower", "at_s": 1.0}
        for metric, (value, vantage) in counts.items()
    ]
    return line | {"seen": seen, "samples": samples}


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> Section:
    """The section of a run in which functions could be traced on all but the machine."""
    folder = write_run(tmp_path_factory.mktemp("results") / "run", rounds=4, trouble=False)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["scenarios"]["startup"] |= {"surface": True, "metrics": [], "claims": []}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    lines = map(json.loads, (folder / "trials.jsonl").read_text().splitlines())
    changed = [
        _reached(line, functions=line["isolation"] != "vm") if line["scenario"] == "startup" else line for line in lines
    ]
    (folder / "trials.jsonl").write_text("".join(json.dumps(line) + "\n" for line in changed))
    return next(one for one in compose(folder).sections if one.anchor == "startup")


def test_answers_from_inside_are_counted_by_isolation(section: Section) -> None:
    inside = section.facets[0]
    assert inside.table.head == ("isolation", "answered", "refused", "needs a capability", "not there")
    assert inside.table.rows[0] == ("bare", "300", "40", "20", "35")
    assert inside.details[0].rows[0][1] == "the host's"


def test_functions_stand_with_what_no_round_has_seen(section: Section) -> None:
    rows = {row[0]: row for row in section.facets[1].table.rows}
    assert rows["bare"][1:3] == ("kernel functions", "3")
    assert rows["bare"][4:6] == ("6", "1")  # two in every round, one new in each
    assert float(rows["bare"][6]) == pytest.approx(6 + 3 / 4 * 4 * 3 / 2, abs=0.5)


def test_each_piece_of_work_has_a_column(section: Section) -> None:
    [parts] = section.facets[1].details
    assert parts.head == ("isolation", "what", "files")
    assert [row[1:] for row in parts.rows] == [("kernel functions", "2")] * len(section.facets[1].table.rows)


def test_what_could_not_be_traced_is_said_with_its_reason_and_has_no_row(section: Section) -> None:
    table = section.facets[1].table
    assert not [row for row in table.rows if row[0].startswith("vm")]
    assert any("unavailable, because" in note and "set_ftrace_pid" in note for note in table.notes)
