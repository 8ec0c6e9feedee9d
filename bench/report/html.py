"""A report as one self-contained HTML file: nothing is fetched, nothing is executed."""

from __future__ import annotations

import base64
from collections.abc import Callable

from jinja2 import Environment, PackageLoader, StrictUndefined

from bench.report.content import Picture, Report

Draw = Callable[[Picture], bytes]
"""Gives a picture's SVG."""


def render(report: Report, draw: Draw) -> str:
    """Return the whole report as HTML, each picture embedded as the SVG that ``draw`` gives."""

    def embed(picture: Picture) -> str:
        return "data:image/svg+xml;base64," + base64.b64encode(draw(picture)).decode("ascii")

    environment = Environment(
        loader=PackageLoader("bench.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("template.html.j2").render(report=report, embed=embed)
