"""Which figures answer a scenario's question, and which stand among the details."""

from __future__ import annotations

import json
from pathlib import Path

from bench import report
from tests.synthetic import write_run


def test_what_an_instance_wrote_answers_no_question_and_stands_among_the_details(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=3, trouble=False)
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    for trial in trials:
        about = {"metric": "disk.written", "unit": "B", "better": "lower", "at_s": 1.0}
        trial["samples"].append({**about, "value": 4096.0 * trial["round"], "vantage": "processes:workload"})
    (run / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    sections = {section.anchor: section for section in report.compose(run).sections}
    leading = {name: [facet.table.title for facet in one.facets[: one.leading]] for name, one in sections.items()}
    assert not any("written" in title or "wrote" in title for titles in leading.values() for title in titles)
    assert leading["startup"] == ["Start-up, request to ready, lower is better"]
    details = [table.title for table in sections["cpu"].facets[0].details]
    assert "Bytes that its own processes wrote to disks, lower is better" in details
