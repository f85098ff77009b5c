"""The HTML page in a real browser: it loads by itself, sorts, filters, and works by keyboard."""

import os
import re
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests.helpers.project import ROOT

PAGE = ROOT / "plots/report.html"
BROWSER = os.environ.get("BROWSER_PATH") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
made = pytest.mark.skipif(not PAGE.exists(), reason="the pipeline has not run yet")
browsed = pytest.mark.skipif(BROWSER is None, reason="no Chromium here; set BROWSER_PATH")


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(browser):
    """The page, with all requests and messages of the browser."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, page.asked, page.said = (opened := context.new_page()), [], []
    opened.on("request", lambda request: page.asked.append(request.url))
    opened.on("console", lambda message: page.said.append(message.text))
    opened.on("pageerror", lambda error: page.said.append(str(error)))
    opened.goto(PAGE.as_uri(), wait_until="load")
    yield opened
    context.close()


def column(page, table: str, name: str) -> list[str]:
    """The visible cells of a column."""
    heads = page.locator(f"#{table} thead th").all_inner_texts()
    i = [re.sub(r"[ ▲▼]+$", "", head) for head in heads].index(name)
    return page.eval_on_selector_all(
        f"#{table} tbody tr:not([hidden])", f"rows => rows.map(row => row.cells[{i}].textContent)"
    )


@made
@browsed
def test_it_loads_without_a_request_or_a_complaint(page):
    outside = [url for url in page.asked if not url.startswith(("file:", "data:"))]
    assert outside == [] and page.said == []
    sizes = page.eval_on_selector_all("img", "all => all.map(i => [i.complete, i.naturalWidth])")
    page.evaluate("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
    page.wait_for_function("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert len(sizes) >= 10
    assert PAGE.stat().st_size < 3e6


@made
@browsed
def test_every_column_sorts_both_ways_with_what_is_missing_last(page):
    heads = page.locator("#leaderboard thead th button")
    for i in range(heads.count()):
        name = re.sub(r"[ ▲▼]+$", "", heads.nth(i).inner_text())
        for direction in ("ascending", "descending"):
            heads.nth(i).click()
            assert (
                page.locator("#leaderboard thead th").nth(i).get_attribute("aria-sort") == direction
            )
            cells = column(page, "leaderboard", name)
            if name in ("run", "data", "note"):
                continue
            values = page.eval_on_selector_all(
                "#leaderboard tbody tr", f"rows => rows.map(r => r.cells[{i}].dataset.value)"
            )
            known = [float(value) for value in values if value]
            assert known == sorted(known, reverse=direction == "descending"), name
            assert all(not value for value in values[len(known) :]) and len(cells) == len(values)


@made
@browsed
def test_filters_leave_the_rows_they_name(page):
    everything = column(page, "leaderboard", "run")
    page.get_by_label("Filter", exact=True).first.fill("dddm")
    shown = column(page, "leaderboard", "run")
    assert shown and set(shown) == {name for name in everything if "dddm" in name}
    assert (
        f"{len(shown)} of {len(everything)} runs" in page.locator("[data-count]").first.inner_text()
    )
    page.get_by_label("Filter", exact=True).first.fill("")
    page.get_by_label("ranked only").check()
    ranked = column(page, "leaderboard", "rank")
    assert ranked and all(ranked) and len(ranked) < len(everything)
    page.get_by_label("ranked only").uncheck()
    page.get_by_label("Data").first.select_option("digits")
    assert set(column(page, "leaderboard", "data")) == {"digits"}
    page.locator("#method-filter").fill("transformer")
    assert page.locator(".card:visible strong").all_inner_texts() == ["dit"]


@made
@browsed
def test_it_fits_a_phone(page):
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@made
@browsed
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier_for_people_with_disabilities(page, scheme):
    page.emulate_media(color_scheme=scheme)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@made
@browsed
def test_every_control_is_reached_by_keyboard(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#images"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
    assert {"A", "INPUT", "SELECT", "BUTTON"} <= reached
