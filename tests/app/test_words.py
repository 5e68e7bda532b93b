"""Sentences of problems and of progress in both languages: none is missing, and what is English is marked so."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Formatter

import pytest
from fastapi.testclient import TestClient

import gliomanet.app
from gliomanet.app.lines import line_html, line_text, said
from gliomanet.app.pages.problem import problem_said
from gliomanet.app.store.record import Told
from gliomanet.app.words import app_words, problem_words
from gliomanet.patient import preparation, run
from gliomanet.patient.progress import Line
from gliomanet.patient.statements.statement import state
from tests.app.servers import settled, upload

Start = Callable[..., TestClient]

AT_START = {
    *("another_study", "bundle_not_opened", "foreign_case", "name_not_allowed", "no_case_table", "no_name"),
    *("no_such_address", "number_not_allowed", "open_without_token", "port_in_use", "port_not_allowed"),
    *(
        "scripts_not_built",
        "short_token",
        "store_in_use",
        "store_not_writable",
        "unreadable_case",
        "disk_full_at_start",
    ),
}
"""Rules that the command alone tells, in the terminal."""


ROOT = Path(gliomanet.__file__).parent

BELOW = (
    *("patient", "imaging", "models", "bundle", "cohort/dicom", "files", "case_report"),
    *("reporting/chinese_font.py", "mask_conventions.py"),
)
"""What a worker runs on a case."""

OF_COMMANDS = (
    *("patient/batch.py", "patient/bids.py", "patient/dicom_out.py", "patient/dicom/", "patient/export/"),
    *("cohort/dicom/folders.py", "imaging/quality/", "imaging/native_space.py"),
)
"""Among it what the commands alone do, and none of the app's cases."""

TELLS = {"Problem", "problem", "_problem", "at", "defect", "Doubt", "_refused"}
"""Functions below the app that are called with a rule: as `rule`, or as one of their arguments."""


def _rules() -> set[str]:
    code = "".join(path.read_text() for path in Path(gliomanet.app.__file__).parent.rglob("*.py"))
    found = set(re.findall(r'rule="([a-z_0-9]+)"', code))
    found |= set(re.findall(r'(?:refused|too_large|wrong|_told)\(\s*(?:\d+, )?"([a-z_0-9]+)"', code))
    return found - AT_START


def _rules_below() -> set[str]:
    paths = (path for one in BELOW for path in ((ROOT / one).rglob("*.py") if (ROOT / one).is_dir() else [ROOT / one]))
    return {
        rule
        for path in paths
        if not path.relative_to(ROOT).as_posix().startswith(OF_COMMANDS)
        for rule in _rules_of(path.read_text())
    }


def _rules_of(code: str) -> Iterator[str]:
    for call in ast.walk(ast.parse(code)):
        if not isinstance(call, ast.Call) or _name(call.func) not in TELLS:
            continue
        named = [one.value for one in call.keywords if one.arg == "rule"]
        yield from (one.value for one in named if isinstance(one, ast.Constant))
        texts = (one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str))
        yield from (one for one in texts if re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+)+", one))


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def test_every_problem_that_a_page_can_show_has_its_words() -> None:
    below = _rules_below()
    assert len(_rules()) > 70
    assert {"no_brain_found", "dcm2niix_failed", "bundle_file_changed", "modality_unlike_its_name"} < below
    assert (_rules() | below) - set(problem_words("zh")) == set()
    assert all(set(one) == {"found", "action"} for one in problem_words("zh").values())


@pytest.mark.parametrize("module", [run, preparation])
def test_every_stage_of_a_prediction_has_its_line(module: object) -> None:
    text = Path(str(module.__file__)).read_text()  # type: ignore[attr-defined]
    told = re.findall(r'Line\.at\("(\w+)", "([^"]+)"', text)
    assert told
    for code, english in told:
        assert app_words("en", "lines").sentences[code] == english
        assert app_words("zh", "lines").sentences[code] != english


def test_lines_put_the_same_values_in_both_languages() -> None:
    english, chinese = (app_words(one, "lines").sentences for one in ("en", "zh"))
    for code, sentence in english.items():
        values = [{name for _, name, _, _ in Formatter().parse(one) if name} for one in (sentence, chinese[code])]
        assert values[0] == values[1], code


def test_a_line_in_each_language() -> None:
    line = said("series_taken", number="3", modality="t1c", why="<gadolinium>")
    assert line.text == "DICOM series 3: taken as t1c (<gadolinium>)"
    assert line_html(line, "en") == "DICOM series 3: taken as t1c (&lt;gadolinium&gt;)"
    assert line_html(line, "zh") == 'DICOM 序列 3：用作 t1c（<span lang="en">&lt;gadolinium&gt;</span>）'
    assert line_html("a library's <own>", "zh") == '<span lang="en">a library&#39;s &lt;own&gt;</span>'
    found = state("prepared.declared", center="A")
    assert line_text(found, "zh") == line_html(found, "zh") != found.text


def test_a_line_is_text_for_whoever_knows_no_other() -> None:
    line = Line.at("reading", "reading {images}", images="t1, t1c")
    assert (line, line.said.values) == ("reading t1, t1c", {"images": "t1, t1c"})


def test_a_problem_in_chinese_keeps_the_figures_of_the_english() -> None:
    told = Told(rule="out_of_time", found="the case took longer than the 60 minutes", action="try the fast way")
    page = problem_said(told, "zh")
    assert problem_words("zh")["out_of_time"]["found"] in page
    assert '<p lang="en"><strong>the case took longer than the 60 minutes</strong></p>' in page
    assert "lang" not in problem_said(told, "en").replace('lang="en"', "")


def test_a_case_s_lines_go_through_the_worker_with_their_codes(started: Start) -> None:
    client = started(work="tests.app.test_words:told")
    case_id = upload(client, "any").json()["id"]
    settled(client, case_id)
    for language, first in (("en", "reading t1c"), ("zh", "正在读取 t1c")):
        assert client.get(f"/api/cases/{case_id}?lang={language}").json()["lines"] == [first, "a library's words"]


def told(job: object, report: Callable[[str], object]) -> None:
    report(Line.at("reading", "reading {images}", images="t1c"))
    report("a library's words")
