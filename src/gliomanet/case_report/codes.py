"""Codes of the closed vocabularies that facts speak in, for the words of a result.

A word of a result that is in none of them, such as a class that a study named itself, becomes a code of its place:
a report and a language model never see free text.
"""

from __future__ import annotations

import re

from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.labels.who import LEGACY_STATES, LEGAL_STATES, integrated_type
from gliomanet.patient.diagnosis import ASTROCYTOMA, GLIOBLASTOMA, LEGACY, OLIGODENDROGLIOMA, UNGRADED

TYPES = {
    GLIOBLASTOMA: "glioblastoma",
    ASTROCYTOMA: "astrocytoma",
    OLIGODENDROGLIOMA: "oligodendroglioma",
    UNGRADED: "wildtype_ungraded",
    LEGACY: "wildtype_lower_grade",
}
"""Integrated type of a result → code."""

_STATE_TYPES = {"wildtype": "glioblastoma", "intact": "astrocytoma", "codeleted": "oligodendroglioma"}

GROUPS = {
    **{
        integrated_type(*state): f"{_STATE_TYPES[state.idh if state.idh == 'wildtype' else state.codel_1p19q]}_"
        f"{state.grade}"
        for state in LEGAL_STATES
    },
    **{integrated_type(*state): f"wildtype_lower_{state.grade}" for state in LEGACY_STATES},
    "IDH-wildtype": "idh_wildtype",
    "IDH-mutant": "idh_mutant",
}
"""Group of reference patients → code."""

REGIONS = {
    "whole": "whole",
    "core": "core",
    "enhancing": "enhancing",
    "necrosis or non-enhancing core": "nonenhancing_core",
    "oedema": "oedema",
}
"""Part of an outline → code."""

_GRADES = re.compile(r"[234](?:[-_/+][234])*")


def class_code(label: str, name: str, place: int) -> str:
    """The code of a class: its label's value, `grade_2_3` of grouped grades, else its place among the classes.

    >>> class_code("idh", "mutant", 1), class_code("grade", "2-3", 0), class_code("grade", "low", 0)
    ('mutant', 'grade_2_3', 'class_1')
    """
    if label == "grade":
        return "_".join(["grade", *grades_of(name)]) if grades_of(name) else f"class_{place + 1}"
    return name if name in VOCABULARY[label] else f"class_{place + 1}"


def grades_of(name: str) -> tuple[str, ...]:
    """The grades that a class's name lists; none where the name does not tell.

    >>> grades_of("2-3"), grades_of("4"), grades_of("low")
    (('2', '3'), ('4',), ())
    """
    return tuple(sorted(set(re.findall("[234]", name)))) if _GRADES.fullmatch(name) else ()
