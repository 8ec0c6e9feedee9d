"""A page in a browser without a display: opened in one width and scheme, and what was logged and asked for since."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from selenium import webdriver


def start() -> webdriver.Chrome | None:
    """Return a Chromium to be closed by who asks for it; None where there is none, or no driver of it."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not program or not driver:
        return None
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


def show(
    browser: webdriver.Chrome, page: Path, *, scheme: str = "light", width: int = 1200, height: int = 900, to: str = ""
) -> None:
    """Open a page, at the part ``to`` leads to, with what was logged before forgotten."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get("about:blank")  # else another part of the same page is no new page
    for log in ("browser", "performance"):
        browser.get_log(log)  # type: ignore[no-untyped-call]
    browser.get(page.as_uri() + to)


def logged(browser: webdriver.Chrome, log: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = browser.get_log(log)  # type: ignore[no-untyped-call]
    return found


def requested(browser: webdriver.Chrome) -> list[str]:
    """Return every address asked for since the page was opened, data within the page left out."""
    messages = [json.loads(entry["message"])["message"] for entry in logged(browser, "performance")]
    sent = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
    return [url for url in sent if not url.startswith("data:")]
