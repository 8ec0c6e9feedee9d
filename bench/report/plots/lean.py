"""A picture's SVG without what draws nothing: text is text, coordinates are hundredths of a point, a style stands once.

Text can be searched, copied and read aloud, and is a tenth of the bytes of its letters' outlines. Pictures are laid out
with DejaVu Sans. It is about the widest of usual fonts: where it is missing, nothing grows over its neighbour.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from itertools import count, groupby

FONTS = "DejaVu Sans,Verdana,sans-serif"
"""Verdana's letters are as wide as DejaVu's, which descend from them; it is there where DejaVu is not."""

_NAMESPACE = re.compile(r"\{[^}]*\}")
_TOKEN = re.compile(r"[MLQCz]|-?\d[\d.]*(?:e-?\d+)?")
_NUMBER = re.compile(r"-?\d+\.\d+")
_REFERENCE = re.compile(r"(?<=#)\w+(?=\)|$)")
_FONT = re.compile(r"(?:(\d{3}|bold) )?([\d.]+)px .*")
_BLANKS = re.compile(r" {2,}")
_OWN = frozenset({"d", "x", "y", "width", "height", "id", "href", "transform", "opacity", "patternUnits"})
"""What belongs to one element; the rest is style, and stands once for neighbours that share it."""
_DEFAULTS = frozenset({("text-anchor", "start"), ("stroke-dashoffset", "0")})
_UNIT = 100
"""Parts of a point that coordinates are rounded to: 3.5 micrometres, a seventh of a dot at 1200 dots per inch."""

Attributes = dict[str, str]
Leaf = tuple[str, Attributes, str]
"""An element's name, its attributes, and its text or its children's markup."""


def lean(svg: str) -> str:
    """Return an SVG as matplotlib writes it with ``svg.fonttype`` none, made small; it looks the same."""
    root = ET.fromstring(svg)
    names = _names(root)
    shared: list[Leaf] = []
    drawn = list(_leaves(root, {}, names, shared))
    head = {name: root.attrib[name] for name in ("width", "height", "viewBox")}
    head |= {"font-family": FONTS, "stroke-linejoin": "round", "fill": "#000000"}  # named, to be another in the dark
    defined = f"<defs>{''.join(map(_markup, shared))}</defs>" if shared else ""
    return f'<svg xmlns="http://www.w3.org/2000/svg"{_written(head)}>{defined}{_grouped(drawn)}</svg>\n'


def _names(root: ET.Element) -> dict[str, str]:
    """Return a short id for each that something refers to, in the order of the file."""
    used = {found[0] for one in root.iter() for value in one.attrib.values() for found in _REFERENCE.finditer(value)}
    ids = [one.attrib["id"] for one in root.iter() if one.get("id") in used]
    return {name: f"i{number:x}" for name, number in zip(dict.fromkeys(ids), count(), strict=False)}


def _leaves(parent: ET.Element, outer: Attributes, names: dict[str, str], shared: list[Leaf]) -> Iterator[Leaf]:
    """Give everything that draws, without the groups around it; what is only referred to goes to ``shared``."""
    for one in parent:
        tag = _plain(one.tag)
        if tag in ("metadata", "style"):
            continue
        if tag == "defs":
            shared += _leaves(one, {}, names, shared)
            continue
        attributes = outer | _attributes(one, names)
        if tag == "g":
            attributes.pop("id", None)
            yield from _leaves(one, attributes, names, shared)
        elif tag in ("clipPath", "pattern"):
            yield tag, attributes, _grouped(list(_leaves(one, {}, names, shared)))
        elif tag == "text":
            yield tag, attributes, escape(_BLANKS.sub(_kept, one.text or ""))
        else:
            yield tag, attributes, ""


def _kept(blanks: re.Match[str]) -> str:
    return "\N{NO-BREAK SPACE}" * len(blanks[0])


def _attributes(one: ET.Element, names: dict[str, str]) -> Attributes:
    """Return an element's attributes, its style's among them, without those that say what holds anyway."""
    found = {_plain(name): value for name, value in one.attrib.items() if name != "style"} | _styled(
        one.get("style", "")
    )
    found.pop("font-family", None)
    return {name: _short(name, value, names) for name, value in found.items() if not _idle(name, value, names)}


@lru_cache(maxsize=64)
def _plain(name: str) -> str:
    return _NAMESPACE.sub("", name)


@lru_cache(maxsize=1024)
def _styled(style: str) -> Attributes:
    """Return what a style says, as attributes: thousands of elements have the same few."""
    parts = [part.partition(":") for part in style.split(";") if part.strip()]
    found = {name.strip(): value.strip() for name, _, value in parts}
    if font := _FONT.fullmatch(found.pop("font", "")):  # as matplotlib wrote it before 3.11
        found |= {"font-size": font[2]} | ({"font-weight": font[1]} if font[1] else {})
    return found


def _idle(name: str, value: str, names: dict[str, str]) -> bool:
    """Whether an attribute says what holds without it."""
    turned_by_nothing = name == "transform" and value.startswith("rotate(-0 ")
    return turned_by_nothing or (name == "id" and value not in names) or (name, value) in _DEFAULTS


def _short(name: str, value: str, names: dict[str, str]) -> str:
    if name in ("x", "y"):
        return _number(round(float(value) * _UNIT))
    if name == "d":
        return _relative(value)
    if name == "id":
        return names[value]
    if name == "font-size":
        return value.removesuffix("px")
    if "#" in value:
        return _REFERENCE.sub(lambda found: names.get(found[0], found[0]), value)
    return _NUMBER.sub(lambda found: _number(round(float(found[0]) * _UNIT)), value)


def _number(parts: int) -> str:
    """Return hundredths as a number, as short as can be."""
    text = f"{parts / _UNIT:.2f}".rstrip("0").rstrip(".")
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _relative(path: str) -> str:
    """Return a path's data in relative coordinates, which are shorter; each end is rounded from its true place."""
    here = start = (0, 0)
    steps: list[str] = []
    for letter, numbers in _commands(path):
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        if letter == "z":
            steps.append("z")
            here = start
        elif letter == "M":
            steps.append(f"M{_joined(points[0])}")
            here = start = points[0]
        else:
            steps.append(_step(letter, [(x - here[0], y - here[1]) for x, y in points]))
            here = points[-1]
    return "".join(steps)


