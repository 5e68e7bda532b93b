"""Ids of cases: they become names of folders and wildcards of the workflow."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from gliomanet.errors import Problem

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
