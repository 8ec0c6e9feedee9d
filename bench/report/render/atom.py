"""The shifts of a history as an Atom feed (RFC 4287), the newest first, for who subscribes to a machine's figures."""

from __future__ import annotations

import uuid
import xml.etree.ElementTree as ET

from bench.analysis.history.history import Course, History, LevelShift
from bench.report.tables import courses

MOST_ENTRIES = 100
"""A feed tells what is new: older shifts are on the page."""

_NAMESPACE = "http://www.w3.org/2005/Atom"
_NO_CHARACTERS = {0xFFFE: "\N{REPLACEMENT CHARACTER}", 0xFFFF: "\N{REPLACEMENT CHARACTER}"}
"""What no XML may hold, and names that were made plain still may (XML 1.0, 2.2)."""
_OURS = uuid.UUID("6d1f2f0a-6a0e-5d8e-9a52-6f0f8f1f7c3b")
"""Whose names these are: the ids of feeds and entries are made from it, the same whenever a feed is written."""


def render(found: History) -> str:
    """Return the feed: an entry a shift, told apart by its figure and by the first run that has it."""
    host = found.entries[-1].host
    feed = ET.Element("feed", xmlns=_NAMESPACE)
    _text(feed, "id", _id("feed", host.name, host.cpu_model))
    _text(feed, "title", f"Isobench history{f' of {host.name}' if host.name else ''}")
    _text(feed, "subtitle", courses.headline(found))
    _text(feed, "updated", found.entries[-1].began.isoformat())
    _text(ET.SubElement(feed, "author"), "name", "Isobench")
    shifts = [(course, shift) for course in found.courses for shift in course.shifts]
    for course, shift in sorted(shifts, key=lambda one: one[1].first.began, reverse=True)[:MOST_ENTRIES]:
        _entry(feed, course, shift)
    ET.indent(feed)
    return ET.tostring(feed, encoding="unicode", xml_declaration=True) + "\n"


def _entry(feed: ET.Element, course: Course, shift: LevelShift) -> None:
    entry = ET.SubElement(feed, "entry")
    name = courses.title(course)
    host = shift.first.host
    _text(entry, "id", _id(host.name, host.cpu_model, name, shift.first.run))
    _text(entry, "title", f"{name}: {courses.verdict(shift)}")
    _text(entry, "updated", shift.first.began.isoformat())
    ET.SubElement(entry, "category", term=str(shift.change))
    _text(entry, "content", courses.told(course, shift))


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text.translate(_NO_CHARACTERS)


def _id(*names: str) -> str:
    return uuid.uuid5(_OURS, "\n".join(names)).urn