def _step(letter: str, points: list[tuple[int, int]]) -> str:
    x, y = points[-1]
    if letter == "L" and y == 0:
        return f"h{_number(x)}"
    if letter == "L" and x == 0:
        return f"v{_number(y)}"
    return letter.lower() + _joined(*points)


def _joined(*points: tuple[int, int]) -> str:
    return " ".join(_number(part) for point in points for part in point).replace(" -", "-")


def _commands(path: str) -> Iterator[tuple[str, list[int]]]:
    """Give each command of a path with its numbers, in hundredths."""
    letter, numbers = "", list[int]()
    for token in _TOKEN.findall(path):
        if token in "MLQCz":
            if letter:
                yield letter, numbers
            letter, numbers = token, []
        else:
            numbers.append(round(float(token) * _UNIT))
    if letter:
        yield letter, numbers


def _grouped(leaves: list[Leaf]) -> str:
    """Return elements as markup, neighbours of one style in a group that has it."""
    return "".join(_group(list(found)) for _, found in groupby(leaves, key=_style))


def _style(leaf: Leaf) -> Attributes:
    return {name: value for name, value in leaf[1].items() if name not in _OWN}


def _group(leaves: list[Leaf]) -> str:
    style = _style(leaves[0])
    moved = any(tag == "use" or "transform" in own for tag, own, _ in leaves)  # and a clip of its own with it
    if not style or (len(leaves) == 1 and not (moved and "clip-path" in style)):
        return "".join(map(_markup, leaves))
    inner = [(tag, {name: value for name, value in own.items() if name in _OWN}, text) for tag, own, text in leaves]
    return f"<g{_written(style)}>{''.join(map(_markup, inner))}</g>"


def _markup(leaf: Leaf) -> str:
    tag, attributes, inner = leaf
    return f"<{tag}{_written(attributes)}>{inner}</{tag}>" if inner else f"<{tag}{_written(attributes)}/>"


def _written(attributes: Attributes) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
