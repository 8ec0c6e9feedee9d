"""A report as one self-contained HTML file: nothing is fetched, and nothing is executed but one script of our own.

The page's policy names that script and the style by their SHA-256 and forbids everything else, so that a script in any
text of a run stays text even where escaping should fail.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bench.report import dark
from bench.report.content import Picture, Report

Draw = Callable[[Picture], bytes]
"""Gives a picture's SVG."""


def render(report: Report, draw: Draw) -> str:
    """Return the whole report as HTML, each picture embedded as the SVG that ``draw`` gives, in two sets of colours."""

    def embed(picture: Picture) -> str:
        return "data:image/svg+xml;base64," + base64.b64encode(dark.adapted(draw(picture))).decode("ascii")

    environment = Environment(
        loader=PackageLoader("bench.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = _own("page.css"), _own("page.js")
    return environment.get_template("template.html.j2").render(
        report=report,
        embed=embed,
        style=Markup(style),  # ours, without any text of a run
        script=Markup(script),
        policy=policy(style, script),
    )


def policy(style: str, script: str) -> str:
    """Return a Content-Security-Policy that allows this style, this script and embedded pictures, and nothing else."""
    return (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _own(name: str) -> str:
    return resources.files("bench.report").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """Return a source's digest as a policy names it (W3C, Content Security Policy Level 3, section 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
