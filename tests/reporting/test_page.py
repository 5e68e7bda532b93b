"""The page: complete, self-contained, honest about what is missing, and the same bytes every time."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from gliomanet.reporting.page import write_report
from gliomanet.reporting.versions import software_versions

VOID = {"meta", "input", "img", "br", "hr", "link"}
SVG_EMPTY = {"path", "use", "defs", "g", "rect", "image"}


class Outline(HTMLParser):
    """Checks that tags close in order; collects headings' sections, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sections: list[str] = []
        self.identifiers: list[str] = []
        self.loads: list[str] = []
        self.tables = self.captions = 0
        self.unscoped = self.pictures_without_text = 0
        self.words: list[str] = []

    def handle_startendtag(self, tag, attrs):
        self._note(tag, dict(attrs))

    def handle_starttag(self, tag, attrs):
        self._note(tag, dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    def _note(self, tag, attributes):
        if tag == "section":
            self.sections.append(attributes["id"])
        if "id" in attributes:
            self.identifiers.append(attributes["id"])
        self.loads += [attributes[name] for name in ("src", "srcset", "data", "action") if attributes.get(name)]
        if tag == "link" or (tag in ("a", "use", "image") and not attributes.get("href", "#").startswith("#")):
            self.loads.append(str(attributes.get("href")))
        self.tables += tag == "table"
        self.captions += tag == "caption"
        self.unscoped += tag == "th" and "scope" not in attributes
        self.pictures_without_text += (tag == "img" and not attributes.get("alt")) or (
            tag == "svg" and not attributes.get("aria-label")
        )

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def render(folder, **arguments) -> tuple[str, Outline]:
    write_report(folder / "report" / "index.html", **arguments)
    html = (folder / "report" / "index.html").read_text(encoding="utf-8")
    outline = Outline()
    outline.feed(html)
    outline.close()
    assert not outline.open
    return html, outline


def test_the_whole_page(image_study, tmp_path):
    html, page = render(tmp_path, **image_study)
    assert page.sections == [
        "results",
        "cases",
        "quality",
        "figures",
        "confusion",
        "comparisons",
        "biomarkers",
        "pseudo-labels",
        "reading",
        "made-with",
    ]
    # nothing is loaded from elsewhere
    assert all(address.startswith("data:image/png;base64,") for address in page.loads)
    assert not re.search(r"https?://|@import|url\((?!#)", html)
    # accessible: captions, scopes, texts for pictures, no identifier twice
    assert page.tables == page.captions > 8
    assert page.unscoped == page.pictures_without_text == 0
    assert len(page.identifiers) == len(set(page.identifiers))
    # what a reader must find
    text = page.text
    assert "Five centres <and a test>" in text
    assert "2 training centres (north, south; 70 cases) teach" in text
    assert "1 case could not be analysed and is named below." in text
    assert "south-004 south failed t1c: the border of a stripped image is not empty (12.4 % of its voxels)" in text
    assert "not estimable no codeleted case" in text
    assert "Simulated and real patients are mixed. north, south, east and lake are simulated; west is not." in text
    assert "opposite or no direction (6)" in text
    assert "cmtlnet kept 18 of 24 candidates" in text
    assert "Research use only" in text
    # no float garbage, no missing values spelt by a library
    figures = text.split("Configuration, with every default")[0]
    assert not re.search(r"\d\.\d{4,}", figures)
    assert not re.search(r"\b(nan|NaN|None|NaT)\b", figures)


def test_equal_inputs_give_equal_bytes(image_study, tmp_path):
    assert render(tmp_path / "a", **image_study)[0] == render(tmp_path / "b", **image_study)[0]


def test_a_study_of_features_has_no_empty_sections(image_study, tmp_path):
    for absent in ("qc", "sheets", "biomarkers", "recovery", "pseudo_labels"):
        del image_study[absent]
    image_study["comparisons"] = image_study["comparisons"].head(0)
    _, page = render(tmp_path, **image_study)
    assert page.sections == ["results", "cases", "figures", "confusion", "reading", "made-with"]
    assert "south-004 south left out in the case table, in no fold" in page.text
    assert "Pseudo-labels" not in page.text


def test_without_external_centres_the_headline_is_validation_and_says_so(image_study, tmp_path):
    metrics = image_study["metrics"]
    image_study["metrics"] = metrics[metrics["role"] == "validation"]
    _, page = render(tmp_path, **image_study)
    assert "No centre tests externally" in page.text
    assert "MCC on validation cases (north, south)" in page.text


def test_several_transfers_are_told_apart(image_study, tmp_path):
    for name in ("metrics", "confusion", "comparisons", "splits"):
        table = image_study[name]
        image_study[name] = pd.concat([table, table.assign(transfer="without-north")], ignore_index=True)
    _, page = render(tmp_path, **image_study)
    assert "There are 2 transfers" in page.text
    assert "transfer without-north." in page.text
    assert "External, east (without-north)" in page.text


def test_an_empty_study_still_has_a_page(image_study, tmp_path):
    nothing = dict.fromkeys(("metrics", "confusion", "comparisons", "splits"), pd.DataFrame())
    _, page = render(tmp_path, study=image_study["study"], cases=image_study["cases"], **nothing)
    assert page.sections == ["cases", "reading", "made-with"]


def test_a_missing_contact_sheet_is_named(image_study, tmp_path):
    image_study["sheets"] = {"north": tmp_path / "gone.png"}
    with pytest.raises(FileNotFoundError, match=r"gone\.png: this centre's contact sheet is missing"):
        write_report(tmp_path / "index.html", **image_study)


def test_a_control_says_that_it_is_one(image_study, tmp_path):
    image_study["study"] = {**image_study["study"], "shuffle_labels": True}
    assert "every MCC must be about 0" in render(tmp_path, **image_study)[1].text


def test_versions_are_those_installed():
    versions = software_versions()
    assert next(iter(versions)) == "Python"
    assert versions["pandas"] == pd.__version__
