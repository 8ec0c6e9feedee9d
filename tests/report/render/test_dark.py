import re
from importlib import resources

import pytest

from bench.isolations.registry import facts, names
from bench.report.render import dark

CSS = resources.files("bench.report.render").joinpath("page.css").read_text()
OWN = {facts(name).colour or "#000000" for name in (*names(), "docker:runsc", "vm:microvm")}
TEXT = ("ink", "faint", "link", "yes", "no")


def variables(scheme: str) -> dict[str, str]:
    """Return the colours that the page's style names, as light, dark and print set them, each over the light ones."""
    blocks = re.findall(r":root \{([^}]*)\}", CSS)
    assert len(blocks) == 3
    found = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", blocks[0]))
    return found | dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", blocks[["light", "dark", "print"].index(scheme)]))


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
@pytest.mark.parametrize("paper", ["paper", "wash", "warnwash"])
def test_text_stands_out_from_what_it_stands_on(scheme: str, paper: str) -> None:
    known = variables(scheme)
    low = {name: dark.contrast(known[name], known[paper]) for name in TEXT}
    assert min(low.values()) >= 4.5, low


def test_contrast_is_that_of_the_guidelines() -> None:
    assert dark.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert dark.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colour", sorted({*OWN, "#000000", "#332288", "#882255"}))
def test_data_can_be_seen_in_the_dark(colour: str) -> None:
    assert dark.contrast(dark.in_the_dark(colour.lower()), variables("dark")["paper"]) >= dark.LEAST_CONTRAST


def test_every_colour_becomes_a_variable_and_names_stay() -> None:
    svg = '<svg><path id="p1f2328" fill="#1f2328" clip-path="url(#p1f2328)"/><use href="#abcdef"/>'
    svg += "<text>#abcdef</text></svg>"
    made, rules = dark.adapted(svg), dark.rules([svg])
    assert 'fill="var(--c1f2328)"' in made
    assert rules.startswith(":root{--c1f2328:#1f2328;}@media screen and (prefers-color-scheme:dark)")
    assert "--c1f2328:#e6edf3" in rules
    assert "url(#p1f2328)" in made
    assert ">#abcdef<" in made
