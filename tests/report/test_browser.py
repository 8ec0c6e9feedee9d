"""The page in a real browser without a display: sorting, colours, width, printing, a hostile run that runs nothing."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from bench import report
from tests.report.browsing import logged, requested, show
from tests.synthetic import write_run

EVIL = "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'>\"><svg onload=window.hacked=1>"
ADDRESS = "javascript:window.hacked=1"
PAGE_CM = 25.9
"""Height of a letter page, the lower of the usual two, without its margins of 1 cm."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which every text that comes from outside tries to run something."""
    run = write_run(tmp_path_factory.mktemp("results") / "run", rounds=3)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["run"] = manifest["host"]["name"] = EVIL
    manifest["command_line"] = ["bench", EVIL]
    manifest["isolations"][EVIL] = manifest["isolations"].pop("docker")
    manifest["isolations"]["docker:runsc"] |= {"reason": EVIL, "remedy": ADDRESS}
    for scenario in manifest["scenarios"].values():
        scenario |= {"title": EVIL, "question": ADDRESS}
    manifest["scenarios"][EVIL] = manifest["scenarios"].pop("cpu")
    manifest["scenarios"][EVIL]["metrics"][0]["name"] = EVIL
    manifest["images"] = {EVIL: {"digest": EVIL, "lock": ADDRESS}}
    (run / "manifest.json").write_text(json.dumps(manifest))
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    for trial in trials:
        trial["isolation"] = EVIL if trial["isolation"] == "docker" else trial["isolation"]
        trial["scenario"] = EVIL if trial["scenario"] == "cpu" else trial["scenario"]
        trial["parameters"] = dict.fromkeys([EVIL], trial["parameters"]["threads"]) if trial["parameters"] else {}
        if trial["outcome"] != "ok":
            trial |= {"reason": EVIL, "tail": [EVIL, ADDRESS]}
        for sample in trial["samples"]:
            sample["metric"] = EVIL if sample["metric"] == "events_per_s" else sample["metric"]
    (run / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    return report.write(run).html


def heads(browser: webdriver.Chrome) -> tuple[WebElement, list[WebElement]]:
    table = browser.find_element(By.CSS_SELECTOR, "section[aria-labelledby=startup] table.sortable")
    return table, table.find_elements(By.CSS_SELECTOR, "thead th")


def column(table: WebElement, place: int) -> list[float]:
    cells = table.find_elements(By.CSS_SELECTOR, f"tbody tr > :nth-child({place + 1})")
    return [float(str(cell.get_attribute("data-value"))) for cell in cells]


def test_a_head_sorts_by_number_by_click_and_by_key_and_says_so(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    table, found = heads(browser)
    place = next(place for place, head in enumerate(found) if head.text.startswith("median"))
    before = column(table, place)
    assert len(before) > 2
    assert found[place].get_attribute("aria-sort") == "none"
    found[place].find_element(By.TAG_NAME, "button").click()
    assert found[place].get_attribute("aria-sort") == "ascending"
    assert column(table, place) == sorted(before)
    found[place].find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
    assert found[place].get_attribute("aria-sort") == "descending"
    assert column(table, place) == sorted(before, reverse=True)
    assert "sorted by median, descending" in str(browser.find_element(By.ID, "said").get_attribute("textContent"))
    found[0].find_element(By.TAG_NAME, "button").send_keys(Keys.SPACE)
    assert [head.get_attribute("aria-sort") for head in found[:2]] == ["ascending", "none"]
    names = [one.text for one in table.find_elements(By.CSS_SELECTOR, "tbody th")]
    assert names == sorted(names)


def test_sorting_keeps_rows_in_their_group(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    browser.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    bodies = "return [...arguments[0].tBodies].map(body => [...body.rows].map(row => row.cells[0].textContent))"
    table = browser.find_element(By.CSS_SELECTOR, "section[aria-labelledby=overview] details table")
    before = browser.execute_script(bodies, table)
    assert len(before) > 2
    table.find_element(By.XPATH, ".//thead//button[text()='median']").click()
    after = browser.execute_script(bodies, table)
    assert [body[0] for body in after] == [body[0] for body in before]
    assert [sorted(body) for body in after] == [sorted(body) for body in before]


def test_dark_is_dark_in_the_page_and_in_its_pictures(browser: webdriver.Chrome, page: Path) -> None:
    seen = {}
    for scheme in ("light", "dark"):
        show(browser, page, scheme=scheme)
        paper = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        picture = browser.find_element(By.CSS_SELECTOR, "figure svg").screenshot_as_png
        seen[scheme] = (paper, picture)
    assert seen["light"][0] == "rgb(255, 255, 255)"
    assert seen["dark"][0] == "rgb(18, 22, 28)"
    assert seen["light"][1] != seen["dark"][1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_fetched_and_nothing_goes_wrong(browser: webdriver.Chrome, page: Path, scheme: str) -> None:
    show(browser, page, scheme=scheme)
    assert requested(browser) == [page.as_uri()]
    assert logged(browser, "browser") == []


def test_it_fits_a_phone(browser: webdriver.Chrome, page: Path) -> None:
    for width in (320, 380, 390):
        show(browser, page, width=width)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_a_keyboard_reaches_the_answer_first(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    focused = browser.switch_to.active_element
    assert focused.text == "Skip to the answer"
    assert str(focused.get_attribute("href")).endswith("#content")
    assert focused.value_of_css_property("outline-style") == "solid"


def test_headings_and_landmarks_are_in_order(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    levels = browser.execute_script("return [...document.querySelectorAll('h1,h2,h3,h4')].map(one => +one.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for landmark in ("header", "main", "nav"):
        assert len(browser.find_elements(By.TAG_NAME, landmark)) == 1
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"
    assert browser.title.startswith("Isobench report")


def test_without_scripts_the_page_is_whole(browser: webdriver.Chrome, page: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        show(browser, page)
        assert not browser.find_elements(By.TAG_NAME, "button")
        assert len(browser.find_elements(By.CSS_SELECTOR, "table.sortable")) > 5
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_it_prints(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page, scheme="dark")
    printed = base64.b64decode(browser.print_page())
    assert printed.startswith(b"%PDF-")
    assert len(printed) > 50_000


def test_printed_no_picture_is_taller_than_a_page_and_heads_can_be_repeated(
    browser: webdriver.Chrome, page: Path
) -> None:
    """Chromium leaves pages empty before a picture that fits none, and paints a button in the first head alone."""
    show(browser, page)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        heights = browser.execute_script(
            "return [...document.querySelectorAll('figure svg')].map(one => one.getBoundingClientRect().height)"
        )
        button = browser.find_element(By.CSS_SELECTOR, "table.sortable th button")
        assert button.value_of_css_property("display") == "contents"
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert heights
    assert max(heights) <= PAGE_CM / 2.54 * 96


def test_on_a_phone_names_stay_in_sight_and_words_are_whole(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page, width=390)
    table, _ = heads(browser)
    region = table.find_element(By.XPATH, "..")
    browser.execute_script("arguments[0].scrollLeft = arguments[0].scrollWidth", region)
    assert browser.execute_script("return arguments[0].scrollLeft", region) > 0
    name = table.find_element(By.CSS_SELECTOR, "tbody th")
    assert name.rect["x"] == pytest.approx(region.rect["x"], abs=1)
    steps = browser.find_elements(By.CSS_SELECTOR, "tbody td:not(.figure)")
    assert min(one.rect["width"] for one in steps if one.rect["width"]) >= 100


def test_no_text_of_a_hostile_run_is_executed(browser: webdriver.Chrome, hostile: Path) -> None:
    show(browser, hostile)
    browser.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    for link in browser.find_elements(By.TAG_NAME, "a"):
        assert "javascript:" not in str(link.get_attribute("href"))
    assert browser.execute_script("return typeof window.hacked") == "undefined"
    assert "window.hacked=1" in browser.find_element(By.TAG_NAME, "h1").text
    assert requested(browser) == [hostile.as_uri()]
    assert logged(browser, "browser") == []


def test_the_policy_stops_what_escaping_would_let_through(browser: webdriver.Chrome, page: Path) -> None:
    leaky = page.with_name("leaky.html")
    leaky.write_text(
        page.read_text().replace(
            "<main id", "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'><main id"
        )
    )
    show(browser, leaky)
    assert browser.execute_script("return typeof window.hacked") == "undefined"
    assert [entry for entry in logged(browser, "browser") if "Content Security Policy" in entry["message"]]
