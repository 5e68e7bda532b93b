"""The viewer's controls by pointer and by keyboard: each changes what is seen or said, in both views, and as it says."""

from __future__ import annotations

import io
import re

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.browser.pages import colored, drawn, pixels, settled, spoken, stage, watched

FOR, AGAINST = (255, 80, 80), (0, 190, 255)


@pytest.fixture(scope="module")
def opened(browser, served):
    """One page of the doctor's view for all tests of a browser: each begins with a reset."""
    page = watched(browser.new_page(viewport={"width": 1440, "height": 1000}))
    page.goto(f"{served.url}/cases/{served.ids[0]}?view=doctor&lang=en")
    drawn(page)
    yield page
    page.close()
    assert page.problems == []


@pytest.fixture
def page(opened):
    keys(opened, "r")
    return opened


@pytest.fixture(scope="module")
def manifest(served):
    return httpx.get(f"{served.url}/api/cases/{served.ids[0]}/viewer.json").json()


@pytest.fixture(scope="module")
def info(served, manifest):
    """Facts of a volume by its name."""
    return lambda name: httpx.get(f"{served.url}{manifest['base']}/volumes/{name}.json").json()


def keys(page, *pressed):
    page.locator(".viewer-stage").focus()
    for one in pressed:
        page.keyboard.press(one)
    settled(page)


def numbers(text):
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", text)]


def window(page):
    """Low and high of the active image, as the sliders say them."""
    return [numbers(page.inner_text(f"[data-role={edge}]"))[0] for edge in ("low", "high")]


def slice_number(page):
    return int(re.search(r"slice (\d+)", spoken(page))[1])


def dragged(page, start, end, button="left", pane=0):
    """A drag between two places of a pane, told as fractions of it; its length in pixels along each axis."""
    frame = page.locator(".viewer-frame").nth(pane)
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    (x0, y0), (x1, y1) = ((box["x"] + u * box["width"], box["y"] + v * box["height"]) for u, v in (start, end))
    page.mouse.move(x0, y0)
    page.mouse.down(button=button)
    page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2)
    page.mouse.move(x1, y1)
    page.mouse.up(button=button)
    settled(page)
    return x1 - x0, y1 - y0


def hued(found, color):
    """Pixels whose hue is a colour's: what is added to grey lies along it."""
    toward = np.asarray(color, float) - np.mean(color)
    added = found - found.mean(axis=2, keepdims=True)
    length = np.linalg.norm(added, axis=2)
    return int(((length > 10) & (added @ toward > 0.9 * length * np.linalg.norm(toward))).sum())


def test_attribution_is_shown_by_name(page, manifest):
    parts = [one["title"] for one in manifest["spaces"][0]["overlays"] if one["kind"] == "parts"]
    maps = [one["title"] for one in manifest["spaces"][0]["overlays"] if one["kind"] == "attribution"]
    assert maps
    for title in parts:
        page.get_by_label(title, exact=True).uncheck()
    page.get_by_label("Opacity").fill("100")
    settled(page)
    bare = pixels(page)
    assert hued(bare, FOR) + hued(bare, AGAINST) == 0
    for title in maps:
        page.get_by_label(title, exact=True).check()
        settled(page)
        shown = pixels(page)
        assert hued(shown, FOR) + hued(shown, AGAINST) > 200, title
        page.get_by_label(title, exact=True).uncheck()
        settled(page)
        assert np.abs(pixels(page) - bare).max() <= 1, title


@pytest.fixture
def small(page):
    """The page in a small window: a scene in 3D is slow to draw without a GPU."""
    page.set_viewport_size({"width": 400, "height": 500})
    settled(page)
    yield page
    keys(page, "g")
    page.set_viewport_size({"width": 1440, "height": 1000})
    settled(page)


def test_three_dimensions_show_the_tumour_and_turn(small, browser, manifest):
    page = small
    keys(page, "d")
    parts = [one["title"] for one in manifest["spaces"][0]["overlays"] if one["kind"] == "parts"]
    if browser.kind == "pictures":
        titles = page.locator(".viewer-pane-title").all_inner_texts()
        assert [one.split(" · ")[1] for one in titles] == ["Axial", "Coronal", "Sagittal"]
    else:
        seen = stage(page)
        dragged(page, (0.5, 0.5), (0.6, 0.5))
        by_drag = stage(page)
        assert np.abs(by_drag - seen).mean() > 2
        before = numbers(spoken(page))
        keys(page, "ArrowLeft", "ArrowUp")
        assert np.subtract(numbers(spoken(page)), before).tolist() == [0, 15, 15]
        assert np.abs(stage(page) - by_drag).mean() > 2
    with_parts = pixels(page)
    assert with_parts.std() > 10
    for title in parts:
        page.get_by_label(title, exact=True).uncheck()
    settled(page)
    assert colored(with_parts) > colored(pixels(page)) + 50


