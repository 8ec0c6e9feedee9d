"""The glance as people see it: the answer on one screen, in whatever width and encoding, whatever went wrong."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bench
from bench import report
from bench.cli.terminal import Terminal
from bench.report import content
from bench.report.render import html, markdown, terminal
from bench.report.tables.glance import MARKS
from bench.sharing.formats import github
from bench.sharing.formats.source import Source
from tests.synthetic import write_run

PUBLISHED = Path(bench.__file__).parents[1] / "results/published"

Trials = list[dict[str, Any]]


def on_terminal(shown: content.Report, width: int = 80, encoding: str = "utf-8") -> list[str]:
    """Return the lines of the brief answer as a terminal of that width and encoding gets them."""
    raw = io.BytesIO()
    console = Terminal(file=io.TextIOWrapper(raw, encoding=encoding, write_through=True), width=width)
    console.print(terminal.brief(shown))
    return [line.rstrip() for line in raw.getvalue().decode(encoding).splitlines()]


def changed(folder: Path, change: Callable[[dict[str, Any], Trials], Trials]) -> content.Report:
    """Compose a scripted run whose manifest and trials were changed."""
    run = write_run(folder / "run", rounds=5, trouble=False)
    manifest = json.loads((run / "manifest.json").read_text())
    trials = change(manifest, [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()])
    (run / "manifest.json").write_text(json.dumps(manifest))
    (run / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    return report.compose(run)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("results") / "run")


@pytest.fixture(scope="module")
def composed(run: Path) -> content.Report:
    return report.compose(run)


@pytest.fixture(scope="module")
def cpu() -> content.Report:
    return report.compose(PUBLISHED / "cpu-bound-work")


@pytest.fixture(scope="module")
def sixteen() -> content.Report:
    return report.compose(PUBLISHED / "sixteen-isolations")


QUESTIONS = {
    "How long does Docker take to start?": r"^docker +.*\b1\d\d ms",
    "How many times bare's is that?": r"▼ worse 9\d\.\dx",
    "How sure is that?": r"\(8\d\.\d to 9\d\.\d\).*95 % interval|95 % interval.*\(8\d\.\d to 9\d\.\d\)",
    "Is Docker slower for CPU?": r"^docker .* \d{3} /s\n.*(= same|\? unsure|▼ worse) +0\.9\d+x$",
    "Is a VM slower for CPU?": r"^vm .* 4\d\.\d /s\nemulated .*▼ worse 0\.05\d+x$",
    "What does one more VM take?": r"^vm +2\.\d\d s +14\d MiB",
    "How much memory does an idle container hold?": r"^docker +\S+ ms +4\.\d\d MiB",
    "Is the VM a real one?": r"^vm .*\nemulated .*\n(.*\n)*This table does not tell what hardware virtualization costs",
    "Which could not be measured, and why?": r"^docker:runsc +(– not measured +){2}– not measured$\n(.*\n)*"
    r"Not measured: docker:runsc: the engine knows no runtime runsc\.$",
    "Did all go well?": r"84 of 84 planned trials were run; 82 ended well, 1 did not return, 1 spoiled",
    "On which machine, and when?": r"^run on fir, 2 x Scripted CPU 9000",
    "What of what people claim holds here?": r"^3 claims: 3 about what this run did not measure\.$",
}
"""What people ask of a quick run, and where its figure and its mark stand."""


@pytest.mark.parametrize("question", QUESTIONS)
def test_twelve_questions_are_answered_on_the_first_screen(composed: content.Report, question: str) -> None:
    screen = "\n".join(on_terminal(composed)[:24])
    if question == "How sure is that?":
        screen = screen.replace("\n", " ")
    assert re.search(QUESTIONS[question], screen, re.MULTILINE), screen


def test_a_quick_runs_answer_fits_the_screen(composed: content.Report) -> None:
    lines = on_terminal(composed)
    assert len(lines) + 3 <= 24, "two lines say where the report is, and one is the shell's"
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_no_line_is_cut_and_nothing_is_missing_in_any_width(composed: content.Report, width: int) -> None:
    lines = on_terminal(composed, width)
    text = " ".join(" ".join(lines).split())
    assert max(map(len, lines)) <= width
    for row in composed.glance.rows:
        for cell in row:
            for part in (cell.figure, cell.ratio, cell.word):
                assert part in text


def test_marks_differ_in_shape_and_word() -> None:
    assert len(set(MARKS.values())) == len(MARKS) == 7
    shown = [mark.translate(str.maketrans("▲▼–✗", "^v-x")) for mark in MARKS.values()]
    assert len(set(shown)) == 7


def test_without_colours_nothing_is_lost(composed: content.Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    raw = io.StringIO()
    Terminal(file=raw, width=80, force_terminal=True).print(terminal.brief(composed))
    assert "▼ worse" in raw.getvalue()
    assert not re.search(r"\x1b\[[\d;]*3\dm", raw.getvalue())
    monkeypatch.delenv("NO_COLOR")
    coloured = io.StringIO()
    Terminal(file=coloured, width=80, force_terminal=True).print(terminal.brief(composed))
    assert re.search(r"\x1b\[31m▼ worse", coloured.getvalue())


@pytest.mark.parametrize("width", [40, 80])
def test_a_terminal_without_utf_8_shows_it_all(composed: content.Report, width: int) -> None:
    text = "\n".join(on_terminal(composed, width, "ascii"))
    for mark in ("v worse", "- not measured"):
        assert mark in text
    raw = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Terminal(file=raw, width=width).print(terminal.render(composed))


def test_every_form_begins_with_the_same_table(run: Path, composed: content.Report) -> None:
    text, page = markdown.render(composed, lambda one: one.name), html.render(composed, lambda one: b"<svg></svg>")
    summary = github.render(Source(run)).decode()
    rows = list(zip(composed.glance.names, composed.glance.rows, strict=True))
    for made in (text, summary):
        assert made.index("▼ worse") < made.index("In short" if made is text else "Start-up:")
    assert page.index('class="glance ') < page.index('class="short"')
    cells = re.findall(r'<td[^>]*?(?: class="([a-z-]+)")?>(.*?)</td>', page.partition("</table>")[0])
    assert len(cells) == sum(len(row) for _, row in rows)
    for (style, cell), seen in zip(cells, (one for _, row in rows for one in row), strict=True):
        assert style == seen.word.replace(" ", "-")
        for part in (seen.figure, seen.ratio, seen.interval, seen.mark, seen.word):
            assert part in cell
            assert part.replace("|", "") in text
    assert '<th scope="row">vm (emulated)</th>' in page
    assert composed.glance.limits in page


def test_sixteen_isolations_take_a_line_each(sixteen: content.Report) -> None:
    lines = on_terminal(sixteen)
    assert len(lines) + 2 <= 30
    assert [line.split()[0] for line in lines if re.search(r"▼ worse +\S.*▼ worse", line)][-1] == "uml"
    assert any(re.match(r"vm:q35 \(emulated\) +2\.80 s", line) for line in lines)
    assert "Intervals: --verbose." in " ".join(lines)
    assert "95 % interval" not in " ".join(lines)


def test_what_the_shown_figure_hides_is_said(cpu: content.Report) -> None:
    assert "what 3 further figures show" in cpu.glance.limits
    text = "\n".join(on_terminal(cpu))
    assert re.search(r"docker +4470 /s +1\.01x +\(0\.999 to 1\.01\) += same", text)
    assert re.search(r"runsc +4330 /s .*\? unsure", text)


def test_one_isolation(tmp_path: Path) -> None:
    def alone(manifest: dict[str, Any], trials: Trials) -> Trials:
        manifest["isolations"] = {"bare": manifest["isolations"]["bare"]}
        return [one for one in trials if one["isolation"] == "bare"]

    text = "\n".join(on_terminal(changed(tmp_path, alone)))
    assert re.search(r"^bare +1\.9\d ms +\d\d\d KiB +8\d\d /s$", text, re.MULTILINE)
    assert "what isolation costs, since bare alone was asked for" in " ".join(text.split())


def test_no_bare(tmp_path: Path) -> None:
    def without(manifest: dict[str, Any], trials: Trials) -> Trials:
        del manifest["isolations"]["bare"]
        return [one for one in trials if one["isolation"] != "bare"]

    text = "\n".join(on_terminal(changed(tmp_path, without)))
    assert re.search(r"^docker +1\d\d ms +\? unsure", text, re.MULTILINE)
    assert "what is better or worse, since bare has no figures" in " ".join(text.split())
    assert "ratios" not in text


def test_all_failed(tmp_path: Path) -> None:
    def fail(_: dict[str, Any], trials: Trials) -> Trials:
        return [one | {"outcome": "failed", "reason": "it broke", "samples": []} for one in trials]

    text = "\n".join(on_terminal(changed(tmp_path, fail)))
    assert len(re.findall("✗ failed", text)) == 9
    assert "Failed: bare, docker and vm: 5 of 5 failed." in " ".join(text.split())


def test_nothing_was_measured(tmp_path: Path) -> None:
    text = "\n".join(on_terminal(report.compose(write_run(tmp_path / "run", trials=0))))
    assert "Nothing was measured" in text
    assert len(re.findall("– not measured", text)) == 12


@pytest.mark.parametrize("width", [40, 80])
def test_forty_isolations_and_names_of_sixty_letters(tmp_path: Path, width: int) -> None:
    long = "vm:" + "x" * 57

    def many(manifest: dict[str, Any], trials: Trials) -> Trials:
        copies = [f"docker:{number}" for number in range(36)]
        manifest["isolations"] |= dict.fromkeys(copies, manifest["isolations"]["docker"])
        manifest["isolations"][long] = manifest["isolations"].pop("vm")
        kept = [one | {"isolation": long if one["isolation"] == "vm" else one["isolation"]} for one in trials]
        short = [one for one in kept if one["scenario"] == "startup"]
        return [
            *short,
            *(one | {"isolation": name} for one in short if one["isolation"] == "docker" for name in copies),
        ]

    def numbered(manifest: dict[str, Any], trials: Trials) -> Trials:
        return [one | {"number": place + 1} for place, one in enumerate(many(manifest, trials))]

    shown = changed(tmp_path, numbered)
    lines = on_terminal(shown, width)
    assert max(map(len, lines)) <= width
    assert len(shown.glance.names) == 40
    text = "".join("".join(lines).split())
    assert text.count("▼worse") == 38
    assert all(f"docker:{number}" in text for number in range(36))
    assert re.sub(r"\d.*?", "", text).count("x" * 20) >= 1
