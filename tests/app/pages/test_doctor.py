"""The doctor's view: the sections of a result as fragments that the strictest policy shows, limits before numbers."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from gliomanet.app.pages.doctor import app_style, doctor_sections
from gliomanet.patient.page.words import words


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