def test_a_drag_with_the_right_button_changes_the_window(page):
    low, high = window(page)
    pane = [one.split(" ")[0] for one in page.locator(".viewer-pane-title").all_inner_texts()].index("T1c")
    across, _ = dragged(page, (0.3, 0.5), (0.6, 0.5), "right", pane)
    wider = window(page)
    assert wider[1] - wider[0] == pytest.approx((high - low) * 2 ** (across / 100), rel=0.02)
    assert sum(wider) / 2 == pytest.approx((low + high) / 2, abs=0.02 * (high - low))
    seen = stage(page).mean()
    dragged(page, (0.5, 0.6), (0.5, 0.3), "right", pane)
    assert sum(window(page)) < sum(wider)
    assert stage(page).mean() > seen + 1


@pytest.mark.parametrize("space", ["atlas", "scanner-t1c"])
def test_the_ruler_measures_what_is_dragged_over(page, info, space):
    page.locator(".viewer-side").get_by_label("Space").select_option(space)
    settled(page)
    name = {"atlas": "atlas-t1", "scanner-t1c": "scanner-t1c-image"}[space]
    shape, spacing = info(name)["shape"], info(name)["spacing"]
    page.get_by_role("button", name="Measure by dragging").click()
    for end, along in (((0.8, 0.4), (0.6, 0)), ((0.2, 0.75), (0, 0.35)), ((0.7, 0.7), (0.5, 0.3))):
        dragged(page, (0.2, 0.4), end)
        sides = [share * shape[axis] * spacing[axis] for axis, share in zip((0, 1), along, strict=True)]
        said = numbers(spoken(page).rsplit("Ruler", 1)[1])[0]
        assert said == pytest.approx(float(np.hypot(*sides)), abs=min(spacing) / 2)
    assert page.locator("line.viewer-ruler").count() >= 1
    page.locator(".viewer-side").get_by_label("Space").select_option("atlas")
    settled(page)


def test_wheel_and_keys_step_through_the_slices(page):
    first, seen = slice_number(page), stage(page)
    page.locator(".viewer-frame").first.hover()
    page.mouse.wheel(0, 120)
    assert slice_number(page) == first - 1
    assert np.abs(stage(page) - seen).max() > 20
    keys(page, "PageUp")
    assert slice_number(page) == first
    assert np.abs(stage(page) - seen).max() <= 1
    page.mouse.wheel(0, -120)
    assert slice_number(page) == first + 1


def test_a_reset_shows_what_was_shown_at_first(page, manifest):
    first, said = stage(page), spoken(page)
    last = [one["title"] for one in manifest["spaces"][0]["overlays"]][-1]
    page.get_by_label(last, exact=True).check()
    keys(page, "i", "l", "]", "+", "c", "PageUp", "ArrowLeft", "m", "p", "t")
    assert stage(page).shape != first.shape or np.abs(stage(page) - first).max() > 20
    keys(page, "r")
    assert spoken(page) == said
    assert np.abs(stage(page) - first).max() <= 1


def test_a_kept_picture_is_the_slice_as_it_is_seen(page):
    def kept():
        with page.expect_download() as waiting:
            page.get_by_text("Save picture").click()
        return np.asarray(Image.open(io.BytesIO(waiting.value.path().read_bytes())).convert("RGB"), float)

    plain = kept()
    assert plain.std() > 10
    assert colored(plain) > 50
    keys(page, "o", "i")
    inverted = kept()
    assert colored(inverted) == 0
    assert inverted.mean() > plain.mean() + 20


