"""A good cohort, as tables only, that every test copies and spoils."""

from __future__ import annotations

import pandas as pd

from gliomanet.audit.context import AuditContext
from gliomanet.labels.who import LEGAL_STATES
from gliomanet.modalities import FILE_COLUMNS

DIAGNOSES = {
    ("wildtype", "intact"): "Glioblastoma, IDH-wildtype",
    ("mutant", "intact"): "Astrocytoma, IDH-mutant",
    ("mutant", "codeleted"): "Oligodendroglioma, IDH-mutant, 1p/19q-codeleted",
}
LEAKS = frozenset({frozenset({"A", "C"}), frozenset({"B", "C"})})


def center(name: str, role: str, number: int = 24, start: int = 0) -> pd.DataFrame:
    """Cases `<name>-0001` … of all WHO 2021 states in turn, adults, each its own patient."""
    rows = []
    for index in range(start, start + number):
        idh, codel, grade = LEGAL_STATES[index * 5 % len(LEGAL_STATES) if index % 4 else 0]
        row = {
            "case_id": f"{name}-{index + 1:04d}",
            "patient_id": f"{name}-{index + 1:04d}",
            "center": name,
            "role": role,
            **dict.fromkeys(FILE_COLUMNS, ""),
            "idh": idh,
            "codel_1p19q": codel,
            "grade": grade,
            "age": 30.0 + index * 7 % 50,
            "sex": "FM"[index % 2],
            **dict.fromkeys(("idh_source", "codel_1p19q_source", "grade_source"), "measured"),
            "idh_raw": idh,
            "codel_1p19q_raw": codel,
            "grade_raw": grade,
            "grade_edition": "2021",
            "diagnosis": DIAGNOSES[idh, codel],
            "scan": "baseline",
            "other_ids": "",
        }
        rows.append(row)
    return pd.DataFrame(rows)


def good_cases(number: int = 24) -> pd.DataFrame:
    """Centres A and B teach, C tests."""
    centers = [center("A", "train", number), center("B", "train", number), center("C", "external", number)]
    return pd.concat(centers, ignore_index=True)


def good_context(**changes: object) -> AuditContext:
    return AuditContext(**{"cases": good_cases(), "leaks": LEAKS, "names": ("A", "B", "C"), **changes})


def put(cases: pd.DataFrame, case_id: str, /, **values: object) -> pd.DataFrame:
    """The cases with some cells of one replaced."""
    changed = cases.copy()
    changed.loc[changed["case_id"] == case_id, list(values)] = list(values.values())
    return changed
