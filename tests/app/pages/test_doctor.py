"""The doctor's view: the sections of a result as fragments that the strictest policy shows, limits before numbers."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest

from gliomanet.app.pages.doctor import app_style, doctor_facts, doctor_sections
from gliomanet.app.pages.views import view_of
from gliomanet.app.templating import template
from gliomanet.app.words import app_words
from gliomanet.patient.page.words import words

SET_ANEW = {"lead", "caution", "columns"}
"""Classes of the frame that the doctor's style sheet sets anew."""


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


@pytest.fixture(scope="module", params=["en", "zh"])
def told(request, predicted):
    return request.param, doctor_sections(predicted.folder, request.param, lambda file: f"/api/cases/1/{file}")


def test_what_can_be_trusted_goes_first_and_how_it_was_made_last(told):
    language, sections = told
    order = ["trust", "diagnosis", "tasks", "support", "attribution", "tumour", "vasari"]
    assert [one.name for one, _ in sections] == [*order, "survival", "external", "made"]
    assert sections[0][0].title == words(language)("trust.title")
    first = sections[0][1]
    assert first.index(words(language)("simulated_head")) < first.index(words(language)("trust.protocol"))
    assert first.index(words(language)("trust.protocol")) < first.index(words(language)("trust.unlike"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_view_goes_from_what_to_trust_to_how_it_did_elsewhere_and_its_contents_lead_there(
    language, predicted, tmp_path
):
    (tmp_path / "result").symlink_to(predicted.folder)
    view = view_of("doctor", tmp_path, language, survival=False)
    found = Elements(view).found
    titles = [attributes["id"] for name, attributes in found if name == "h2"]
    wanted = ["trust", "viewer-title", "diagnosis", "tasks", "support", "attribution", "tumour", "vasari"]
    assert titles == [*wanted, "survival", "report", "external", "made"]
    links = [attributes["href"] for name, attributes in found if name == "a"]
    assert [one.removeprefix("#") for one in links if one.startswith("#")] == titles
    assert f"/cases/{tmp_path.name}?view=report&lang={language}" in links


def test_the_head_tells_whose_result_it_is(predicted):
    for language in ("en", "zh"):
        facts, say = doctor_facts(predicted.folder, language), words(language)
        case = predicted.content.case
        assert facts[:2] == [say("age", age=f"{case.age:g}"), say(f"sex_{case.sex}")]


def test_no_class_of_the_frame_s_own_elements_is_one_of_a_fragment(told):
    """The frame's `.bar` once emptied every bar of probability."""
    source = (Path(__file__).parents[3] / "frontend/src/app.css").read_text()
    bare = re.sub(r"/\*.*?\*/|[{][^{}]*[}]", ",", source, flags=re.DOTALL)
    of_frame = {found[1] for one in bare.split(",") if (found := re.match(r"\s*\.([a-z][\w-]*)", one))}
    assert "bar" in of_frame
    within = [attributes.get("class") or "" for _, html in told[1] for _, attributes in Elements(html).found]
    shared = {one for names in within for one in names.split()} & of_frame
    assert shared <= SET_ANEW


def test_the_strictest_policy_shows_every_fragment(told):
    for section, html in told[1]:
        found = Elements(html).found
        names = {name for name, _ in found}
        assert not names & {"script", "style", "link", "iframe", "h1", "h2"}, section.name
        keys = {key for _, attributes in found for key in attributes}
        assert not {key for key in keys if key == "style" or key.startswith("on")}, section.name


def test_pictures_come_by_their_address(told, predicted):
    pictures = [attributes for _, html in told[1] for name, attributes in Elements(html).found if name == "img"]
    assert len(pictures) == 15 + len(predicted.content.explained.attribution)
    for one in pictures:
        assert one["alt"]
        file = one["src"].removeprefix("/api/cases/1/")
        assert file in predicted.content.files
    assert "data:" not in "".join(html for _, html in told[1])


def test_headings_leave_out_no_level(told):
    for section, html in told[1]:
        levels = [int(name[1]) for name, _ in Elements(html).found if re.fullmatch("h[1-6]", name)]
        before = 2
        for level in levels:
            assert level <= before + 1, section.name
            before = level


def test_the_style_sheet_holds_below_the_view_alone():
    style = re.sub(r"/\*.*?\*/", "", app_style(), flags=re.DOTALL)
    assert "{{" not in style
    assert "{%" not in style
    depth, selectors = 0, []
    for part in re.findall(r"[^{}]*[{}]", style):
        if part.endswith("{"):
            if depth == 0:
                selectors.append(part[:-1].strip())
            depth += 1
        else:
            depth -= 1
    assert depth == 0
    assert all(one.startswith((".doctor", "@media (prefers-color-scheme")) for one in selectors), selectors


@pytest.mark.parametrize("view", ["doctor", "patient", "report"])
def test_the_patients_view_does_not_offer_the_doctors_file_which_holds_survival(view):
    one = SimpleNamespace(id="1", state="done", lines=(), problem=None)
    say = app_words("en", "case")
    told = {"say": say, "language": "en", "title": "A", "one": one, "done": True, "view": view, "state": "done"}
    told |= {"place": "", "content": "", "script_words": {}, "lines": [], "problem": "", "retriable": False}
    html, without = (template("case").render(told | {"has_pdf": there}) for there in (True, False))
    assert ("result.pdf" in html) == ("result.json" in html) == (view != "patient")
    assert "result.pdf" not in without
    assert "/delete" in html
