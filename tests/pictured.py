"""The README's pictures of published reports: a terminal, and in a browser the first screen of a desk and of a phone.

``tools/screenshots`` runs this module, after ``python -m bench report`` has made that report anew.
"""

from __future__ import annotations

import base64
import io
import re
import sys
from pathlib import Path

from rich.console import Console

from bench import report
from bench.report.render import terminal
from tests.documented import REPOSITORY
from tests.report import browsing

PAGE = REPOSITORY / "results/published/cpu-bound-work/report.html"
IMAGES = REPOSITORY / "docs/images"
SCREENS = {"report.png": (1280, 800, "light"), "report-phone.png": (390, 844, "dark")}
"""Width, height and scheme of each picture."""
ON_TERMINAL = "results/published/sixteen-isolations"
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""What a picture of a terminal would fetch from elsewhere; the reader's own font does as well."""


def take(folder: Path) -> list[Path]:
    """Write every picture into ``folder``, and return their paths. Raises RuntimeError where there is no browser."""
    browser = browsing.start()
    if browser is None:
        raise RuntimeError("no Chromium with its driver: apt-get install chromium chromium-driver")
    with browser:
        for name, (width, height, scheme) in SCREENS.items():
            browsing.show(browser, PAGE, scheme=scheme, width=width, height=height)
            taken = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
            (folder / name).write_bytes(base64.b64decode(taken["data"]))
    (folder / "terminal.svg").write_text(_FONTS.sub("", on_terminal()), encoding="utf-8")
    return [folder / name for name in (*SCREENS, "terminal.svg")]


def on_terminal() -> str:
    """Return, as SVG, what ``bench report`` shows of a published run on a terminal of 80 columns."""
    console = Console(file=io.StringIO(), width=80, record=True, force_terminal=True, highlight=False)
    console.print(f"$ python -m bench report {ON_TERMINAL}")
    console.print(terminal.brief(report.compose(REPOSITORY / ON_TERMINAL)))
    return console.export_svg(title="Isobench", unique_id="terminal")


if __name__ == "__main__":
    for path in take(IMAGES):
        sys.stdout.write(f"{path.relative_to(REPOSITORY)}\n")
