"""The history of runs as files: a page, Markdown, a feed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.analysis.history.history import History
from bench.report.blocks import Chapter
from bench.report.content import Picture
from bench.report.plots import gallery
from bench.report.render import atom, html, markdown
from bench.report.sections import history


def page(found: History) -> str:
    """Return a history as one self-contained HTML file."""
    shown = history.chapters(found)
    pictures = history.pictures(shown)
    with tempfile.TemporaryDirectory(prefix="isobench-") as folder:
        saved = gallery.save(pictures, Path(folder))
        return html.page(shown, {name: svg.read_text(encoding="utf-8") for name, (svg,) in saved.items()})


def text(found: History) -> str:
    """Return a history as Markdown; its pictures are on the page alone."""
    return markdown.page([_without_pictures(one) for one in history.chapters(found)], lambda picture: picture.name)


def feed(found: History) -> str:
    """Return the shifts of a history as an Atom feed."""
    return atom.render(found)


def _without_pictures(one: Chapter) -> Chapter:
    blocks = tuple(block for block in one.blocks if not isinstance(block, Picture))
    return Chapter(kind=one.kind, anchor=one.anchor, title=one.title, blocks=blocks)
