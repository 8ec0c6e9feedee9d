"""Plots that follow the reader's light or dark: every colour of a drawn SVG becomes a variable with two values."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterable

from bench.report.plots import style

_OWN = {style.INK: "#e6edf3", style.FAINT: "#9aa5b1", style.GRID: "#303842", style.PAPER: "#12161c"}
"""What is not data: the page's own colours in the dark."""

_COLOUR = re.compile(r'(?<!href=")(?<==")#([0-9a-f]{6})(?=")')
LEAST_CONTRAST = 3.0
"""What data keep at least between them and the page (W3C, WCAG 2.2, criterion 1.4.11)."""


def adapted(svg: str) -> str:
    """Return an SVG of ours with each colour as a variable that ``rules`` sets.

    The file keeps its literal colours where it is saved by itself: not every program reads variables.
    """
    return _COLOUR.sub(r"var(--c\1)", svg)


def rules(svgs: Iterable[str]) -> str:
    """Return the style that gives every colour in these SVGs its value, in light and in dark. Printed, it is light."""
    found = sorted({f"#{match[1]}" for svg in svgs for match in _COLOUR.finditer(svg)})
    light = "".join(f"--c{colour[1:]}:{colour};" for colour in found)
    dark = "".join(f"--c{colour[1:]}:{in_the_dark(colour)};" for colour in found)
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def in_the_dark(colour: str) -> str:
    """Return the colour (``#rrggbb``) that stands for one of ours on a dark page: the same hue, light enough."""
    if colour in _OWN:
        return _OWN[colour]
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    for percent in range(round(lightness * 100), 101):
        parts = colorsys.hls_to_rgb(hue, max(lightness, percent / 100), saturation)
        lighter = "#" + "".join(f"{round(part * 255):02x}" for part in parts)
        if contrast(lighter, _OWN[style.PAPER]) >= LEAST_CONTRAST:
            return lighter
    return _OWN[style.INK]


def contrast(one: str, other: str) -> float:
    """Return how two colours (``#rrggbb``) stand out from each other: from 1 to 21 (W3C, WCAG 2.2, contrast ratio)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue
