"""The three views of a case that is done: for doctors, for patients, and its report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from markupsafe import Markup

from gliomanet.app.lines import Said, line_html
from gliomanet.app.pages.doctor import doctor_facts, doctor_sections
from gliomanet.app.pages.patient import STYLE as PATIENT_STYLE
from gliomanet.app.pages.patient import patient_content
from gliomanet.app.reports import NO_REPORT, read_report
from gliomanet.app.templating import template
from gliomanet.app.words import app_words
from gliomanet.case_report.facts import facts_of
from gliomanet.case_report.html import report_fragment
from gliomanet.case_report.make import frame_of
from gliomanet.patient.result import NAME, ResultValues
from gliomanet.patient.statements.statement import Statement

STYLES = {"doctor": ("doctor.css",), "patient": (PATIENT_STYLE,), "report": ()}
"""Style sheets of each view beside the frame's."""


def view_of(
    view: str, folder: Path, language: str, *, survival: bool, model: bool = False, lines: Sequence[Said] = ()
) -> Markup:
    """A view of a case's result.

    Args:
        view: `doctor`, `patient` or `report`.
        folder: of the case.
        language: `en` or `zh`.
        survival: True where the patient's view is to show figures of survival, since somebody asked for them.
        model: True where a language model may be asked to phrase the report.
        lines: of the case's progress, of which those on reports that could not be written are shown.
    """
    result, say = folder / "result", app_words(language, "case")
    if view == "patient":
        values = ResultValues.read(result / NAME)
        return patient_content(values, result, language, survival=survival, picture_address=_address(folder.name))
    if view == "report":
        return _report(folder, language, model=model, lines=lines)
    sections = doctor_sections(result, language, _address(folder.name))
    facts = doctor_facts(result, language)
    content = {"say": say, "facts": facts, "sections": sections, "case_id": folder.name, "language": language}
    return Markup(template("doctor").render(content))


def _report(folder: Path, language: str, *, model: bool, lines: Sequence[Said]) -> Markup:
    report = read_report(folder, language)
    fragment = None
    if report is not None:
        values = ResultValues.read(folder / "result" / NAME)
        fragment = report_fragment(report, facts_of(values), frame_of(values, folder / "result"))
    content = {
        "say": app_words(language, "case"),
        "language": language,
        "case_id": folder.name,
        "fragment": fragment,
        "model": model,
        "lines": [line_html(one, language) for one in lines if isinstance(one, Statement) and one.code == NO_REPORT],
        "by_model": report is not None and report.written_by == "model",
    }
    return Markup(template("report").render(content))


def _address(case_id: str) -> Callable[[str], str]:
    return lambda file: f"/api/cases/{case_id}/pictures/{quote(PurePosixPath(file).name)}"
