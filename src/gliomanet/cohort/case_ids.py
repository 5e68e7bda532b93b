"""Ids of cases: they become names of folders and wildcards of the workflow."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from gliomanet.cohort.remarks import remark
from gliomanet.cohort.rewritten_cells import RETYPE, rewritten_id
from gliomanet.errors import Problem
from gliomanet.labels.spellings import MISSING_SPELLINGS, plain

CASE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def id_problems(path: Path, case_ids: Iterable[str]) -> list[Problem]:
    """Ids that cannot name a folder, or that name two.

    Args:
        path: the table or folder that they are from, for messages.
        case_ids: the ids; an empty one is passed over.
    """
    problems = []
    seen: dict[str, str] = {}
    for case_id in filter(None, case_ids):
        at = {"file": str(path), "case": case_id}
        if not CASE_ID.fullmatch(case_id):
            action = "rename it; allowed: letters, digits, '.', '_' and '-', starting with a letter or a digit"
            problems.append(Problem("cannot be a case_id", action, rule="id_names_no_folder").at(**at))
        # Folders that differ by letter case only are one folder on some disks.
        if first := seen.get(case_id.lower()):
            found = "is there twice" if first == case_id else f"differs from {first!r} by letter case only"
            problems.append(Problem(found, "give every case an id of its own", rule="id_twice").at(**at))
        seen.setdefault(case_id.lower(), case_id)
    return problems


def rewritten_id_problems(path: Path, column: str, cells: Iterable[str]) -> list[Problem]:
    """Ids of a table that a spreadsheet or a program changed: dates, numbers with decimals or without all digits.

    Args:
        path: the table.
        column: its column of ids.
        cells: the ids.
    """
    changed: dict[str, list[str]] = {}
    for cell in dict.fromkeys(cells):
        if became := rewritten_id(cell):
            changed.setdefault(became, []).append(cell)
    problems = []
    for became, ids in changed.items():
        more = f" (and {len(ids) - 1} more like it)" if len(ids) > 1 else ""
        found = f"{ids[0]!r}{more} {became}"
        problems.append(Problem(found, RETYPE, file=str(path), column=column, rule="rewritten_id"))
    return problems


def known_patient(path: Path, case_id: str, cell: str) -> str:
    """The id of a case's patient: where it is not known the case's own, with a warning where a word says so.

    Args:
        path: the table, for messages.
        case_id: the case.
        cell: the patient's id as found; "" or a word for *not known*, which would make one patient of many.
    """
    if cell and plain(cell) not in MISSING_SPELLINGS:
        return cell
    if cell:
        found = f"{cell!r} means unknown: the case is taken as a patient of its own"
        place = {"file": str(path), "case": case_id, "column": "patient_id"}
        action = "fill it in, or empty it if the patient has no other scan here"
        remark(Problem(found, action, rule="patient_unknown").at(**place), "warning")
    return case_id
