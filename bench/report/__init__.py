"""From a summary to what people read: tables, plots, Markdown, HTML."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.report import gallery, html, markdown
from bench.report.compose import compose
from bench.report.content import Picture, Report
from bench.report.garbage import left_alone

__all__ = ["ReportPaths", "compose", "save", "write"]

PLOTS = "plots"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPaths:
    """Where a report was written."""

    html: Path
    markdown: Path
    plots: tuple[Path, ...]


def write(run_dir: str | Path) -> ReportPaths:
    """Write ``report.html``, ``report.md`` and ``plots/`` into the run folder, and return their paths.

    Raises ResultsError when the run is missing, broken or from a newer Isobench.
    """
    return save(compose(run_dir), Path(run_dir))


@left_alone()
def save(report: Report, folder: Path) -> ReportPaths:
    """Write a composed report into ``folder``: each plot as PNG and as SVG, the page with the SVGs inside."""
    saved = gallery.save(report.pictures, folder / PLOTS)

    def draw(picture: Picture) -> bytes:
        return saved[picture.name][1].read_bytes()

    page, text = folder / "report.html", folder / "report.md"
    page.write_text(html.render(report, draw), encoding="utf-8")
    text.write_text(markdown.render(report, lambda picture: f"{PLOTS}/{picture.name}.png"), encoding="utf-8")
    return ReportPaths(html=page, markdown=text, plots=tuple(path for pair in saved.values() for path in pair))
