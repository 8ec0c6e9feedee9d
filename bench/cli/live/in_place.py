"""Lines at the foot of a terminal that are drawn over themselves.

rich's live display does so, too, but takes for granted that the terminal is as wide as when it drew last, and hides the
cursor, which a run that is killed cannot bring back. These lines need neither a timer nor a mode of the terminal.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from bench.cli.terminal import Terminal
from bench.store.sanitize import visible

_ECHO = 3
"""Columns left free at the end of a line: for the cursor, and for the ^C that a terminal shows."""


class InPlace:
    """What is drawn last on a terminal; the cursor stays behind its last character."""

    def __init__(self, console: Terminal) -> None:
        self._console = console
        self._lines: list[str] = []

    @property
    def width(self) -> int:
        """How many columns a line may have now."""
        return max(1, self._console.width - _ECHO)

    @property
    def height(self) -> int:
        """How many lines may be drawn now: one less than the terminal has, so that what is above stays in sight."""
        return max(1, self._console.height - 1)

    def draw(self, lines: Sequence[str]) -> None:
        """Draw these lines instead of those before, each cut to the terminal's width."""
        back, width = self._back(), self.width
        plain = [visible(line) for line in lines[: self.height]]
        self._lines = [set_cell_size(line, width).rstrip() if cell_len(line) > width else line for line in plain]
        self._write(back + "\n".join(self._lines))

    def erase(self) -> None:
        """Leave nothing, and the cursor at the beginning of a line."""
        self.draw(())

    def _back(self) -> str:
        """Return what brings the cursor to the first line and clears all from there.

        A terminal that has become narrower has broken the lines anew, each into as many as it needs now.
        """
        if not self._lines:
            return ""
        rows = sum(max(1, -(-cell_len(line) // self._console.width)) for line in self._lines)
        up = min(rows, self._console.height) - 1
        upwards = f"\x1b[{up}A" if up else ""
        return f"\r{upwards}\x1b[J"

    def _write(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()
