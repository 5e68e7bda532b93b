"""Every page by axe-core, in both languages, light and dark, narrow and wide; none needs scrolling sideways."""

from __future__ import annotations

import httpx
import pytest

from tests.browser.pages import watched
from tests.programs import skip_or_fail

RUN = """axe.run({resultTypes: ['violations']}).then(({violations}) => violations
    .map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html.slice(0, 120)).join(' | ')}`))"""

DRAWN = """([part, letters]) => letters.map(letter => {
    const canvas = document.createElement('canvas')
    const pen = canvas.getContext('2d')
    pen.font = '40px ' + getComputedStyle(document.querySelector(part)).fontFamily
    pen.fillText(letter, 5, 60)
    return canvas.toDataURL()
})"""


@pytest.fixture(scope="module")
def axe(repository):
    path = repository / "frontend/node_modules/axe-core/axe.min.js"
    skip_or_fail("browser", "" if path.is_file() else "axe-core is not there: make frontend")
    return path.read_text()


@pytest.fixture(scope="module")
def addresses(served):
    wanted = {"cases": [served.ids[0]], "reader": "R1", "seed": 3}
    review = httpx.post(f"{served.url}/api/reviews", json=wanted, headers={"Origin": served.url}).json()["address"]
    views = {view: f"/cases/{served.ids[0]}?view={view}&" for view in ("doctor", "patient", "report")}
    return {"home": "/?", **views, "reviews": "/review?", "session": f"{review}?", "review": f"{review}/cases/1?"}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["home", "doctor", "patient", "report", "reviews", "session", "review"])
def test_nobody_is_shut_out_of_a_page(plain_browser, served, addresses, axe, name, language):
    page = watched(plain_browser.new_page(viewport={"width": 1440, "height": 900}))
    page.goto(f"{served.url}{addresses[name]}lang={language}")
    if page.locator("[data-viewer]").count():
        page.wait_for_selector("[data-viewer][data-drawn]", timeout=60_000)
    page.evaluate(axe)
    found = []
    for width in (375, 768, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(200)
        if (needed := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append(f"{width}: {needed} pixels wide")
        for scheme in ("light", "dark") if width != 768 else ():
            page.emulate_media(color_scheme=scheme)
            found += [f"{width}, {scheme}: {one}" for one in page.evaluate(RUN)]
    page.close()
    assert found == []
    assert page.problems == []


def test_chinese_letters_are_not_boxes(plain_browser, served, addresses):
    """Two letters drawn differently by the families of each part of a page: as boxes they would be alike."""
    page = watched(plain_browser.new_page())
    page.goto(f"{served.url}{addresses['doctor']}lang=zh")
    page.wait_for_function("[...document.fonts].some(font => font.status === 'loaded')")
    for part in ("h1", ".notice", ".tabs a", ".doctor h2", ".doctor td", "[data-viewer]", "button"):
        drawn = page.evaluate(DRAWN, [part, ["病", "例"]])
        assert drawn[0] != drawn[1], part
    page.close()


def test_a_page_in_english_fetches_the_letters_of_its_switch_only(plain_browser, served, addresses):
    page = watched(plain_browser.new_page())
    sent = []
    page.on("response", lambda answer: sent.append(answer.url) if answer.url.endswith(".woff2") else None)
    page.goto(f"{served.url}{addresses['doctor']}lang=en")
    page.evaluate("document.fonts.ready.then(() => null)")
    drawn = page.evaluate(DRAWN, [".languages a", ["中", "文"]])
    assert drawn[0] != drawn[1]
    assert not [one for one in sent if "chinese-simplified" in one]
    page.close()
