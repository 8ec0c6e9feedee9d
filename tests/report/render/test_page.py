"""The page as people send it around: fit for everybody, small, its answer in sight, every part linked and filtered."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.report.browsing import show

AUDIT = Path(__file__).with_name("audit.js").read_text()
UNFOLD = "for (const one of document.querySelectorAll('details')) one.open = true"
MOST_BYTES = 200_000
"""Of a report of 48 trials; it was 860 KB when letters were outlines."""


def faults(browser: webdriver.Chrome) -> list[str]:
    browser.execute_script(UNFOLD)
    found: list[str] = browser.execute_script(AUDIT)
    return found


def shown_rows(table: WebElement) -> list[str]:
    rows = table.find_elements(By.CSS_SELECTOR, "tbody tr:not(.group)")
    return [row.find_element(By.TAG_NAME, "th").text for row in rows if row.is_displayed()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_everybody_can_read_and_use_it(browser: webdriver.Chrome, page: Path, scheme: str, width: int) -> None:
    show(browser, page, scheme=scheme, width=width)
    assert faults(browser) == []


@pytest.mark.parametrize(
    ("fault", "done"),
    [
        ("picture without words", "document.querySelector('figure svg').removeAttribute('aria-label')"),
        ("heading out of order", "document.querySelector('h2').outerHTML = '<h4>x</h4>'"),
        ("not one nav", "document.querySelector('nav').remove()"),
        ("outside of landmarks", "document.body.append(document.createElement('p'))"),
        ("head without scope", "document.querySelector('th').removeAttribute('scope')"),
        ("table without caption", "document.querySelector('caption').remove()"),
        ("without a name", "document.querySelector('input').removeAttribute('aria-label');"
         "document.querySelector('.filter span').remove()"),
        ("id twice", "document.querySelector('h2').id = 'content'"),
        ("leads nowhere", "document.querySelector('nav a').setAttribute('href', '#nowhere')"),
        ("out of a keyboard's reach", "document.querySelector('nav a').tabIndex = -1"),
        ("tabindex of its own order", "document.querySelector('nav a').tabIndex = 3"),
        ("scrolls by mouse alone", "const one = document.querySelector('.scroll:has(table)');"
         "one.style.width = '9rem'; one.removeAttribute('tabindex');"
         "one.querySelectorAll('a').forEach(a => a.remove())"),
        ("contrast of ", "document.querySelector('h1').style.color = '#bbbbbb'"),
        ("contrast of ", "document.querySelector('figure text').style.fill = '#bbbbbb'"),
    ],
)  # fmt: skip
def test_what_would_keep_somebody_out_is_found(browser: webdriver.Chrome, page: Path, fault: str, done: str) -> None:
    show(browser, page)
    browser.execute_script(done)
    assert [one for one in faults(browser) if one.startswith(fault)]


def test_answer_and_picture_are_in_sight_at_first(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page, width=1280, height=800)
    for selector, least in (("h1", 1.0), (".glance, #short", 1.0), ("figure", 0.5)):
        rect = browser.find_element(By.CSS_SELECTOR, selector).rect
        assert (800 - rect["y"]) / rect["height"] >= least, selector


@pytest.mark.parametrize("width", [1280, 390])
def test_the_contents_stay_in_sight_and_say_where_one_is(browser: webdriver.Chrome, page: Path, width: int) -> None:
    show(browser, page, width=width, height=800)
    links = [str(one.get_attribute("hash")) for one in browser.find_elements(By.CSS_SELECTOR, "nav > ul > li > a")]
    parts = browser.find_elements(By.CSS_SELECTOR, "main > section")
    assert links == [f"#{one.get_attribute('id') or one.get_attribute('aria-labelledby')}" for one in parts]
    assert len(links) > 6
    browser.execute_script("document.getElementById('method').scrollIntoView()")
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    top = "return document.querySelector('nav').getBoundingClientRect().top"
    assert browser.execute_script(top) == pytest.approx(0, abs=1)
    current = browser.find_elements(By.CSS_SELECTOR, "nav [aria-current]")
    assert [one.get_attribute("textContent") for one in current] == ["How it was measured"]


def test_words_filter_the_rows_of_every_table(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    browser.execute_script(UNFOLD)
    tables = browser.find_elements(By.CSS_SELECTOR, "table.sortable")
    browser.find_element(By.CSS_SELECTOR, "nav input").send_keys("Docker")
    start = browser.find_element(By.CSS_SELECTOR, "section[aria-labelledby=startup] table.sortable")
    assert shown_rows(start) == ["docker"]
    groups = browser.find_element(By.CSS_SELECTOR, "section[aria-labelledby=overview] table.sortable")
    assert set(shown_rows(groups)) == {"docker"}
    assert len(shown_rows(groups)) > 2
    side = next(one for one in tables if "docker / bare" in one.find_element(By.TAG_NAME, "thead").text)
    heads = [head.text for head in side.find_elements(By.CSS_SELECTOR, "thead th") if head.is_displayed()]
    assert all("docker" in head for head in heads[1:])
    assert len(heads) == 3
    assert len(shown_rows(side)) == 2
    browser.find_element(By.CSS_SELECTOR, "nav input").send_keys(" nobody")
    assert shown_rows(start) == []
    assert "No row has “docker nobody”." in browser.find_element(By.TAG_NAME, "main").text
    assert str(browser.find_element(By.ID, "said").get_attribute("textContent")).startswith("0 of ")
    browser.find_element(By.CSS_SELECTOR, "nav input").clear()
    browser.find_element(By.CSS_SELECTOR, "nav input").send_keys(" ")
    assert len(shown_rows(start)) == 3
    assert "No row has" not in browser.find_element(By.TAG_NAME, "main").text


def test_a_long_table_has_a_filter_of_its_own(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    browser.execute_script(UNFOLD)
    narrow = browser.find_element(By.CSS_SELECTOR, "section[aria-labelledby=overview] .narrow input")
    narrow.send_keys("docker memory")
    groups = browser.find_element(By.CSS_SELECTOR, "section[aria-labelledby=overview] table.sortable")
    assert shown_rows(groups) == ["docker"]
    start = browser.find_element(By.CSS_SELECTOR, "section[aria-labelledby=startup] table.sortable")
    assert len(shown_rows(start)) == 3


def test_every_row_picture_and_heading_has_a_link_that_leads_to_it(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    without = browser.execute_script(
        "return [...document.querySelectorAll('h2, h3, figure, tbody tr:not(.group)')]"
        ".filter(one => one.closest('.heading, figure, tr')?.querySelector('.link')?.hash !== '#' + one.id)"
        ".map(one => one.outerHTML.slice(0, 100))"
    )
    assert without == []


def test_a_link_to_a_folded_row_shows_it_though_it_was_filtered(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    row = browser.find_element(By.CSS_SELECTOR, "section[aria-labelledby=overview] details tr[id*=docker]")
    name = row.get_attribute("id")
    show(browser, page, to=f"#{name}")
    row = browser.find_element(By.ID, str(name))
    assert row.is_displayed()
    assert browser.execute_script("return arguments[0].getBoundingClientRect().top < innerHeight", row)
    browser.find_element(By.CSS_SELECTOR, "nav input").send_keys("nobody")
    assert not row.is_displayed()
    browser.execute_script("location.hash = ''; location.hash = arguments[0]", name)
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert row.is_displayed()


def test_arrows_go_along_the_links_of_rows_and_the_mark_is_seen(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    table = browser.find_element(By.CSS_SELECTOR, "section[aria-labelledby=startup] table.sortable")
    links = table.find_elements(By.CSS_SELECTOR, ".link")
    assert [link.get_attribute("tabindex") for link in links] == ["0", *["-1"] * (len(links) - 1)]
    links[0].send_keys(Keys.ARROW_DOWN)
    assert browser.switch_to.active_element == links[1]
    assert links[1].value_of_css_property("opacity") == "1"
    links[1].send_keys(Keys.ENTER)
    assert browser.current_url.endswith(f"#{links[1].find_element(By.XPATH, './ancestor::tr').get_attribute('id')}")


def test_it_is_small(page: Path) -> None:
    assert page.stat().st_size < MOST_BYTES


def test_text_in_pictures_is_found_by_a_search(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    said = browser.find_element(By.CSS_SELECTOR, "#picture-overview svg").get_attribute("textContent")
    assert "no difference shown" in str(said)
    assert "vm (emulated)" in str(said)
