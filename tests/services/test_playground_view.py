"""The playground as a reader meets it: examples, controls, clicks, keys and the address."""

import re

import pytest

from tests.helpers.browser import again, browsed, made, watched

pytestmark = [browsed, made]
RARE = r"([\d.]+) % ± [\d.]+ % of the particles end in the marked mode"


@pytest.fixture
def page(browser):
    with watched(browser) as opened:
        opened.emulate_media(reduced_motion="reduce")  # examples then show their end
        yield opened
        assert opened.said == []


def example(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def rate(page) -> float:
    """The share of particles in the marked mode, in percent."""
    return float(re.search(RARE, page.locator("#play-status").inner_text())[1])


def picture(page) -> str:
    return page.locator("#play-canvas").evaluate("canvas => canvas.toDataURL()")


def test_ibg_finds_the_rare_mode_more_often_than_no_guidance(page):
    example(page, "A rare mode, unguided")
    unguided = rate(page)
    example(page, "The same, with IBG")
    assert unguided < 4 and rate(page) > 4 * unguided


def test_one_step_ends_in_the_modes_with_a_draw_and_between_them_with_the_mean(page):
    def off_mode() -> float:
        said = page.locator("#play-status").inner_text()
        return float(re.search(r"([\d.]+) % of the particles end in no mode", said)[1])

    example(page, "One step: the mean")
    assert off_mode() > 90
    example(page, "One step: a draw (DDDM)")
    assert off_mode() < 5
    disabled = page.locator("#play-form [name=sampler] option:disabled").all_inner_texts()
    assert disabled == ["heun", "dpmpp", "unipc", "adams", "edm"]
    assert page.locator("#play-guidance").evaluate("part => part.disabled")


def test_the_address_brings_the_same_picture_back(page):
    example(page, "Match a given y")
    page.locator("#play-form [name=sampler]").select_option("edm")
    page.locator("#play-form [name=seed]").fill("5")
    page.locator("#play-form [name=follow]").uncheck()
    before = picture(page)
    again(page, page.url)
    assert page.locator("#play-form [name=sampler]").input_value() == "edm"
    assert picture(page) == before


def test_clicks_set_start_and_goal_and_the_instanton_falls_less_than_the_line(page):
    example(page, "Paths around a hole")
    place = page.locator("#play-canvas")
    side = place.bounding_box()["width"]
    place.click(position={"x": 0.25 * side, "y": 0.5 * side})
    place.click(position={"x": 0.5 * side, "y": 0.75 * side})
    ends = [
        float(page.locator(f"[name={name}]").input_value()) for name in ("ax", "ay", "bx", "by")
    ]
    assert ends == pytest.approx([-2.8, 0, 0, -2.8], abs=0.05)
    rows = page.locator("#play-paths tbody tr").all_inner_texts()
    found = {row.split("\t")[0]: row.split("\t")[1:] for row in rows}
    assert [*found] == ["line", "Hamiltonian", "instanton"]
    for figure in (0, 1):  # action, fall of log p
        assert float(found["instanton"][figure]) < float(found["line"][figure])


def test_it_plays_pauses_and_goes_to_a_time_by_keys_alone(page):
    page.locator("#play-button").focus()
    end = picture(page)
    page.keyboard.press("Enter")
    page.wait_for_function("Number(document.getElementById('play-time').value) > 2")
    assert page.locator("#play-button").inner_text() == "Pause"
    page.keyboard.press("Enter")
    assert page.locator("#play-button").inner_text() == "Play"
    page.locator("#play-time").focus()
    page.keyboard.press("Home")
    assert "Noise level infinite" in page.locator("#play-legend").inner_text()
    page.keyboard.press("End")
    assert picture(page) == end
