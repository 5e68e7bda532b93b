"""The page and the PDF of a patient: whole in one file, limits before numbers, sections by what the result holds."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from pypdf import PdfReader

from gliomanet.errors import ProblemError
from gliomanet.patient.checks import check_language
from gliomanet.patient.explained import Explained
from gliomanet.patient.page import write
from gliomanet.patient.page.answer import percent
from gliomanet.patient.page.explained import measured_in
from gliomanet.patient.page.outcomes import drawn_band
from gliomanet.patient.page.plot import Plot, bar
from gliomanet.patient.page.support import DRAWN, chosen
from gliomanet.patient.page.tumour import share_of
from gliomanet.patient.page.view import Medium
from gliomanet.patient.page.words import words
from gliomanet.patient.page.write import PAGE, PDF, language_of, rendered, write_page
from gliomanet.patient.result import NAME, Feature, simulated
from gliomanet.patient.statements.statement import state, technical
from gliomanet.reporting import chinese_font as chinese_font_module
from tests.programs import skip_or_fail


class Elements(HTMLParser):
    """Every element with its attributes, and the text outside of style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def page(predicted):
    return (predicted.folder / PAGE).read_text()


@pytest.fixture(scope="module")
def elements(page):
    return Elements(page)


@pytest.fixture(scope="module")
def reader(predicted):
    skip_or_fail("pdf", "" if (predicted.folder / PDF).is_file() else "no Pango: make setup or make programs brings it")
    return PdfReader(predicted.folder / PDF)


def html(predicted, medium=Medium.SCREEN, **changes) -> str:
    """The page of a changed result; without figures, which take their time, unless it is asked for them."""
    unexplained = Explained(asked=False, attribution=(), worth_of_inputs=())
    bare = {"features": (), "survival": None, "explained": unexplained, "vasari": None}
    bare["files"] = {name: "" for name in predicted.content.files if "attribution" not in name}
    values = predicted.content.model_copy(update={**bare, **changes})
    return rendered(values, predicted.folder, words(), medium)


def sections(text: str) -> list[str]:
    return [one["id"] for one in Elements(text).all("section")]


def test_the_page_needs_nothing_else_and_a_strict_policy_shows_it(page, elements):
    names = {name for name, _ in elements.found}
    assert not names & {"script", "link", "iframe", "object", "form"}
    assert all("style" not in attributes for _, attributes in elements.found)
    assert not [key for _, attributes in elements.found for key in attributes if key.startswith("on")]
    sources = [value for _, attributes in elements.found for key, value in attributes.items() if key in ("src", "href")]
    assert all(source.startswith(("data:image/png", "#")) for source in sources)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(one["content"] for one in elements.all("meta") if one.get("http-equiv"))
    assert policy == f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'"


def test_what_cannot_be_trusted_goes_before_any_number(page, elements):
    assert page.index(simulated().text) < page.index("<section")
    order = sections(page)
    places = [
        "trust",
        "diagnosis",
        "tasks",
        "support",
        "attribution",
        "tumour",
        "vasari",
        "survival",
        "external",
        "made",
    ]
    assert order == [name for name in places if name in order]
    assert {*places} - {"vasari", "attribution"} <= {*order}
    linked = [one["href"] for one in elements.all("a") if one.get("class") != "skip"]
    assert linked == [f"#{name}" for name in order]


def test_everything_has_words_for_those_who_do_not_see_it(elements, predicted):
    pictures = elements.all("img")
    assert len(predicted.content.pictures) == 15
    assert len([one for one in pictures if "slice" in one["alt"] and one["width"]]) == 15
    assert all(one["alt"] for one in pictures)
    drawn = elements.all("svg")
    assert drawn
    assert all(one.get("aria-label") for one in drawn)
    names = [name for name, _ in elements.found]
    assert names.count("table") == names.count("caption") > 5
    assert [name for name in names if name in ("h1", "h2")] == ["h1"] + ["h2"] * names.count("section")


