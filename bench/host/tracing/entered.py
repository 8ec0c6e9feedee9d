"""What a recording holds: which system calls were made, and which kernel functions entered, how often.

A line of the tracer's text, from ``Documentation/trace/ftrace.rst``; the third of the marks before the time tells the
context, and is a dot only in that of a process::

    # TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
      cat-19568   [000] ..... 13964.803034: sys_enter: NR 257 (ffffff9c, 7ffd, 0, 0, 0, 0)
      cat-19568   [000] d.h1. 13964.803040: update_process_times <-tick_nohz_handler
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

_LINE = re.compile(
    r".*-\d+\s+\[\d+\]\s+(?P<marks>\S{4,6})\s+[\d.]+: "
    r"(?:sys_enter: NR (?P<call>-?\d+) |(?P<function>[^\s:]+)(?: \[\S+\])? <-)"
)
_PROCESS = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """How often each was entered, outside of interrupts: system calls by number, kernel functions by name."""

    calls: Counter[int] = field(default_factory=Counter)
    functions: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Entered) -> Entered:
        return Entered(calls=self.calls + other.calls, functions=self.functions + other.functions)


def entered(lines: Iterable[str]) -> Entered:
    """Count what a trace holds; lines that tell of something else, or of an interrupt, are passed over."""
    found = Entered()
    for line in lines:
        match = _LINE.match(line)
        if match is None or match["marks"][2] != _PROCESS:
            continue
        if match["call"] is not None:
            found.calls[int(match["call"])] += 1
        else:
            found.functions[match["function"]] += 1
    return found
