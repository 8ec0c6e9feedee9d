"""The words of the glossary, explained where a reader meets them first."""

from __future__ import annotations

import re
from functools import cache

from markupsafe import Markup, escape

from bench.model.glossary import GLOSSARY

TERMS = (
    "scenario", "workload", "service", "client", "image", "isolation", "envelope", "instance", "timeline", "arm",
    "cell", "step", "rung", "trial", "round", "sample", "outcome", "run", "claim", "verdict",
)  # fmt: skip
"""Words that mean here something of their own, and this wherever a report has them."""


def met(text: str) -> tuple[tuple[str, str], ...]:
    """Return the words of the glossary that a text has, each with its meaning, in the order of the text."""
    found = dict.fromkeys(match["word"].lower() for match in _word().finditer(text))
    return tuple((word, GLOSSARY[word].replace("`", "")) for word in found)


class Explained:
    """Marks up texts in reading order: a word of the glossary has its meaning as its title, the first time."""

    def __init__(self) -> None:
        self._met: set[str] = set()

    def __call__(self, text: str) -> Markup:
        """Return a text as HTML."""
        return Markup(_word().sub(self._first, str(escape(text))))

    def _first(self, match: re.Match[str]) -> str:
        word = match["word"].lower()
        if word in self._met:
            return match[0]
        self._met.add(word)
        return f'<abbr title="{escape(GLOSSARY[word].replace("`", ""))}">{match[0]}</abbr>'


@cache
def _word() -> re.Pattern[str]:
    """Match a word of the glossary, also in the plural; not in the middle of a longer name."""
    known = "|".join(TERMS)
    return re.compile(rf"(?<![\w&:./-])(?P<word>{known})s?(?![\w:/-]|\.\w)", re.IGNORECASE)
