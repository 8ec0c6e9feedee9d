"""A number in a line of output: whole, or not at all.

A pattern may end before its number does, and the rest would be lost without a word: ``([0-9.]+)`` finds 5.7 in
``5.7e+06``. So what stands before and behind the group is looked at. A unit that follows must be named by the pattern,
or be taken by the group: a tool that says ``980us`` in one isolation says ``1.02ms`` in another.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from bench.errors import BenchError
from bench.measuring.meters.units import in_unit, is_other_size, others
from bench.model.patterns import LONGEST_LINE, MOST_MATCHES, Match, Pattern, PatternError, pattern

ANY_NUMBER = r"([-+]?[0-9.](?:[-+.,0-9eE]*[0-9])?[a-zA-Zµ/]*)"
"""The group that takes every form that is read here, its unit included."""

_FORM = re.compile(
    r"([-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)(\D*)"
)
_MORE_BEHIND = re.compile(r"[0-9]|\.[0-9]|[eE][-+]?[0-9]|\s?[*·×]\s?10[\^⁰¹²³⁴-⁹⁻*]")
_MORE_AHEAD = re.compile(r"(?:[0-9]\.?|[0-9][eE][-+]?|(?<![\w.])\.|\b0[xX][0-9a-fA-F]*)$")
_SPACED = "_'’\N{NO-BREAK SPACE}\N{FIGURE SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}"
"""What some languages put between thousands, beside commas and dots. A common blank also stands between numbers."""
_GROUPED = re.compile(r"[-+]?[0-9]{1,3}")
_GROUPED_BEHIND = re.compile(rf"[,{_SPACED}][0-9]{{3}}(?![0-9])|:[0-9]{{2}}")
_GROUPED_AHEAD = re.compile(rf"[0-9][,:{_SPACED}]$")
_BEFORE_COMMA = re.compile(r"[-+]?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+)")
"""What may go on behind a comma as a fraction, as much of Europe writes it."""
_SIGN_AHEAD = re.compile(r"(?<![^\s=:(\[,;\"'])[-\N{MINUS SIGN}]$")
_UNIT_BEHIND = re.compile(r"[^\W\d_]+")
_UNIT_APART = re.compile(r"(\s+[\[(]?)([^\W\d_]+(?:/[^\W\d_]+)?)")
_TOKEN = re.compile(rf"[-+\w.,:*^·×\N{{MINUS SIGN}}{_SPACED}]*")
_OTHER = (" ", "x", "")
"""What may stand in the place of a sign or separator, to see whether a pattern looks at it."""


class MetricError(BenchError):
    """The workload's output does not hold a metric that the scenario names."""


def matched_number(found: Match, of: Pattern, what: str, unit: str) -> float:
    """Return the number that a pattern's group holds, in ``unit``.

    Raises MetricError, naming ``what``, where it is none, is a part of a longer one, or is followed by a unit that
    the pattern takes no note of.
    """
    if not found.whole:
        raise MetricError(
            f"{what}: the pattern {of.text!r} matches in a line longer than {LONGEST_LINE >> 10} KiB, or more than "
            f"{MOST_MATCHES} times: which match is the last is not looked for",
            remedy="Have the figure printed on a line of its own",
        )
    value = _read(found.group, what, unit)
    ahead, behind = found.line[: found.begin], found.line[found.end :]
    if _is_part(found, of, ahead, behind):
        begun, rest = _TOKEN.match(ahead[:-40:-1]), _TOKEN.match(behind[:40])
        whole = f"{begun[0][::-1] if begun else ''}{found.group}{rest[0] if rest else ''}"
        raise _cut(found, of, f"{what}: {found.group!r} is a part of {whole!r}", unit)
    if (scale := _UNIT_BEHIND.match(behind)) and _sees_any(found, of, ahead, _with_others(scale[0], behind)):
        raise _cut(found, of, f"{what}: {scale[0]!r} follows {found.group!r}, and the pattern does not say so", unit)
    if (apart := _UNIT_APART.match(behind)) and is_other_size(apart[2], unit):
        behinds = (apart[1] + other + behind[apart.end() :] for other in others(apart[2]))
        if _sees_any(found, of, ahead, behinds):
            where = f"where {unit!r} is meant, in the line {found.line[:200]!r}"
            raise MetricError(
                f"{what}: {apart[2]!r} follows {found.group!r} {where}",
                remedy="Name the unit behind the group, and give the metric that unit",
            )
    return value