def test_numbers_are_the_result_s(elements, predicted):
    text = " ".join(elements.text)
    for task in predicted.content.tasks:
        for one in task.classes:
            assert percent(one.probability) in text
    for one in predicted.content.compatible_with:
        assert one.name in text
    for volume in predicted.content.segmentation.volumes:
        assert f"{volume.volume_ml:,.1f}" in text
    assert predicted.content.bundle.digest in text


def test_a_section_shows_when_its_field_is_there(predicted):
    bare = html(predicted, pictures=(), segmentation=None)
    assert sections(bare) == ["trust", "diagnosis", "tasks", "external", "made"]
    overlay = {"pictures/attribution_none.png": "a digest"}
    shutil.copy(predicted.folder / "pictures/t1_axial.png", predicted.folder / "pictures/attribution_none.png")
    assert "attribution" in sections(html(predicted, files=overlay))
    (predicted.folder / "pictures/attribution_none.png").unlink()
    worth = predicted.content.tasks[0].model_copy(update={"worth_of_modalities": {"t1c": 0.123, "flair": -0.04}})
    text = html(predicted, tasks=(worth,))
    assert "+12.3" in text
    assert "\N{MINUS SIGN}4.0" in text


def test_a_verdict_goes_first_and_its_reasons_once(predicted):
    distance = {
        "of": "look",
        "model": "",
        "distance": 5.1,
        "p": 0.01,
        "alarm_at": 0.05,
        "held_out": 99,
        "alarm": True,
        "counts": True,
    }
    trust = SimpleNamespace(
        verdict="do not use",
        reasons=(technical("the head is a child's"),),
        false_alarms=0.05,
        distances=(SimpleNamespace(**distance),),
        notes=(technical("nothing of age"),),
    )
    text = html(
        predicted, trust=trust, warnings=(simulated(), *map(technical, ("the head is a child's", "another warning")))
    )
    assert text.count("the head is a child") == 1
    assert text.index(words()("trust.verdicts.do_not_use")) < text.index("another warning")
    assert "5 % of good cases" in text
    assert "nothing of age" in text


def test_explanations_show_where_a_result_has_them(predicted):
    numbers = {"evidence": 1.5, "start": 0.25, "additivity_gap": 0.004, "in_tumour": 0.4, "tumour_share_of_brain": 0.03}
    voxels = SimpleNamespace(task="idh", called="mutant", model="net", **numbers)
    worth = SimpleNamespace(task="idh", called="mutant", groups={"flair": 0.21, "age": -0.08})
    explained = SimpleNamespace(attribution=(voxels,), worth_of_inputs=(worth,))
    told = SimpleNamespace(
        code="f5",
        name=technical("enhancing share"),
        value=technical("6-33%"),
        measured=0.2,
        unit="share",
        note=technical("by voxels"),
    )
    untold = SimpleNamespace(
        code="f8", name=technical("cysts"), value=None, measured=None, unit="", note=technical("needs a reader")
    )
    size = SimpleNamespace(region="whole", largest_mm=51.2, perpendicular_mm=38.9)
    vasari = SimpleNamespace(features=(told, untold), diameters=(size,))
    text = html(predicted, explained=explained, vasari=vasari)
    assert sections(text)[3:7] == ["attribution", "tumour", "vasari", "external"]
    for words_of_it in ("+21.0", "6-33%", "needs a reader", "51 mm", ".004", "40 %"):
        assert words_of_it in text


def test_one_open_type_is_named_several_are_listed_and_a_contradiction_names_none(predicted):
    types = predicted.content.compatible_with
    one = tuple(kind.model_copy(update={"open": at == 0}) for at, kind in enumerate(types))
    none = tuple(kind.model_copy(update={"open": False}) for kind in types)

    def lead(states) -> str:
        section = html(predicted, compatible_with=states).split('id="diagnosis"')[1]
        return re.search(r'<p class="lead">(.*?)</p>', section).group(1)

    assert types[0].name in lead(one)
    assert not any(kind.name in lead(none) for kind in types)
    several = tuple(kind.model_copy(update={"open": True}) for kind in types)
    listed = re.search(r'<ul class="lead">(.*?)</ul>', html(predicted, compatible_with=several), re.DOTALL).group(1)
    assert all(kind.name in listed for kind in types)


