"""A report as one self-contained HTML file: nothing is fetched, and nothing is executed but one script of our own.

The page's policy names that script and the style by their SHA-256 and forbids everything else, so that a script in any
text of a run stays text even where escaping should fail.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from bench.report.blocks import Chapter, chapters
from bench.report.content import Picture, Report, Seen
from bench.report.render import dark
from bench.report.render.anchors import Anchors
from bench.report.text.glossary import Explained

DrawSvg = Callable[[Picture], bytes]
"""Gives a picture's SVG, as ``bench.report.plots.lean`` writes it."""

_HEAD = re.compile(r'^<svg xmlns="[^"]*"')
_NAMED = re.compile(r'(?<= id=")|(?<= href="#)|(?<="url\(#)')
"""Where a name stands, of what one SVG refers to within itself."""


def render(report: Report, draw: DrawSvg) -> str:
    """Return the whole report as HTML, each picture as the SVG that ``draw`` gives, in two sets of colours."""
    drawn = {picture.name: draw(picture).decode("utf-8") for picture in report.pictures}
    return page(_in_sight(chapters(report)), drawn)


def page(shown: tuple[Chapter, ...], drawn: Mapping[str, str]) -> str:
    """Return chapters as HTML, the first of kind ``head``, with the SVG of each of their pictures by name."""
    numbers = {name: f"p{number}" for number, name in enumerate(drawn)}

    def embed(picture: Picture) -> Markup:
        svg = _NAMED.sub(numbers[picture.name], dark.adapted(drawn[picture.name]))
        return Markup(_HEAD.sub(lambda _: f'<svg role="img" aria-label="{escape(picture.alt)}"', svg).strip())

    style, script = _own("page.css") + dark.rules(drawn.values()), _own("page.js")
    return template().render(
        chapters=shown,
        explain=Explained(),
        anchors=Anchors(shown),
        embed=embed,
        style=Markup(style),  # ours, without any text of a run
        script=Markup(script),
        policy=policy(style, script),
    )


@cache
def template() -> Template:
    """Return the page without what a report says; to compile it takes as long as to write a short report with it."""
    environment = Environment(
        loader=PackageLoader("bench.report.render", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["type"] = lambda block: type(block).__name__
    environment.filters["explained"] = _explained
    environment.filters["sorting"] = _sorting
    return environment.get_template("template.html.j2")


def _sorting(cell: str | Seen) -> Markup:
    """Return the attribute by which a page sorts a cell that stands for a number; nothing for another."""
    value = getattr(cell, "value", math.nan)
    return Markup("") if math.isnan(value) else Markup(f' data-value="{value}"')


@pass_context
def _explained(context: Context, text: str) -> Markup:
    explain: Explained = context["explain"]
    return explain(text)


def _in_sight(found: tuple[Chapter, ...]) -> tuple[Chapter, ...]:
    """Return chapters with the picture of every figure right below the glance: both are in sight before one scrolls."""
    named = {one.anchor: one for one in found}
    if not {"glance", "overview"} <= named.keys():
        return found
    others = [one for one in found if one.anchor != "overview"]
    place = others.index(named["glance"]) + 1
    return (*others[:place], named["overview"], *others[place:])


def policy(style: str, script: str) -> str:
    """Return a Content-Security-Policy that allows this style and this script, and nothing else."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _own(name: str) -> str:
    return resources.files("bench.report.render").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """Return a source's digest as a policy names it (W3C, Content Security Policy Level 3, section 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
