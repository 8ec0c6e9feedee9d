"""From a summary to what people read: tables, plots, Markdown, HTML."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from matplotlib.figure import Figure

from bench.analysis.garbage import left_alone
from bench.report.compose import compose
from bench.report.content import Picture, Report
from bench.report.plots import gallery, style
from bench.report.render import html, markdown
from bench.store.layout import PLOTS, REPORTS

__all__ = ["ReportPaths", "compose", "save", "warm", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPaths:
    """Where a report was written."""

    html: Path
    markdown: Path
    plots: tuple[Path, ...]


def write(run_dir: str | Path, *, png: bool = False) -> ReportPaths:
    """Write ``report.html``, ``report.md`` and ``plots/`` into the run folder, and return their paths.

    Plots are SVG and, with ``png``, PNG as well, which the Markdown then shows.
    Raises ResultsError when the run is missing, broken or from a newer Isobench.
    """
    return save(compose(run_dir), Path(run_dir), png=png)


def warm() -> None:
    """Do what the first report of a process would wait for: compile the page, find the fonts."""
    html.template()
    with TemporaryDirectory() as folder:
        gallery.save([Picture(name="warm", alt="", draw=_first_figure)], Path(folder))


def _first_figure() -> Figure:
    with style.settings():
        figure = style.figure(2.0)
        figure.subplots().set_title("Any words")
    return figure


@left_alone()
def save(report: Report, folder: Path, *, png: bool = False) -> ReportPaths:
    """Write a composed report into ``folder``, the page with its plots inside; ``png`` as in ``write``."""
    saved = gallery.save(report.pictures, folder / PLOTS, png=png)

    def draw(picture: Picture) -> bytes:
        return saved[picture.name][0].read_bytes()

    def address(picture: Picture) -> str:
        return f"{PLOTS}/{saved[picture.name][-1].name}"

    page, text = (folder / name for name in REPORTS)
    for path in (page, text):
        path.unlink(missing_ok=True)  # the file may have another name elsewhere, and keeps its content there
    page.write_text(html.render(report, draw), encoding="utf-8")
    text.write_text(markdown.render(report, address), encoding="utf-8")
    return ReportPaths(html=page, markdown=text, plots=tuple(path for pair in saved.values() for path in pair))
