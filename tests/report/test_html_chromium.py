"""The page in a real browser: at the width of a desktop and of a phone, in light and dark, and on paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer import pipeline
from analyzer.report import html
from tests.report.chromium import Browser, found
from tests.report.small import TWICE, bundle, raw

SAMPLES = Path(__file__).parent.parent.parent / "sample_logs"
PROBLEMS = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")

pytestmark = pytest.mark.skipif(found() is None, reason="no Chromium is installed: apt-get install chromium")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(tmp_path_factory.mktemp("browser"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    """The double-run sample, and names so long that they would break any layout."""
    folder = tmp_path_factory.mktemp("pages")
    long = TWICE.replace("Copy files", "Copy" + "x" * 900).replace("OCTO-A", "N" * 200).replace("WEB-1", "w" * 300)
    cases = {
        "double-run": SAMPLES / "double-run",
        "long": bundle(folder / "long", {"s/" + "d" * 120 + "/servertasks-7_log7.txt": raw(long)}),
    }
    files = {name: folder / f"{name}.html" for name in cases}
    for name, path in cases.items():
        files[name].write_bytes(html.document(pipeline.audit(pipeline.read(path))))
    return files


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["double-run", "long"])
def test_it_fits_says_nothing_on_the_console_and_asks_for_nothing(browser, pages, name, width, dark):
    browser.show(pages[name], width, dark=dark)
    assert browser.value("document.documentElement.scrollWidth") <= width
    assert browser.value("innerWidth") == width, "a phone zooms out to show what is too wide"
    assert [event for event in browser.events if event.get("method") in PROBLEMS] == []
    asked = [
        event["params"]["request"]["url"]
        for event in browser.events
        if event.get("method") == "Network.requestWillBeSent"
    ]
    assert asked == [pages[name].as_uri()]


def test_the_policy_lets_the_page_s_own_style_through_and_the_theme_reaches_the_pictures(browser, pages):
    seen = {}
    for dark in (False, True):
        browser.show(pages["double-run"], 1280, dark=dark)
        colours = "[document.documentElement, document.querySelector('svg text'), document.querySelector('svg path')]"
        seen[dark] = browser.value(
            f"{colours}.map((one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one).fill])"
        )
    assert seen[False][0][0] == "rgb(244, 245, 247)"
    assert seen[True][0][0] == "rgb(18, 22, 27)"
    assert seen[False][1][1] != seen[True][1][1]
    assert seen[False][2][1] == "rgb(252, 252, 250)"
    assert seen[True][2][1] == "rgb(26, 32, 39)"


def test_pictures_are_drawn_large_enough_to_read_on_a_phone(browser, pages):
    browser.show(pages["double-run"], 390)
    heights = browser.value(
        "[...document.querySelectorAll('svg text')].map((one) => one.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) >= 6
    assert sorted(heights)[len(heights) // 2] >= 8


def test_on_paper_everything_is_unfolded(browser, pages):
    browser.show(pages["double-run"], 1280)
    hidden = "[...document.querySelectorAll('details:not([open]) code')].filter((one) => !one.checkVisibility()).length"
    assert browser.value(hidden) > 0
    browser.call("Emulation.setEmulatedMedia", media="print")
    visible = "[...document.querySelectorAll('details code')].every((one) => one.getBoundingClientRect().height > 0)"
    assert browser.value(visible)
    browser.call("Emulation.setEmulatedMedia", media="")
