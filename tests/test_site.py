"""The documentation site: built without a warning, without a network, and no link of it leads nowhere."""

from __future__ import annotations

import resource
import subprocess
from pathlib import Path

import pytest

from tests.documented import REPOSITORY
from tests.site_links import dead

MOST_CPU_S = 30.0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as ``make docs`` does, where no other host is reached."""
    place = tmp_path_factory.mktemp("site")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["unshare", "--user", "--map-root-user", "--net", str(REPOSITORY / "tools/site"), str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert after.ru_utime - before.ru_utime < MOST_CPU_S
    return place


def test_every_document_is_a_page_that_is_led_to(site: Path) -> None:
    docs = REPOSITORY / "docs"
    pages = {str(path.relative_to(docs).with_suffix(".html")) for path in docs.rglob("*.md")}
    assert {page for page in pages if not (site / page).is_file()} == set()
    index = (site / "index.html").read_text(encoding="utf-8")
    assert {page for page in pages if "decisions/0" not in page and f'href="{page}"' not in index} == {"index.html"}


def test_what_is_generated_and_what_docstrings_say_is_there(site: Path) -> None:
    python = (site / "reference/python.html").read_text(encoding="utf-8")
    assert 'id="bench.analysis.figures.summary.summarize"' in python
    assert "<math" in (site / "explanation/mathematics.html").read_text(encoding="utf-8")
    assert "--precision" in (site / "reference/command-line.html").read_text(encoding="utf-8")
    reports = sorted(path.parent.name for path in (REPOSITORY / "results/published").glob("*/report.html"))
    assert sorted(path.name for path in (site / "published").iterdir()) == reports


@pytest.mark.parametrize(
    "link",
    ["no.html", "other.html#no", "#no", "https://", "no.png", "../out/of/it.html", "javascript:void"],
)
def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, link: str) -> None:
    (tmp_path / "other.html").write_text('<h1 id="yes">Other</h1>')
    right = '<a id="here" href="other.html#yes">1</a><a href="#here">2</a><a href="https://example.org/x">3</a>'
    (tmp_path / "page.html").write_text(f'{right}<a href="{link}">4</a>')
    assert list(dead(tmp_path)) == [f"page.html: {link}"]


def test_what_a_browser_would_fetch_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('<script src="https://example.org/x.js"></script>')
    assert list(dead(tmp_path)) == ["page.html: https://example.org/x.js"]
