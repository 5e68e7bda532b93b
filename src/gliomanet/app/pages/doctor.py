"""The doctor's view of a case: the sections of a result's page, as fragments that the case's page frames.

They hold no style and no script, so that the strictest policy shows them; their style sheet is `app_style`, which holds
below an element of class `doctor`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from markupsafe import Markup

from gliomanet.patient.page.context import head_of, sections_of
from gliomanet.patient.page.view import Medium, View
from gliomanet.patient.page.words import words
from gliomanet.patient.page.write import app_style, body_of
from gliomanet.patient.result import NAME, ResultValues
from gliomanet.reporting.study.section import Section

__all__ = ["app_style", "doctor_facts", "doctor_sections"]


def doctor_facts(folder: Path, language: str) -> list[str]:
    """Age, sex, model and time of a result: what stands at the head of its page.

    Raises:
        ResultError: its `result.json` is of another version.
        OSError: the folder holds no `result.json`.
    """
    facts: list[str] = head_of(ResultValues.read(folder / NAME), words(language))["facts"]
    return facts


def doctor_sections(folder: Path, language: str, picture_address: Callable[[str], str]) -> list[tuple[Section, Markup]]:
    """The sections of a result in the order of reading: what can and cannot be trusted goes before any number.

    The frame writes each below its title as heading of level 2, at `section.anchor`; within are levels 3 and 4.

    Args:
        folder: of the result.
        language: `en` or `zh`.
        picture_address: file of the result, such as `pictures/t1_axial.png` → its address.

    Raises:
        ResultError: its `result.json` is of another version.
        OSError: the folder holds no `result.json`.
    """
    values, say = ResultValues.read(folder / NAME), words(language)
    sections = sections_of(values, say, View(Medium.APP, folder, picture_address))
    return [(one, body_of(one, say, Medium.APP)) for one in sections]
