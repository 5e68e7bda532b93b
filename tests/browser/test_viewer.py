"""The viewer in a real browser, by NiiVue and by the server's pictures: the same controls, and pixels are there."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def page(browser, served):
    made = browser.new_page(viewport={"width": 1440, "height": 1000})
    made.problems = []
    made.on("console", lambda said: made.problems.append(said.text) if said.type == "error" else None)
    made.on("pageerror", lambda error: made.problems.append(str(error)))
    yield made
    made.close()


def opened(page, served, lang="en"):
    page.goto(f"{served.url}/cases/{served.ids[0]}?view=doctor&lang={lang}")
    page.wait_for_selector("[data-viewer][data-drawn]", timeout=60_000)
    page.wait_for_timeout(600)


def pixels(page):
    return np.asarray(Image.open(io.BytesIO(page.locator(".viewer-surface").first.screenshot())).convert("L"), float)


def said(page):
    page.wait_for_timeout(700)
    return page.inner_text(".viewer-live")


def test_images_are_drawn_in_the_view_that_the_browser_can(page, served, browser):
    opened(page, served)
    assert pixels(page).std() > 10
    assert (page.locator(".viewer-surface canvas").count() > 0) == (browser.kind == "webgl")
    assert (page.locator(".viewer-surface img").count() > 0) == (browser.kind == "pictures")
    assert (page.inner_text(".viewer-note") != "") == (browser.kind == "pictures")
    assert not [one for one in page.problems if "Content Security Policy" in one]


def test_keys_alone_move_window_measure_and_change_the_layout(page, served):
    opened(page, served)
    page.locator(".viewer-stage").focus()
    before, first = pixels(page), said(page)
    page.keyboard.press("PageUp")
    assert said(page) != first
    page.keyboard.press("i")
    page.wait_for_timeout(600)
    assert np.abs(pixels(page) - before).mean() > 5
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("m")
    assert "8.0 mm" in said(page)  # one voxel of the atlas grid
    page.keyboard.press("t")
    page.wait_for_timeout(800)
    assert page.locator(".viewer-surface").count() == 3
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") != "viewer-stage"


@pytest.mark.parametrize("width", [375, 768, 1440])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_width_needs_scrolling_sideways(page, served, width, lang):
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, served, lang)
    assert page.evaluate("document.querySelector('[data-viewer]').scrollWidth") <= width
