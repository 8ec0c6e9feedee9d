"""The links of the built site: each leads to a page and a heading that are there. Nothing is fetched.

``tools/site`` runs this module on what it has built. A link to another host is looked at for its form alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LEADING = {"a": "href", "link": "href", "img": "src", "script": "src", "object": "data", "iframe": "src"}
FETCHED = {"link", "img", "script", "object", "iframe"}
"""What a browser asks for by itself, so that none of it may be another host's."""


class Page(HTMLParser):
    """What a page can be led to by, and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        if (name := LEADING.get(tag)) and name in given:
            self.links.append((tag, given[name]))


def dead(site: Path) -> Iterator[str]:
    """Return each link that leads nowhere, with the page that has it; none of a page that needs no other."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        wrong = sorted({link for tag, link in page.links if not _leads(path, tag, link, pages)})
        yield from (f"{path.relative_to(site)}: {link}" for link in wrong)


def _leads(path: Path, tag: str, link: str, pages: dict[Path, Page]) -> bool:
    parts = urlsplit(link)
    if parts.scheme == "data":
        return True
    if parts.scheme or parts.netloc:
        return tag not in FETCHED and parts.scheme in ("http", "https") and "." in parts.netloc
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    there = target.is_file()
    return there and (not parts.fragment or target not in pages or unquote(parts.fragment) in pages[target].ids)


def main() -> None:
    """Say which links lead nowhere, and whether any does."""
    site = Path(sys.argv[1]).resolve()
    found = list(dead(site))
    for line in found:
        print(line, file=sys.stderr)
    sys.exit(f"{len(found)} dead links" if found else 0)


if __name__ == "__main__":
    main()
