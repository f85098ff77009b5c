"""The HTML page in a real browser: it loads by itself, sorts, filters, and works by keyboard."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.helpers.browser import PAGE, again, browsed, made, watched

pytestmark = [browsed, made]


@pytest.fixture
def page(browser):
    with watched(browser) as opened:
        yield opened


def heads(page, table: str) -> list[str]:
    texts = page.locator(f"#{table} thead th:not([hidden])").all_inner_texts()
    return [re.sub(r"[ ▲▼]+$", "", text) for text in texts]


def column(page, table: str, name: str) -> list[str]:
    """The visible cells of a column."""
    i = heads(page, table).index(name)
    return page.eval_on_selector_all(
        f"#{table} tbody tr:not([hidden])",
        f"rows => rows.map(row => row.querySelectorAll(':scope > :not([hidden])')[{i}].textContent)",
    )


def test_it_loads_without_a_request_or_an_error_and_shows_all_its_pictures(page):
    for section in page.locator("main > section").all():
        section.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelectorAll('[data-curve] svg').length >= 3")
    page.evaluate("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
    page.wait_for_function(
        "[...document.querySelectorAll('img[src]')].every(i => i.complete && i.naturalWidth > 0)"
    )
    outside = [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))]
    assert outside == [] and page.said == []
    assert page.locator("img[src]").count() >= 50
    assert PAGE.stat().st_size < 12e6


def test_every_column_sorts_both_ways_with_what_is_missing_last_and_the_address_keeps_it(page):
    for name in heads(page, "leaderboard"):
        head = page.locator("#leaderboard thead th:not([hidden])", has_text=name).first
        for direction in ("ascending", "descending"):
            head.locator("button").click()
            assert head.get_attribute("aria-sort") == direction
        i = heads(page, "leaderboard").index(name)
        values = page.eval_on_selector_all(
            "#leaderboard tbody tr",
            f"rows => rows.map(row => row.querySelectorAll(':scope > :not([hidden])')[{i}].dataset.value)",
        )
        if name in ("run", "data", "note"):
            continue
        known = [float(value) for value in values if value]
        assert known == sorted(known, reverse=True) and not any(values[len(known) :])
    page.locator("#leaderboard th[data-key=fid] button").click()
    order = column(page, "leaderboard", "fid")
    again(page, page.url)
    assert column(page, "leaderboard", "fid") == order


def test_filters_and_columns_are_those_that_the_reader_chose_and_the_address_keeps_them(page):
    everything = column(page, "leaderboard", "run")
    place = page.locator("[data-for=leaderboard]")
    place.get_by_label("Filter").fill("dddm")
    shown = column(page, "leaderboard", "run")
    assert shown and set(shown) == {name for name in everything if "dddm" in name}
    place.locator("summary").click()
    assert "kid" not in heads(page, "leaderboard")
    place.get_by_label("kid").check()
    place.get_by_label("recall").uncheck()
    again(page, page.url)
    assert column(page, "leaderboard", "run") == shown
    found = heads(page, "leaderboard")
    assert "kid" in found and "recall" not in found
    assert f"{len(shown)} of {len(everything)} runs" in place.inner_text()
    place.get_by_label("Filter").fill("")
    place.get_by_label("ranked only").check()
    ranked = column(page, "leaderboard", "rank")
    assert ranked and all(ranked) and len(ranked) < len(everything)


def test_intervals_stand_in_the_cell_of_their_figure(page):
    assert all(
        re.fullmatch(r"[\d.]+( \([\d.]+ to [\d.]+\))?", c)
        for c in column(page, "leaderboard", "fid")
    )
    assert any("±" in cell for cell in column(page, "points", "rare mode"))
    assert not [head for head in heads(page, "points") if head.endswith((" se", " low"))]


def test_the_first_column_stays_in_the_window_when_a_table_scrolls(page):
    page.set_viewport_size({"width": 390, "height": 800})
    place = page.locator(".scroll:has(#points)")
    left = page.locator("#points tbody th").first.bounding_box()["x"]
    place.evaluate("place => { place.scrollLeft = 200; }")
    assert place.evaluate("place => place.scrollLeft") > 100
    assert page.locator("#points tbody th").first.bounding_box()["x"] == pytest.approx(left, abs=2)


def test_claims_are_filtered_by_verdict(page):
    page.locator("[data-for=claims-table] select").select_option("refuted")
    assert set(column(page, "claims-table", "verdict")) == {"refuted"}


def test_methods_are_filtered_by_their_words(page):
    page.locator("#method-filter").fill("transformer")
    assert page.locator(".card:visible strong").all_inner_texts() == ["dit"]


def test_a_picture_is_enlarged_and_arrow_keys_go_on(page):
    first = page.locator("#gallery button.enlarge").first
    first.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("#lightbox")
    one = dialog.locator("img").get_attribute("src")
    assert dialog.is_visible() and one == first.locator("img").get_attribute("src")
    page.keyboard.press("ArrowRight")
    assert dialog.locator("img").get_attribute("src") != one
    page.keyboard.press("ArrowLeft")
    assert dialog.locator("img").get_attribute("src") == one
    page.keyboard.press("Escape")
    assert not dialog.is_visible()


def test_a_guided_run_stands_beside_the_unguided_one_and_the_address_keeps_it(page):
    page.get_by_role("button", name="rare-ibg beside unguided").click()
    page.locator("#compare-a").select_option("rare-minus-score")
    again(page, page.url)
    shown = page.locator("#compare-pictures figcaption").all_inner_texts()
    assert [text.split(":")[0] for text in shown] == ["rare-minus-score", "rare-ancestral"]
    assert page.locator("#compare-figures tbody tr").count() > 10


def test_a_slider_steps_through_sampling_and_through_noise_levels(page):
    strip = page.locator("figure[data-steps]").first
    strip.scroll_into_view_if_needed()
    last = strip.locator("canvas").evaluate("canvas => canvas.toDataURL()")
    strip.locator("input").fill("0")
    assert strip.locator("output").inner_text().startswith("step 0 of")
    assert strip.locator("canvas").evaluate("canvas => canvas.toDataURL()") != last
    levels = page.locator("figure[data-levels]").first
    before = levels.locator("img:visible").get_attribute("data-level")
    levels.locator("input").fill("1")
    after = levels.locator("img:visible").get_attribute("data-level")
    assert before != after and after in levels.locator("output").inner_text()


def test_a_chart_says_a_value_when_a_reader_points_at_it(page):
    chart = page.locator("[data-curve]").first
    chart.scroll_into_view_if_needed()
    point = chart.locator(".mark-symbol.role-mark path").first
    point.wait_for()
    point.hover(force=True)
    page.wait_for_selector("#vg-tooltip-element.visible")
    assert "network evaluations" in page.locator("#vg-tooltip-element").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier_for_people_with_disabilities(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.locator("#curves").scroll_into_view_if_needed()
    page.wait_for_selector("[data-curve] svg")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_it_fits_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 740})
    page.locator("#curves").scroll_into_view_if_needed()
    page.wait_for_selector("[data-curve] svg")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 320, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_every_control_is_reached_by_keyboard(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#findings"
    reached = set()
    for _ in range(110):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
    assert {"A", "INPUT", "SELECT", "BUTTON", "CANVAS"} <= reached