def test_words_of_others_are_no_markup(predicted):
    bundle = predicted.content.bundle.model_copy(update={"title": "<script>alert(1)</script>"})
    text = html(predicted, bundle=bundle, warnings=(technical("<img src=x>"),))
    assert "<script" not in text
    assert "<img src=x" not in text


def test_the_pdf_is_tagged_and_its_text_can_be_taken_out(reader, predicted):
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == words()("title", case=predicted.content.case.case_id)
    assert 'pdfuaid:part="1"' in reader.xmp_metadata.rdf_root.toxml()
    first = reader.pages[0].extract_text().replace("\n", " ")
    assert words()("simulated_head") in first
    assert first.index(words()("simulated_head")) < first.index(words()("trust.title"))
    whole = " ".join(page.extract_text() for page in reader.pages).replace("\n", " ")
    for key in ("tasks.title", "survival.title", "external.title", "made.title"):
        assert words()(key) in whole


def tagged(element, kind):
    element = element.get_object()
    if isinstance(element, list):
        for one in element:
            yield from tagged(one, kind)
    elif isinstance(element, dict):
        if element.get("/S") == kind:
            yield element
        if "/K" in element:
            yield from tagged(element["/K"], kind)


def test_every_figure_of_the_pdf_has_its_words(reader):
    tree = reader.trailer["/Root"]["/StructTreeRoot"]
    figures = list(tagged(tree["/K"], "/Figure"))
    assert len(figures) > 15
    assert all(one.get("/Alt") for one in figures)
    assert len(list(tagged(tree["/K"], "/H1"))) == 1
    assert list(tagged(tree["/K"], "/Table"))


def test_an_equal_result_gives_equal_bytes(reader, predicted, tmp_path):
    shutil.copytree(predicted.folder, tmp_path / "again")
    for name in (PAGE, PDF):
        (tmp_path / "again" / name).unlink()
    write_page(tmp_path / "again")
    for name in (PAGE, PDF):
        assert (tmp_path / "again" / name).read_bytes() == (predicted.folder / name).read_bytes()


def test_without_pango_the_page_is_written_and_the_pdf_is_said_to_lack(predicted, tmp_path, monkeypatch):
    shutil.copytree(predicted.folder / "pictures", tmp_path / "pictures")
    shutil.copy(predicted.folder / NAME, tmp_path)
    (tmp_path / PDF).write_bytes(b"of an earlier result")
    monkeypatch.setattr(write, "pdf_of", lambda html, identifier: None)
    told = []
    write_page(tmp_path, report=told.append)
    assert (tmp_path / PAGE).is_file()
    assert not (tmp_path / PDF).exists()
    assert "Pango" in told[0]


def test_a_chinese_pdf_has_its_letters_and_language(predicted, tmp_path):
    skip_or_fail("pdf", "" if (predicted.folder / PDF).is_file() else "no Pango: make setup or make programs brings it")
    lacking = "" if (chinese_font_module._FOLDER / chinese_font_module.NAME).is_file() else "make frontend fetches them"
    skip_or_fail("chinese letters", lacking)
    shutil.copytree(predicted.folder, tmp_path / "zh")
    write_page(tmp_path / "zh", language="zh")
    assert language_of(tmp_path / "zh" / PAGE) == "zh"
    assert language_of(predicted.folder / PAGE) == "en"
    made = PdfReader(tmp_path / "zh" / PDF)
    assert made.trailer["/Root"]["/Lang"] == "zh-Hans"
    text = "".join(page.extract_text() for page in made.pages).replace("\n", "")
    assert words("zh")("trust.title") in text
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in made.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert any("+Chinese" in name for name in fonts), fonts


