"""The three views of a case that is done: for doctors, for patients, and its report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from markupsafe import Markup

from gliomanet.app.pages.doctor import doctor_sections
from gliomanet.app.pages.patient import STYLE as PATIENT_STYLE
from gliomanet.app.pages.patient import patient_content
from gliomanet.app.templating import environment
from gliomanet.app.words import app_words
from gliomanet.patient.result import NAME, ResultValues

STYLES = {"doctor": ("doctor.css",), "patient": (PATIENT_STYLE,), "report": ()}
"""Style sheets of each view beside the frame's."""


def view_of(view: str, folder: Path, language: str, *, survival: bool) -> Markup:
    """A view of a case's result.

    Args:
        view: `doctor`, `patient` or `report`.
        folder: of the case.
        language: `en` or `zh`.
        survival: True where the patient's view is to show figures of survival, since somebody asked for them.
    """
    result, say = folder / "result", app_words(language, "case")
    if view == "patient":
        values = ResultValues.read(result / NAME)
        return patient_content(values, result, language, survival=survival, picture_address=_address(folder.name))
    if view == "report":
        return Markup("<p>{}</p>").format(say("no_report"))
    sections = doctor_sections(result, language, _address(folder.name))
    content = {"say": say, "sections": sections, "case_id": folder.name, "language": language}
    return Markup(environment().get_template("doctor.html.j2").render(content))


def _address(case_id: str) -> Callable[[str], str]:
    return lambda file: f"/api/cases/{case_id}/pictures/{quote(PurePosixPath(file).name)}"
