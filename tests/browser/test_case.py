"""A case from its upload to its deletion, in a real browser, by a server that the command line started."""

from __future__ import annotations

import re

import pytest

from tests.browser.pages import colored, drawn, pixels, served_by_command, watched
from tests.dicom_folders import write_examination


@pytest.fixture(scope="module")
def command(stack_bundle, front_end, tmp_path_factory):
    store = tmp_path_factory.mktemp("walk") / "store"
    with served_by_command(stack_bundle, store) as address:
        yield address, store


@pytest.fixture(scope="module")
def examination(tiny_study, tmp_path_factory):
    images = {name: path for name, path in tiny_study.images.items() if name != "tumour_mask"}
    return write_examination(tmp_path_factory.mktemp("dicom") / "examination", images)


def followed_to_done(page):
    """From the answer to the upload to the page of the result; lines of progress were seen before it."""
    page.wait_for_url("**/cases/*", timeout=60_000)
    page.wait_for_selector("#lines li", timeout=60_000)
    assert page.locator("#place").inner_text() != ""
    page.wait_for_selector("#state.done", timeout=180_000)
    return page.url.rsplit("/", 1)[1].split("?")[0]


def press_to(page, target, most=150):
    """Press Tab until the focus is on what a selector names."""
    for _ in range(most):
        if page.evaluate("what => document.activeElement.matches(what)", target):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {target}")


def every_view(page, address, case, kind):
    """The three views in both languages, each in letters of its own; and the report as PDF."""
    for language in ("en", "zh"):
        for view in ("doctor", "patient", "report"):
            page.goto(f"{address}/cases/{case}?view={view}&lang={language}")
            chinese = len(re.findall("[\u4e00-\u9fff]", page.locator("main").inner_text()))
            assert chinese == 0 if language == "en" else chinese > 200
            assert page.locator(".tabs [aria-current=page]").count() == 1
            if view == "doctor":
                drawn(page)
                assert pixels(page).std() > 10
                assert (page.locator(".viewer-surface canvas").count() > 0) == (kind == "webgl")
        with page.expect_download() as waiting:
            page.click(f"a[href*='report.pdf?lang={language}']")
        assert waiting.value.path().read_bytes().startswith(b"%PDF")


def nothing_left(store, case, label):
    """Hold that a store has no file of a case: by its id, or by its label in what is kept of all."""
    assert not [path for path in store.rglob("*") if case in path.parts and path.is_file()]
    assert not [path for path in store.rglob("*") if path.is_file() and label.encode() in path.read_bytes()]


def test_files_become_a_case_that_is_seen_and_deleted(browser, command, tiny_study):
    address, store = command
    page = watched(browser.new_page(viewport={"width": 1440, "height": 1000}))
    page.goto(f"{address}/?lang=en")
    for name, path in tiny_study.images.items():
        field = "mask" if name == "tumour_mask" else name
        page.set_input_files(f"input[name={field}]", path)
    page.fill("input[name=label]", "seen by mouse")
    page.fill("input[name=age]", "61")
    page.select_option("select[name=sex]", "F")
    page.locator("form#upload summary").click()
    page.fill("input[name=mask_codes]", "brats")
    page.check("input[name=fast]")
    page.click("form#upload button[type=submit]")
    case = followed_to_done(page)
    every_view(page, address, case, browser.kind)
    page.locator(".delete summary").click()
    page.click(".delete button")
    page.wait_for_url(f"{address}/**")
    assert page.locator(f"[data-case='{case}']").count() == 0
    nothing_left(store, case, "seen by mouse")
    assert page.problems == []
    page.close()


def test_a_dicom_folder_goes_the_same_way_by_the_keyboard(browser, command, examination):
    if browser.kind != "webgl":
        pytest.skip("the way of the upload is the same in both browsers")
    address, store = command
    page = watched(browser.new_page(viewport={"width": 1440, "height": 1000}))
    page.goto(f"{address}/?lang=en")
    page.set_input_files("input[name=dicom][webkitdirectory]", examination)  # the file dialogue is the system's own
    press_to(page, "input[name=label]")
    page.keyboard.type("seen by keys")
    press_to(page, "input[name=fast]")
    page.keyboard.press("Space")
    press_to(page, "form#upload button[type=submit]")
    page.keyboard.press("Enter")
    case = followed_to_done(page)
    for view in ("patient", "report", "doctor"):
        press_to(page, f".tabs a[href*='view={view}']")
        page.keyboard.press("Enter")
        page.wait_for_selector(f".tabs a[aria-current=page][href*='view={view}']")
    drawn(page)
    before = pixels(page)
    press_to(page, ".viewer-stage")
    page.keyboard.press("PageUp")
    page.wait_for_timeout(800)
    assert abs(pixels(page) - before).max() > 10
    press_to(page, ".delete summary")
    page.keyboard.press("Enter")
    press_to(page, ".delete button")
    page.keyboard.press("Enter")
    page.wait_for_selector("form#upload")
    nothing_left(store, case, "seen by keys")
    assert page.problems == []
    page.close()


def test_the_outline_is_drawn_and_can_be_taken_away(browser, served):
    page = watched(browser.new_page(viewport={"width": 1440, "height": 1000}))
    page.goto(f"{served.url}/cases/{served.ids[0]}?view=doctor&lang=en")
    drawn(page)
    shown = max(colored(pixels(page)) for _ in range(2))
    page.locator(".viewer-stage").focus()
    page.keyboard.press("o")
    page.wait_for_timeout(800)
    assert shown > 50
    assert colored(pixels(page)) == 0
    page.close()