def test_without_chinese_letters_nothing_is_written(predicted, tmp_path, monkeypatch):
    monkeypatch.setattr(chinese_font_module, "_FOLDER", tmp_path / "none")
    shutil.copytree(predicted.folder, tmp_path / "zh")
    before = (tmp_path / "zh" / PAGE).read_bytes()
    with pytest.raises(ProblemError) as caught:
        write_page(tmp_path / "zh", language="zh")
    assert caught.value.problem.rule == "no_chinese_font"
    assert (tmp_path / "zh" / PAGE).read_bytes() == before
    with pytest.raises(ProblemError) as caught:
        check_language("zh", page=True)
    assert caught.value.problem.rule == "no_chinese_font"
    check_language("zh", page=False)
    with pytest.raises(ProblemError) as caught:
        check_language("fr", page=False)
    assert caught.value.problem.rule == "unknown_language"


def test_biomarkers_are_drawn_before_ratios():
    def feature(name, *tasks):
        return Feature(feature=name, value=1.0, biomarker_of=tasks, references=())

    ratios = [feature("t1-t1c_logratio_Mean"), feature("t1-t1c_logratio_Skewness")]
    kept = [feature(f"t1_firstorder_{n}", "idh") for n in range(9)]
    assert chosen([*ratios, *kept], "idh") == (kept[:DRAWN], True)
    assert chosen([*ratios, *kept], "grade") == (ratios[:1], False)


def test_curves_of_the_age_band_are_drawn_where_every_group_has_them(predicted):
    found = predicted.content.survival
    assert found.age_band == "60–70"
    whole = tuple(one for one in found.groups if one.group.startswith("glioblastoma"))
    assert drawn_band(found.model_copy(update={"groups": whole})) == "60–70"
    without = tuple(one for one in whole if (one.center, one.age_band) != ("A", "60–70"))
    assert drawn_band(found.model_copy(update={"groups": without})) == "all"


def test_shares_near_the_ends_are_no_certainty():
    assert [percent(share) for share in (0.0, 0.004, 0.5, 0.994, 1.0)] == ["< 1 %", "< 1 %", "50 %", "> 99 %", "> 99 %"]
    assert 'width="100.0"' in bar(1.7, "more than all")


def test_a_figure_on_the_page_keeps_its_look_without_a_style():
    svg = '<svg xmlns="x"><style>*{a: b}</style><path id="p" style="fill: #0072b2; stroke-width: 2"/></svg>'
    on_page = Plot("one", svg, "words").on(Medium.SCREEN)
    assert "style" not in on_page
    assert 'fill="var(--blue)" stroke-width="2"' in on_page
    assert Plot("one", svg, "a & b").on(Medium.PRINT).endswith('alt="a &amp; b">')


def test_measured_numbers_have_their_units_and_shares_are_per_cent():
    say = words()
    told = [
        measured_in(value, unit, say)
        for value, unit in ((0.0823, "share"), (1, "pieces"), (2, "pieces"), (3.14159, "mm"))
    ]
    assert told == ["8 %", "1 piece", "2 pieces", "3.14 mm"]
    assert [share_of(share) for share in (0, 0.004, 0.52, 0.997, 1)] == ["0 %", "< 1 %", "52 %", "> 99 %", "100 %"]


def test_planes_are_said_to_show_the_tumour_only_where_one_is_outlined(predicted):
    shown, none = html(predicted), html(predicted, segmentation=None)
    most, middle = words()("tumour.most_tumour"), words()("tumour.middle")
    assert (most in shown, middle in shown) == (True, False)
    assert (most in none, middle in none) == (False, True)


def test_what_the_models_learnt_from_is_the_first_caution_after_the_simulated(predicted):
    warned = state("warning.training_case", center="A")
    reason = technical("a reason of the verdict")
    trust = predicted.content.trust.model_copy(update={"reasons": (reason,)})
    text = html(predicted, warnings=(simulated(), warned, reason), trust=trust)
    assert text.count(warned.text.replace("'", "&#39;")) == 1
    assert text.count(reason.text) == 1
    assert text.index("centre that the models learnt from") < text.index(reason.text)
