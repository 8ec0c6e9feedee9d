"""How `make docs` builds the site. Nothing is fetched: neither while it is built, nor by a page that is read."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx

import bench

DOCS = Path(__file__).parent
PUBLISHED = DOCS.parent / "results/published"

project = "Isobench"
author = "The Isobench authors"
project_copyright = author
version = release = bench.__version__
language = "en"
smartquotes = False  # an option is no dash

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"  # the system's own fonts; no other host is asked for anything
html_title = "Isobench"
html_copy_source = False
html_show_sphinx = False
html_math_renderer = "mathml"  # which browsers draw by themselves; MathJax would be fetched by whoever reads
exclude_patterns = ["README.md"]
pygments_style = "default"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4  # by the names that they have on GitHub
myst_url_schemes = {"http": None, "https": None, "published": "published/{{path}}"}
suppress_warnings = ["myst.header"]  # a page may begin with what stands in a section elsewhere

autodoc_typehints = "description"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}

OUTSIDE = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<path>(?:\.\./)+(?P<rest>[^)\s]+))\)")
"""A link from a page into what lies outside of this folder."""


def leading_out(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Let a link to a published report lead to its copy in the site; name another file of the repository instead."""
    here = (DOCS / docname).parent

    def led(link: re.Match[str]) -> str:
        target = (here / link["path"].partition("#")[0]).resolve()
        if target.is_relative_to(PUBLISHED) and target.exists():
            return f"[{link['text']}](published:{target.relative_to(PUBLISHED)})"
        if target.is_relative_to(DOCS) or not target.exists():
            return link[0]  # inside; or nowhere, which the build warns of
        named = str(target.relative_to(DOCS.parent))
        return f"`{named}`" if link["text"].strip("`") in (named, target.name) else f"{link['text']} (`{named}`)"

    source[0] = OUTSIDE.sub(led, source[0])


def with_published(app: Sphinx, exception: Exception | None) -> None:
    """Put the published reports into the site, each a page of its own that needs no other."""
    if exception is None:
        for report in sorted(PUBLISHED.glob("*/report.html")):
            place = Path(app.outdir) / "published" / report.parent.name
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(report, place)


def drawn(*, block: bool) -> Callable[[Any, Any], None]:
    """Return what writes a formula as MathML."""

    def visit(writer: Any, node: nodes.math | nodes.math_block) -> None:
        writer.body.append(tex2mathml(node.astext(), as_block=block))
        raise nodes.SkipNode

    return visit


def setup(app: Sphinx) -> None:
    """Say when the site's own parts are called."""
    app.connect("source-read", leading_out)
    app.connect("build-finished", with_published)
    app.add_html_math_renderer("mathml", (drawn(block=False), None), (drawn(block=True), None))
