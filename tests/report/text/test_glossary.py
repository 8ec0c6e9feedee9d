"""Words of the glossary are explained once, the first time, from the one table there is."""

from __future__ import annotations

import re
from pathlib import Path

from bench import report
from bench.model.glossary import GLOSSARY
from bench.report.render import html, markdown
from bench.report.text.glossary import TERMS, Explained, met
from tests.synthetic import write_run


def test_every_term_is_in_the_glossary() -> None:
    assert set(TERMS) - GLOSSARY.keys() == set()


def test_a_word_is_met_also_in_the_plural_and_not_within_a_name() -> None:
    assert [word for word, _ in met("Trials of an isolation, a trial")] == ["trial", "isolation"]
    assert met("results/run, run.py, run-id, vm:run, trialling") == ()


def test_only_the_first_time_and_only_as_text() -> None:
    explained = Explained()
    first, again = explained("a <trial> & its rounds"), explained("a trial")
    assert first.startswith('a &lt;<abbr title="one fresh instance')
    assert first.count("<abbr") == 2
    assert "<abbr" not in again


def test_the_page_and_markdown_explain_what_the_glance_says(tmp_path: Path) -> None:
    shown = report.compose(write_run(tmp_path / "run", rounds=2))
    page = html.render(shown, lambda _picture: b"<svg></svg>")
    titles = re.findall(r'<abbr title="([^"]+)">', page)
    assert len(titles) == len(set(titles))
    text = markdown.render(shown, lambda picture: picture.name)
    above = text.partition("## In short")[0]
    for word in ("trial", "isolation"):
        assert f"{word}: {GLOSSARY[word]}".replace("`", "") in above.replace("\\", "").replace("`", "")
        assert any(GLOSSARY[word].replace("`", "").split(":")[0] in title for title in titles)
