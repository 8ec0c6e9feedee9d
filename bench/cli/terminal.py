"""The one way to a terminal: what is printed was made by others in part, and a terminal must not obey it.

A workload's last line, an archive's tags, an engine's message may hold escape sequences. They are shown, not sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from bench.store.sanitize import visible

_IN_ASCII = str.maketrans("▲▼–✗✓µ×“”‘’…±−│─\u00a0", "^v-x+ux\"\"''~+-|- ")
"""What stands for signs of ours where the terminal has them not; each is one column, so that tables stay tables."""


class Terminal(Console):
    """Prints on standard output or error. Text in square brackets is text, and control characters are shown."""

    def __init__(
        self,
        *,
        stderr: bool = False,
        file: IO[str] | None = None,
        force_terminal: bool | None = None,
        width: int | None = None,
    ) -> None:
        super().__init__(
            stderr=stderr, file=file, force_terminal=force_terminal, width=width,
            highlight=False, markup=False, emoji=False,
        )  # fmt: skip

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield what is to be written: rich's own control sequences as they are, all other text made plain."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else written(visible(text), self.encoding), style, control)


def written(text: str, encoding: str) -> str:
    """Return text in characters that an encoding has, as many: signs of ours in ASCII, ``?`` for any other."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_IN_ASCII).encode(encoding, "replace").decode(encoding)
    return text
