"""How the plots look: one colour per isolation throughout, and nothing told by colour alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import pairwise

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from bench.analysis.data.isolations import UNTOLD, IsolationFacts

INK = "#1f2328"
FAINT = "#6e7781"
GRID = "#d8dee4"
PAPER = "#ffffff"

# Okabe & Ito, "Color Universal Design", 2008: told apart with every common colour vision deficiency.
# Those of rows go before; then the darker ones of Paul Tol, "Colour Schemes", 2021, muted; yellow is faint on paper.
_SPARE = ("#56B4E9", "#D55E00", "#CC79A7", "#000000", "#882255", "#999933", "#332288", "#44AA99")

MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*", "h", "<", ">", "p", "d", "1", "2", "3", "4", "x", "+")
"""One per isolation of a picture, in reading order."""

HATCHES = ("", "///", "---", "xxx", "\\\\\\", "|||", "+++")
"""One per role of a stacked bar, beside its label; of lines alone: a pattern of dots is 300 KB of an SVG."""

WIDTH_INCHES = 8.6
ROW_LETTERS, LINE_LETTERS = 40, 92
"""What fits before a row, and across the page; longer text would leave no room to draw in."""
UNIT_LETTERS = 16

LEGEND_ROW_INCHES = 0.21
_LETTER_INCHES, _HANDLE_INCHES = 0.075, 0.7  # of a legend's label; of what stands before it and after it
SETTINGS = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same everywhere
    "font.size": 9.5,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "text.color": INK,
    "axes.titley": 1.0,  # else every layout looks for what a title might cover, for as long as it draws
    "text.parse_math": False,  # a dollar sign in a name is one
    "xtick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.color": FAINT,
    "ytick.labelcolor": INK,
    "hatch.linewidth": 0.7,
    "svg.fonttype": "none",  # text stays text, see lean
    "svg.hashsalt": "isobench",  # the same data give the same bytes
}


def settings() -> AbstractContextManager[None]:
    """Return the context in which figures are drawn and saved; it changes nothing outside."""
    return rc_context(SETTINGS)  # type: ignore[arg-type]


def colours(isolations: Iterable[str], facts: IsolationFacts = UNTOLD) -> dict[str, str]:
    """Return a colour for each isolation: its own where ``facts`` tell one, spare ones in order for the rest."""
    own = {name: facts.colour(name) for name in isolations}
    spare = [colour for colour in _SPARE if colour not in own.values()]
    others = sorted(name for name, colour in own.items() if not colour)
    return own | {name: spare[place % len(spare)] for place, name in enumerate(others)}


def figure(height_inches: float, *, h_pad: float = 0.11) -> Figure:
    """Return an empty figure of the report's width; ``h_pad``, in inches, keeps panels apart."""
    return Figure(figsize=(WIDTH_INCHES, height_inches), facecolor=PAPER, layout=ConstrainedLayoutEngine(h_pad=h_pad))


def legend_columns(labels: Sequence[str]) -> int:
    """Return how many columns a legend of these labels can have in the report's width; it is filled downwards."""
    fitting = [count for count in range(1, len(labels) + 1) if _legend_width(labels, count) <= WIDTH_INCHES]
    return max(fitting, default=1)


def legend_rows(labels: Sequence[str]) -> int:
    """Return how many rows a legend of these labels has."""
    return math.ceil(len(labels) / legend_columns(labels))


def _legend_width(labels: Sequence[str], columns: int) -> float:
    """Return about how wide a legend is, whose first columns may be longer by one than the last."""
    rows, longer = divmod(len(labels), columns)
    begins = [rows * column + min(column, longer) for column in range(columns + 1)]
    longest = [max(map(len, labels[first:last])) for first, last in pairwise(begins)]
    return sum(length * _LETTER_INCHES + _HANDLE_INCHES for length in longest)


def cut(text: str, most: int = LINE_LETTERS) -> str:
    """Return text whose lines fit a picture: of longer ones, their beginnings and their ends, which tell them apart."""
    return "\n".join(map(partial(_cut, most=most), text.split("\n")))


def _cut(line: str, most: int) -> str:
    tail = most // 3
    return line if len(line) <= most else f"{line[: most - tail - 1].rstrip()}…{line[-tail:].lstrip()}"


def clean(axes: Axes, *, across: bool = True) -> None:
    """Leave only what carries data: no frame, faint lines upright from an axis of figures (across: the lower one)."""
    axes.set_facecolor(PAPER)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x" if across else "y", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
