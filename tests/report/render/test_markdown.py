"""Text of a run in Markdown: shown as it is, mentioning nobody and linking to nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import report
from bench.report.render import markdown
from tests.synthetic import write_run

APART = "\N{ZERO WIDTH SPACE}"


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("ask @octocat about it", "@octocat"),
        ("@github/security", "@github"),
        ("see https://evil.example/x", "https://evil"),
        ("see HTTP://evil.example", "HTTP://evil"),
        ("ftp://evil.example", "ftp://evil"),
        ("www.evil.example", "www.evil"),
        ("write to root@evil.example", "root@evil"),
        ("mailto:root@evil.example", "mailto:root"),
        ("xmpp:root@evil.example", "xmpp:root"),
        ("fixes #123", "#123"),
        ("owner/name#123", "name#123"),
        ("GH-123", "GH-123"),
    ],
)
def test_nobody_is_mentioned_and_nothing_is_linked_to(text: str, linked: str) -> None:
    shown = markdown.escape(text)
    assert linked not in shown.replace("\\", "")
    assert shown.replace("\\", "").replace(APART, "") == text


@pytest.mark.parametrize("text", ["n = 5 @ 95 %", "sha256:5f0c", "a: b", "C# 3", "12:30", "x86_64"])
def test_what_links_to_nothing_is_left_alone(text: str) -> None:
    assert APART not in markdown.escape(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# big", r"\# big"), ("- item", r"\- item"), ("-5 ms", "-5 ms"), ("~~gone~~", r"\~\~gone\~\~"),
        ("$x$", r"\$x\$"), ("&lt;b&gt;", r"\&lt;b\&gt;"), ("a & b", "a & b"), ("<b>|`*_[]\\", r"\<b\>\|\`\*\_\[\]\\"),
        ("two\n lines", "two lines"),
    ],
)  # fmt: skip
def test_markup_is_shown_as_it_is(text: str, shown: str) -> None:
    assert markdown.escape(text) == shown


def test_no_text_of_a_run_mentions_or_links_anywhere_in_its_report(tmp_path: Path) -> None:
    evil = "@octocat https://evil.example www.evil.example #7"
    run = write_run(tmp_path / "run", rounds=2)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["host"]["name"] = manifest["isolations"]["docker:runsc"]["reason"] = evil
    manifest["isolations"][evil] = manifest["isolations"].pop("docker")
    for scenario in manifest["scenarios"].values():
        scenario |= {"title": evil, "question": evil}
        for metric in scenario["metrics"]:
            metric["name"] = f"{metric['name']} {evil}"
    (run / "manifest.json").write_text(json.dumps(manifest))
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    for trial in trials:
        trial["isolation"] = evil if trial["isolation"] == "docker" else trial["isolation"]
        trial["reason"] = evil if trial["outcome"] != "ok" else ""
        for sample in trial["samples"]:
            if sample["metric"] in ("events_per_s", "latency_p95"):
                sample["metric"] += f" {evil}"
    (run / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    text = report.write(run).markdown.read_text()
    prose = "".join(part for turn, part in enumerate(text.split("```")) if turn % 2 == 0)
    assert prose.count("octocat") > 20
    for linked in ("@octocat", "https://", "www.", "#7"):
        assert linked not in prose.replace("\\", "")
