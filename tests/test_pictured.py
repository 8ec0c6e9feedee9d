import re
from pathlib import Path

import pytest
from PIL import Image

from bench.testing.launching import unavailable
from tests import pictured
from tests.documented import REPOSITORY
from tests.report import browsing

PICTURE = pictured.IMAGES / "terminal.svg"


def test_pictures_of_the_readme_are_of_the_published_report_and_of_their_size(tmp_path: Path) -> None:
    browser = browsing.start()
    if browser is None:
        unavailable("no Chromium with its driver: apt-get install chromium chromium-driver, or tools/setup --dev")
    browser.quit()
    taken = pictured.take(tmp_path)
    assert [path.name for path in taken] == [*pictured.SCREENS, "terminal.svg"]
    for path, (width, height, scheme) in zip(taken, pictured.SCREENS.values(), strict=False):
        with Image.open(path) as image:
            assert image.size == (width, height)
            corner = image.convert("L").getpixel((width - 1, height - 1))
        assert isinstance(corner, int)
        assert (corner < 60) is (scheme == "dark")


@pytest.mark.parametrize("name", sorted(pictured.SCREENS))
def test_the_readme_shows_it(name: str) -> None:
    assert f"(docs/images/{name})" in (REPOSITORY / "README.md").read_text()
    with Image.open(pictured.IMAGES / name) as image:
        assert image.size == pictured.SCREENS[name][:2]


def test_the_readmes_terminal_shows_what_a_terminal_shows_now() -> None:
    shown = pictured.on_terminal()
    assert re.findall(r">([^<>]+)</text>", shown) == re.findall(r">([^<>]+)</text>", PICTURE.read_text())
    assert "url(" not in PICTURE.read_text().replace("url(#", "")
