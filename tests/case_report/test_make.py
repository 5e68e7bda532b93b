"""The files of a report: a page under a strict policy, PDF/A that is tagged, facts as JSON."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from PIL import Image
from pypdf import PdfReader
from typer.testing import CliRunner

from gliomanet.case_report.html import report_fragment
from gliomanet.case_report.make import make_report
from gliomanet.cli.main import app
from gliomanet.errors import ProblemError
from gliomanet.patient.pictures.picture import Picture
from gliomanet.patient.result import NAME
from gliomanet.reporting import chinese_font as letters
from tests.case_report.golden import CASE_ID, golden
from tests.programs import skip_or_fail

PICTURE = Picture(
    file="pictures/flair.png",
    space="scanner",
    modality="flair",
    plane="axial",
    slice=60,
    slices=155,
    position_mm=12.0,
    outlined=("whole",),
    width=20,
    height=20,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A result with one picture."""
    made = tmp_path_factory.mktemp("result")
    (made / "pictures").mkdir()
    Image.new("L", (20, 20), 90).save(made / PICTURE.file)
    golden()["idh_unsure"].model_copy(update={"pictures": (PICTURE,)}).write(made / NAME)
    return made


@pytest.fixture(scope="module")
def english(folder):
    return make_report(folder, "en")


@pytest.fixture(scope="module")
def chinese(folder):
    found = (letters._FOLDER / letters.NAME).is_file()
    skip_or_fail("frontend", "" if found else "no letters of Chinese PDFs: make frontend brings them")
    return make_report(folder, "zh")


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def test_the_page_keeps_its_own_strict_policy(english):
    text = english.files[0].read_text()
    elements = Elements(text).found
    assert not {name for name, _ in elements} & {"script", "link", "iframe", "object", "form", "a"}
    assert all("style" not in one and not any(key.startswith("on") for key in one) for _, one in elements)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in text
    images = [one for name, one in elements if name == "img"]
    assert len(images) == 1
    assert all(one["src"].startswith("data:image/png") and one["alt"] for one in images)


def test_the_page_holds_every_sentence_source_and_the_provenance(english, folder):
    text = english.files[0].read_text().replace("\N{NO-BREAK SPACE}", " ")
    for sentence in english.report.sentences:
        assert str(_escaped(sentence.text)) in text
    assert "10.1093/neuonc/noac198" in text
    assert hashlib.sha256((folder / NAME).read_bytes()).hexdigest() in text
    assert "ab" * 32 in text
    assert "a template wrote every sentence" in text
    assert text.count('<th scope="row">') == 3


def test_a_fragment_has_no_head_and_no_style(english):
    text = str(report_fragment(english.report, english.facts, english.frame))
    assert text.startswith('<div class="case-report" lang="en">')
    assert not re.search(r"<(?:html|head|style|script)\b", text)


def test_the_pdf_is_pdf_a_and_tagged_and_its_text_can_be_taken_out(english, chinese):
    for made, words in ((english, "Questions for the team"), (chinese, "供团队讨论的问题")):
        (path,) = [one for one in made.files if one.suffix == ".pdf"]
        reader = PdfReader(path)
        root = reader.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]
        assert "/StructTreeRoot" in root
        assert root["/Lang"]
        metadata = root["/Metadata"].get_data().decode()
        assert re.search(r"pdfaid:part(?:>|=\")2", metadata)
        assert re.search(r"pdfaid:conformance(?:>|=\")A", metadata)
        text = "".join(page.extract_text() for page in reader.pages)
        assert words in text


def test_facts_and_sentences_are_beside_it_without_the_case_id(english):
    (path,) = [one for one in english.files if one.suffix == ".json"]
    content = json.loads(path.read_text())
    assert {one["id"] for one in content["facts"]} == set(english.facts.ids)
    assert CASE_ID not in path.read_text()


def test_equal_results_give_equal_files(english, folder, tmp_path):
    again = make_report(folder, "en", out=tmp_path / "other")
    assert [one.read_bytes() for one in again.files] == [one.read_bytes() for one in english.files]


def test_missing_letters_are_one_clear_message_and_nothing_is_written(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(letters, "_FOLDER", tmp_path / "none")
    with pytest.raises(ProblemError) as caught:
        make_report(folder, "zh", out=tmp_path / "out")
    assert caught.value.problem.rule == "no_chinese_font"
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_result_is_refused(tmp_path):
    with pytest.raises(ProblemError) as caught:
        make_report(tmp_path)
    assert caught.value.problem.rule == "no_result"


def test_the_command_writes_the_files(folder, tmp_path):
    done = CliRunner().invoke(app, ["report", str(folder), "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "case-report.en.html").is_file()
    assert CliRunner().invoke(app, ["report", str(tmp_path / "none")]).exit_code == 1
    assert CliRunner().invoke(app, ["report", str(folder), "--language", "fr"]).exit_code == 2


def _escaped(text: str):
    from markupsafe import escape

    return escape(text)