def finite(value: float, what: str) -> float:
    """Return a value. Raises MetricError where it is not finite."""
    if not math.isfinite(value):
        raise MetricError(f"{what}: {value} is not a finite number")
    return value


def _read(text: str | None, what: str, unit: str) -> float:
    form = _FORM.fullmatch((text or "").strip())
    if form is None:
        raise MetricError(f"{what}: {str(text)[:80]!r} is not a number")
    scale = in_unit(form[2].strip(), unit)
    if scale is None:
        raise MetricError(
            f"{what}: {text!r} is not a number of {unit!r}", remedy="Have it printed in that unit, whatever its size"
        )
    return finite(float(form[1].replace(",", "")) * scale, what)


def _is_part(found: Match, of: Pattern, ahead: str, behind: str) -> bool:
    """Whether digits, an exponent or a sign belong to the number that the group does not hold.

    What stands between numbers as well as in them, a comma or a hyphen, is let pass where the pattern names it.
    """
    group = found.group or ""
    if _MORE_BEHIND.match(behind) or _MORE_AHEAD.search(ahead):
        return True
    grouped = _GROUPED.fullmatch(group) and _GROUPED_BEHIND.match(behind)
    in_list = ahead.endswith(",") or not re.match(r",[0-9]", behind)
    if grouped or (not in_list and _BEFORE_COMMA.fullmatch(group)):
        return _sees_any(found, of, ahead, (other + behind[1:] for other in _OTHER[:2]))
    if _is_end(ahead, group) or (_SIGN_AHEAD.search(ahead) and group[:1] not in "-+"):
        return any(_sees(found, of, ahead[:-1] + other, behind) for other in _OTHER)
    return False


def _is_end(ahead: str, group: str) -> bool:
    """Whether the group may be the end of a number that has begun before it."""
    if not _GROUPED_AHEAD.search(ahead):
        return False
    if ahead.endswith(",") and group.isdecimal():
        return True  # a fraction, or thousands
    return re.match(rf"[0-9]{'{2}' if ahead.endswith(':') else '{3}'}(?![0-9])", group) is not None


def _with_others(unit: str, behind: str) -> Iterable[str]:
    return (other + behind[len(unit) :] for other in others(unit))


def _sees_any(found: Match, of: Pattern, ahead: str, behinds: Iterable[str]) -> bool:
    return any(_sees(found, of, ahead, behind) for behind in behinds)


def _sees(found: Match, of: Pattern, ahead: str, behind: str) -> bool:
    """Whether the pattern finds the same in other surroundings: then it has not looked at what was other."""
    group = found.group or ""
    other = of.last(f"{ahead}{group}{behind}")
    return other is not None and (other.begin, other.group) == (len(ahead), group)


def _cut(found: Match, of: Pattern, what: str, unit: str) -> MetricError:
    """Return the error, with a pattern that was tried on the line and reads it whole where there is one."""
    said = f"{what}, in the line {found.line[:200]!r}"
    better = _widened(of.text)
    try:
        wider = pattern(better)
        again = wider.last(found.line)
        if again is not None and not _is_part(again, wider, found.line[: again.begin], found.line[again.end :]):
            value = _read(again.group, what, unit)
            return MetricError(said, remedy=f"The pattern {better!r} reads {value:g} there")
    except (MetricError, PatternError):
        pass
    return MetricError(said, remedy=f"Name what follows the number, or take it whole: the group {ANY_NUMBER} does")


def _widened(text: str) -> str:
    """Return a pattern whose one group is that which takes every form."""
    begin, depth = -1, 0
    for token in re.finditer(
        r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^]\\])*\]|\((?:\?P?<\w+>|\?[^):]*:|\?[a-zA-Z-]*\))?|\)", text
    ):
        opens, word = token[0].startswith("("), token[0]
        if opens and begin < 0 and not (word.startswith("(?") and "<" not in word):
            begin, depth = token.start(), 1
        elif begin >= 0 and opens and not re.fullmatch(r"\(\?[a-zA-Z-]*\)", word):
            depth += 1
        elif begin >= 0 and word == ")":
            depth -= 1
            if not depth:
                return text[:begin] + ANY_NUMBER + text[token.end() :]
    return text
