"""A scenario with arms and steps: one section, all settings side by side."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from bench import report
from bench.report import content
from bench.report.render import terminal
from bench.report.tables import figures
from bench.report.text.words import EMULATED
from tests.synthetic import write_run
from tests.synthetic_service import NO_HOST_NETWORK, write_service_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_service_run(tmp_path_factory.mktemp("results") / "run")


@pytest.fixture(scope="module")
def composed(run: Path) -> content.Report:
    return report.compose(run)


@pytest.fixture(scope="module")
def section(composed: content.Report) -> content.Section:
    (found,) = composed.sections
    return found


@pytest.fixture(scope="module")
def paths(run: Path, composed: content.Report) -> report.ReportPaths:
    return report.save(composed, run)


def on_terminal(shown: content.Report, width: int = 110) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(terminal.render(shown))
    return console.export_text()


def test_all_settings_are_in_one_section_in_reading_order(section: content.Section) -> None:
    assert [facet.table.title for facet in section.facets] == [
        "Transactions per s, higher is better",
        "Latency p95, lower is better",
        "Idle memory by role, lower is better",
        "Memory at load by role, lower is better",
        "Start-up, request to ready: first answer, TCP answer that holds '^.' (without a network: its console says "
        "“ready for connections”), lower is better",
    ]
    assert all(facet.picture for facet in section.facets)


def test_a_metrics_table_has_a_row_per_setting_and_says_what_is_missing(section: content.Section) -> None:
    table = section.facets[0].table
    assert table.head == (
        "arm", "work", "threads", "bare", "docker", "docker / bare", "vm (emulated)", "vm (emulated) / bare",
    )  # fmt: skip
    assert (len(table.rows), table.names, table.grouped) == (32, 3, True)
    rows = {row[:3]: row[3:] for row in table.rows}
    assert re.match(r"0\.\d+x \(0\.\d+ to [01]\.\d+\)$", rows["socket, layer", "read", "8"][2])
    assert rows["host, volume", "read", "8"][3:] == ("not offered", "")
    assert rows["published, volume", "write", "256"][3:] == ("5 of 5 did not return", "")
    assert (table.notes[0], table.notes[3]) == (
        "Medians of n = 4 to 5 trials; beside them the ratio to bare with its 95 % interval.",
        f"vm: {EMULATED}.",
    )


def test_the_details_have_costs_and_every_interval(section: content.Section) -> None:
    titles = [table.title for table in section.facets[0].details]
    assert titles == [
        "Transactions per s, per host CPU-second, higher is better",
        "Host CPU-seconds per 1000 transactions, lower is better",
        "Transactions per s: every figure with its interval",
    ]
    cost = section.facets[0].details[1]
    assert re.match(r"\d[\d.]* CPU-s$", cost.rows[0][3])
    every = section.facets[0].details[2]
    assert len(every.rows) == 32 * 2 + 16
    assert every.head[3:] == ("isolation", *figures.FULL_HEAD)


def test_memory_is_by_role_with_its_residual_idle_and_at_load(section: content.Section) -> None:
    idle, load = section.facets[2:4]
    for facet in (idle, load):
        assert facet.table.head == (
            "arm", "isolation", "workload", "shim", "vmm", "sum of PSS", "shared engine", "control group",
            "fall of MemAvailable", "residual: fall - PSS",
        )  # fmt: skip
        assert len(facet.table.rows) == 4 * 3 - 2
    views = idle.details[1]
    assert views.head == ("arm", "seen as", "bare", "docker", "vm (emulated)")


def test_the_teardown_is_among_the_details_of_the_start(section: content.Section) -> None:
    (steps,) = section.facets[4].details
    assert ("published, layer", "docker", "teardown, until verified gone") in {row[:3] for row in steps.rows}


def test_what_was_left_out_and_what_was_lost_is_said(section: content.Section) -> None:
    assert section.left_out == (f"Left out: vm at host, volume: {NO_HOST_NETWORK}.",)
    lost = dict(section.facts)["trials left out"]
    assert lost == (
        "bare at socket, layer: 1 of 5 spoiled; docker at published, layer: 1 of 5 failed; "
        "vm (emulated) at published, volume: 5 of 5 did not return"
    )


def test_the_facts_tell_arms_and_steps_apart(section: content.Section) -> None:
    facts = dict(section.facts)
    assert facts["arm host, volume"] == "network host, storage volume, client on the host"
    assert facts["steps, all in the same instance"] == "work = read, write; threads = 1, 8, 64, 256"
    assert "network" not in facts["envelope of every instance"]


def test_the_summary_is_a_sentence_per_isolation(section: content.Section) -> None:
    docker, machine = section.summary
    assert re.match(
        r"docker reaches 0\.7\d+ to 1\.\d+ times bare's transactions per s over 32 settings, furthest at published, "
        r"\w+, \w+, threads = 8 \(0\.7\d+ times, 0\.\d+ to 0\.\d+\); at \d+ of them the two cannot be told apart\.$",
        docker,
    )
    assert machine.startswith("vm (emulated) reaches 0.05")


def test_a_page_folds_the_details_and_groups_by_the_first_parameter(paths: report.ReportPaths) -> None:
    html = paths.html.read_text()
    assert html.count('scope="rowgroup" colspan="7">arm: socket, layer</th>') == 4  # two metrics, two costs
    assert re.search(r'<details id="[^"]+"><summary>Transactions per s: every figure with its interval</summary>', html)
    assert (
        "<details><summary>Transactions per s: every figure with its interval</summary>" in paths.markdown.read_text()
    )


def test_a_terminal_shows_ratios_of_the_first_metric_and_the_verdicts(composed: content.Report) -> None:
    text = on_terminal(composed)
    assert max(map(len, text.splitlines())) <= 110
    assert "Latency" not in text
    (row,) = [line for line in text.splitlines() if "socket, layer, read, threads = 64 " in line]
    assert re.search(r"\d+ /s +0\.\d+x \(.*\) +0\.0\d+x \(.*\)", row)
    assert re.search(r"✗ refuted +NAT is free\. +– +0\.7\d+ to 0\.8\d+x", text)
    assert "Not measured in this run: 3 claims." in text
    assert "gVisor's overhead" not in text


def test_claims_stand_side_by_side_with_what_was_published(composed: content.Report) -> None:
    near, nat, *_ = composed.claims
    assert composed.tally == "8 claims: 3 refuted, 2 undecided, 3 about what this run did not measure."
    assert near.source == "Felter et al. 2014 (recomputed from its authors' raw data)"
    assert near.claimed == "transactions per s: docker / bare at least 0.93x"
    assert near.published == "0.97 of native or more"
    assert re.match(r"0\.9\d+ to 1\.0\d+x \(intervals 0\.\d+ to 1\.0\d\) over 2 settings$", near.here)
    assert near.settings is not None
    assert near.settings.head == ("threads", "verdict", "here, with interval", "why")
    assert (nat.mark, nat.verdict) == ("✗", "refuted")
    ready = next(one for one in composed.claims if "half a second" in one.says)
    assert ready.claimed == "time until ready: docker at most 500 ms"


@pytest.mark.parametrize("word", ["undecided", "refuted", "not testable here"])
def test_a_verdict_is_a_word_wherever_it_is_shown(paths: report.ReportPaths, word: str) -> None:
    assert re.search(rf'<p class="verdict \w+"><span aria-hidden="true">.</span> {word}</p>', paths.html.read_text())
    assert re.search(rf"^(?:###|-) . {word}: “", paths.markdown.read_text(), re.MULTILINE)


def test_every_provenance_is_spelled_out(composed: content.Report) -> None:
    sources = " ".join(one.source for one in composed.claims)
    for said in ("recomputed from its authors' raw data", "through a third party's notes", "recalled, not looked up"):
        assert said in sources


def test_claims_are_escaped(tmp_path: Path) -> None:
    run = write_service_run(tmp_path / "run", rounds=1)
    document = json.loads((run / "manifest.json").read_text())
    document["scenarios"]["mysql"]["claims"][0]["says"] = "<script>alert(1)</script> | *x*"
    (run / "manifest.json").write_text(json.dumps(document))
    paths = report.write(run)
    assert "<script>alert" not in paths.html.read_text()
    assert r"\<script\>alert(1)\</script\> \| \*x\*" in paths.markdown.read_text()


def test_a_single_round_still_gives_a_report(tmp_path: Path) -> None:
    shown = report.compose(write_service_run(tmp_path / "run", rounds=1))
    assert {one.verdict for one in shown.claims} == {"undecided", "not testable here"}
    on_terminal(shown)


def test_a_service_that_never_came_to_its_steps_has_no_metrics_but_a_start(tmp_path: Path) -> None:
    (section,) = report.compose(write_service_run(tmp_path / "run", rounds=3, steps=False)).sections
    assert [facet.table.title.split(",")[0] for facet in section.facets] == [
        "Idle memory by role", "Memory at load by role", "Start-up",
    ]  # fmt: skip
    assert section.summary


def test_metrics_that_nobody_foresaw_are_shown_with_their_unit_and_vantage(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=3)
    lines = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    for line in lines:
        about = {"better": "lower", "at_s": 1.0}
        line["samples"] += [
            {"metric": "provision.drift", "value": 0.0, "unit": "files", "vantage": "total", **about},
            {"metric": "provision.drift", "value": 3.0, "unit": "files", "vantage": "content", **about},
        ]
        line["samples"] += [
            {
                "metric": "density.change",
                "value": (n - 2) * 1e6,
                "unit": "B",
                "vantage": "host",
                "step": {"n": n},
                **about,
            }
            for n in range(5 if line["scenario"] == "memory" else 0)
        ]
    (run / "trials.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    shown = report.compose(run)
    report.save(shown, run)
    found = {section.anchor: [facet.table.title for facet in section.facets] for section in shown.sections}
    assert "Density change, lower is better" in found["memory"]
    for anchor in ("startup", "memory", "cpu"):
        assert "Provision drift, lower is better" in found[anchor]
    drift = next(facet for facet in shown.sections[0].facets if "drift" in facet.table.title)
    assert drift.table.head == ("of which", "bare", "docker", "vm (emulated)")
    assert drift.table.rows == (("content", *["3.00 files"] * 3), ("total", *["0 files"] * 3))


def test_a_figure_of_one_setting_alone_has_its_brief_table_too(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=6, trouble=False)
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    for trial in trials:
        if trial["parameters"].get("threads") == 2:
            trial["samples"] = [one for one in trial["samples"] if one["metric"] != "events_per_s"]
    (run / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    [cpu] = [one for one in report.compose(run).sections if one.anchor == "cpu"]
    assert cpu.facets[0].table.head == ("isolation", *figures.FULL_HEAD)
    assert cpu.facets[0].brief == figures.brief(cpu.facets[0].table)
