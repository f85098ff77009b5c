"""A headless Chromium for tests of the page."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from report.modules import import_map

from scorefield.core.exact import Mixture
from scorefield.core.interval import spread
from tests.helpers.project import ROOT

PAGE = ROOT / "plots/report.html"

CHROMIUM = os.environ.get("BROWSER_PATH") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
browsed = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; set BROWSER_PATH")
made = pytest.mark.skipif(not PAGE.exists(), reason="the pipeline has not run yet")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, until the block ends."""
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@contextmanager
def watched(browser: Browser) -> Iterator[Any]:
    """The page of the pipeline; `asked` has the addresses that it requested, `said` its errors and
    warnings."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page: Any = context.new_page()
    page.asked, page.said = asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    bad = ("error", "warning")
    page.on("console", lambda one: said.append(one.text) if one.type in bad else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(PAGE.as_uri(), wait_until="load")
    yield page
    context.close()


def again(page: Page, address: str) -> None:
    """The page, opened anew at an address."""
    page.goto("about:blank")
    page.goto(address, wait_until="load")


@contextmanager
def playground() -> Iterator[Callable[..., Any]]:
    """A function that runs a body of script in the browser with the modules of the playground as
    `m.<module>`: its arguments by name, and what it returns."""
    with chromium() as browser:
        page = browser.new_page()
        page.set_content(f'<script type="importmap">{import_map()}</script>')

        def script(body: str, **given: Any) -> Any:
            used = sorted(set(re.findall(r"\bm\.(\w+)\.", body)))
            load = "".join(f'm.{one} = await import("playground/{one}");' for one in used)
            names = ", ".join(given)
            return page.evaluate(
                f"async ({{{names}}}) => {{ const m = {{}}; {load} {body} }}", given
            )

        yield script


def law(mixture: Mixture, **more: Any) -> dict[str, Any]:
    """A mixture as the playground reads it."""
    parts = {"weight": mixture.weight, "mean": mixture.mean, "variance": mixture.cov[:, 0, 0]}
    mode = {"mode": [*range(len(mixture.weight))], "special": 0, "pair": None}
    unit = {"spread": spread(mixture.denoiser(), mixture.mean)}
    return {key: value.tolist() for key, value in parts.items()} | mode | unit | more


def ring() -> Mixture:
    """Eight modes, one of them rare."""
    return Mixture.ring(8, rare=0.01)