def test_both_views_draw_the_same_pixels(page, browser):
    """The picture of the server is the one of NiiVue: window, interpolation, parts, attribution, inversion."""
    if browser.kind != "webgl":
        pytest.skip("this browser has the server's pictures only")
    page.get_by_label("Attribution: IDH").check()
    for pressed in ((), ("i",), ("i", "[", "[", "-"), ("t", "o")):
        keys(page, *pressed)
        page.get_by_label("Drawn by").select_option("webgl")
        by_browser = stage(page)
        page.get_by_label("Drawn by").select_option("pictures")
        by_server = stage(page)
        page.get_by_label("Drawn by").select_option("webgl")
        assert by_browser.shape == by_server.shape
        assert np.abs(by_browser - by_server).mean() < 3, pressed


def test_two_time_points_stand_side_by_side(page, served):
    field = page.locator(".viewer-compare select")
    field.focus()
    page.wait_for_selector(f".viewer-compare option[value='{served.ids[1]}']", state="attached")
    field.select_option(served.ids[1])
    page.locator(".viewer-pane").nth(7).wait_for()
    keys(page, "PageUp")
    titles = page.locator(".viewer-pane-title").all_inner_texts()
    for left, right in zip(titles[::2], titles[1::2], strict=True):
        assert left.split(" · ")[0] == "time point 1"
        assert right.split(" · ")[0] == "time point 2"
        assert left.split(" · ")[1:] == right.split(" · ")[1:]
    images = [page.locator(".viewer-surface").nth(place).bounding_box() for place in (0, 1)]
    assert images[0]["y"] == images[1]["y"]
    assert images[0]["x"] + images[0]["width"] <= images[1]["x"]
    surfaces = [page.locator(".viewer-surface").nth(place).screenshot() for place in (0, 1)]
    first, second = (np.asarray(Image.open(io.BytesIO(one)).convert("RGB"), float) for one in surfaces)
    assert np.abs(first - second).mean() < 1  # the same result twice
    field.select_option("")
    page.locator(".viewer-pane").nth(7).wait_for(state="detached")
    settled(page)


ACTIVE = """() => {
    const at = document.activeElement
    const label = at.labels?.[0]
    const name = (label?.firstChild.textContent || label?.textContent) ?? at.textContent
    const options = [...(at.options ?? [])].filter(one => !one.disabled).length
    return [at.closest('.viewer-side') !== null, at.type || 'link', name, options]
}"""
PRESS = {"select-one": "ArrowDown", "range": "ArrowRight", "checkbox": "Space", "button": "Enter"}
UNDO = {"select-one": "ArrowUp", "checkbox": "Space"}


def effect(page):
    """What a control can change: pixels, the line below, window and pressed buttons."""
    settled(page)
    sides = page.evaluate(
        """() => [...document.querySelectorAll('[data-role], [aria-pressed], .viewer-pane-title')]
            .map(one => one.textContent + one.ariaPressed).join('|')
            + [...document.querySelectorAll('.viewer-surface > *')].map(one => one.tagName).join('')"""
    )
    return page.locator(".viewer-stage").screenshot(), spoken(page), sides


def test_every_control_does_its_work_by_keyboard_alone(page, manifest):
    keys(page, "4")  # not Auto's window, or its button would change nothing
    idle, worked = [], []
    while True:
        page.keyboard.press("Tab")
        inside, kind, name, options = page.evaluate(ACTIVE)
        if not inside:
            break
        assert name.strip(), "a control without a name"
        if kind == "link":
            with page.expect_download() as waiting:
                page.keyboard.press("Enter")
            assert waiting.value.path().read_bytes().startswith(b"\x89PNG")
            worked.append(name)
            continue
        if name == "Drawn by" and options == 1:
            continue  # there is no WebGL to choose
        if name == "Case":
            page.locator(".viewer-compare option").nth(1).wait_for(state="attached")
        before = effect(page)
        page.keyboard.press("ArrowLeft" if name.startswith("White") else PRESS[kind])  # it stands at its end
        if name == "Case":
            page.locator(".viewer-pane").nth(7).wait_for()
        (worked if effect(page) != before else idle).append(name)
        assert page.evaluate(ACTIVE)[2].split(" ")[0] == name.split(" ")[0], "the focus has gone"
        if kind in UNDO:
            page.keyboard.press(UNDO[kind])
            settled(page)
    assert idle == []
    overlays = [one["title"] for one in manifest["spaces"][0]["overlays"]]
    assert {"Modality", "Layout", "Space", "Plane", "Invert", "Reset", "Save picture", "Case"} <= set(worked)
    assert len(set(overlays) & set(worked)) >= len(overlays) - 1
