import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from bench import report
from bench.report import content
from bench.report.render import terminal
from bench.report.text.words import EMULATED
from tests.synthetic import write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("results") / "run", rounds=3)


@pytest.fixture(scope="module")
def composed(run: Path) -> content.Report:
    return report.compose(run)


@pytest.fixture(scope="module")
def paths(run: Path, composed: content.Report) -> report.ReportPaths:
    return report.save(composed, run, png=True)


def on_terminal(shown: content.Report) -> str:
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(terminal.render(shown))
    return console.export_text()


class Loads(HTMLParser):
    """Collects every address a browser would fetch, and every element that runs something."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.elements: list[str] = []
        self.alts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "srcset", "data", "poster", "action"} and value:
                self.addresses.append(value)
            if tag == "svg" and name == "aria-label":
                self.alts.append(value or "")


def test_the_page_fetches_nothing_and_runs_one_script_of_its_own(paths: report.ReportPaths) -> None:
    text = paths.html.read_text()
    page = Loads()
    page.feed(text)
    assert page.addresses
    assert all(address.startswith("#") for address in page.addresses)
    assert not {"link", "iframe", "object", "embed"} & set(page.elements)
    assert page.elements.count("script") == 1
    assert not re.search(r"<[^>]+\s(style|on\w+)=", text), "the policy would refuse it"
    assert not re.search(r"https?://|url\((?!#)|@import", text)


def test_every_picture_says_what_it_shows(paths: report.ReportPaths, composed: content.Report) -> None:
    page = Loads()
    page.feed(paths.html.read_text())
    assert len(page.alts) == len(composed.pictures)
    assert {"overview", "startup-start-up", "memory-memory-idle", "cpu-events-per-s"} <= {
        one.name for one in composed.pictures
    }
    assert all(EMULATED in alt for alt in page.alts)


def test_pictures_are_written_twice_and_are_well_formed(paths: report.ReportPaths) -> None:
    assert sorted({path.suffix for path in paths.plots}) == [".png", ".svg"]
    for path in paths.plots:
        assert path.stat().st_size > 3000
        if path.suffix == ".svg":
            ET.parse(path)
    assert all(f"plots/{path.name}" in paths.markdown.read_text() for path in paths.plots if path.suffix == ".png")


def test_the_text_shows_svg_where_no_png_is_asked_for(composed: content.Report, tmp_path: Path) -> None:
    found = report.save(composed, tmp_path)
    assert sorted({path.suffix for path in found.plots}) == [".svg"]
    assert all(f"plots/{path.name}" in found.markdown.read_text() for path in found.plots)


def test_every_row_with_the_emulated_vm_says_so(paths: report.ReportPaths) -> None:
    cells = [cell.strip() for line in paths.markdown.read_text().splitlines() for cell in line.split("|")]
    html = re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", paths.html.read_text())
    for found in (cells, html):
        assert len([cell for cell in found if cell == "vm (emulated)"]) > 10
        assert not [cell for cell in found if re.match(r"vm\b(?! \(emulated\))", cell)]


def test_every_table_with_the_emulated_vm_carries_the_note(composed: content.Report) -> None:
    facets = [facet for section in composed.sections for facet in section.facets]
    shown = [table for facet in facets for table in (facet.table, *facet.details)]
    for table in shown:
        cells = [*table.head, *(cell for row in table.rows for cell in row)]
        assert any("vm" in cell for cell in cells) is any(EMULATED in note for note in table.notes)


def test_every_sentence_about_the_vm_says_emulated(composed: content.Report) -> None:
    about = [text for text in composed.summary if re.search(r"\bvm\b", text)]
    assert about
    assert all("emulated" in text for text in about)


def test_a_failed_trial_appears_with_reason_and_console(paths: report.ReportPaths) -> None:
    html, markdown = paths.html.read_text(), paths.markdown.read_text()
    assert "no start mark within 60 s" in html
    assert "no start mark within 60 s" in markdown
    assert "Kernel panic - not syncing: &lt;no init&gt; | found" in html
    assert "Kernel panic - not syncing: <no init> | found" in markdown
    assert "the host swapped 12 MiB during the trial" in markdown
    assert "vm (emulated): 1 of 3 did not return" in html


def test_what_did_not_run_appears_with_reason_and_remedy(paths: report.ReportPaths, composed: content.Report) -> None:
    for text in (paths.html.read_text(), paths.markdown.read_text(), on_terminal(composed)):
        assert "the engine knows no runtime runsc" in text
        assert "install gVisor and register runsc" in text


@pytest.mark.parametrize(
    "expected",
    [
        "this host is itself a virtual machine", "from the call that asks for the docker instance",
        "512 MiB memory",
        "5f0c" * 16, "seed 42", "How long until the first line?", "CPU-bound work is free in containers",
        "Felter et al., ISPASS 2015", "startup 3, memory 3, cpu 3", "disagrees with the host",
        "frequency governor",
    ],
)  # fmt: skip
def test_it_says(paths: report.ReportPaths, expected: str) -> None:
    assert expected in paths.html.read_text()
    assert expected in paths.markdown.read_text().replace("\\", "")


def test_figures_are_set_right_in_both(paths: report.ReportPaths) -> None:
    assert "| :--- | ---: | ---: | ---: | ---: | ---: |" in paths.markdown.read_text()
    assert re.search(r'<td data-value="0\.\d+" class="figure">\d[\d.]* ms</td>', paths.html.read_text())


def test_the_terminal_answers_first(composed: content.Report) -> None:
    lines = on_terminal(composed).splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("Start-up, request to ready"))
    assert re.match(r"  bare +1\.\d\d ms +1\.\d\d to \d\.\d\d ms +1 +3$", lines[start + 2].rstrip())
    assert "median" in lines[start + 1]
    assert "vm (emulated)" in lines[start + 4]


def test_the_same_run_gives_the_same_bytes(run: Path, paths: report.ReportPaths) -> None:
    before = paths.html.read_bytes(), paths.markdown.read_bytes()
    again = report.write(run, png=True)
    assert (again.html.read_bytes(), again.markdown.read_bytes()) == before


def test_an_interrupted_run_says_so_first(tmp_path: Path) -> None:
    shown = report.compose(write_run(tmp_path / "run", rounds=2, trials=7, interrupted="SIGINT"))
    assert shown.status.startswith("Interrupted by SIGINT: this run is not whole. 7 of 24 planned trials")
    assert shown.incomplete
    assert "Interrupted by SIGINT" in on_terminal(shown).splitlines()[0]


def test_nothing_measured_still_gives_a_report(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=1, trials=0)
    paths = report.write(run)
    for text in (paths.html.read_text(), paths.markdown.read_text(), on_terminal(report.compose(run))):
        assert "Nothing was measured" in text
    assert paths.plots == ()


def test_text_from_outside_is_escaped(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=1)
    document = json.loads((run / "manifest.json").read_text())
    document["scenarios"]["startup"]["question"] = "<script>alert(1)</script> | *x*"
    (run / "manifest.json").write_text(json.dumps(document))
    paths = report.write(run)
    assert "<script>alert" not in paths.html.read_text()
    assert r"\<script\>alert(1)\</script\> \| \*x\*" in paths.markdown.read_text()
