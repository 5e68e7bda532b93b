"""An exam's cells as the harmonised columns of a case table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.cohort.case_ids import id_problems
from gliomanet.cohort.findings import Finding
from gliomanet.cohort.importers import FORMATS
from gliomanet.cohort.importers.exam import Exam
from gliomanet.cohort.table import case_frame, derive_1p19q, harmonise_row
from gliomanet.errors import CohortError, Problem
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary, further_labels

if TYPE_CHECKING:
    import pandas as pd


def exam_labels(
    exam: Exam, source: Path, columns: Mapping[str, str], vocabulary: Vocabulary = VOCABULARY
) -> tuple[dict[str, object], list[Problem]]:
    """Ids, labels with their sources, age and sex: a row of a case table but its files, centre and role.

    Args:
        exam: the exam.
        source: the file that its cells come from, for messages.
        columns: key of `Exam.raw` → that file's name of the column, for messages.
        vocabulary: the study's labels.

    Returns:
        The row, and the problems of its cells.
    """
    as_found = {f"{label}_raw": exam.raw.get(label, "") for label in vocabulary}
    cells = {**exam.raw, **exam.read_as, **as_found}
    values, problems = harmonise_row(source, exam.case_id, cells, columns, vocabulary)
    about = {
        "case_id": exam.case_id,
        "patient_id": exam.patient_id,
        "grade_edition": exam.grade_edition if values["grade"] else "",
        "diagnosis": exam.diagnosis,
        "scan": exam.scan,
        "other_ids": ";".join(exam.other_ids),
        "mask_codes": exam.mask_codes if "tumour_mask" in exam.files else "",
    }
    return {**about, **values}, problems


def import_center(
    kind: str,
    center: str,
    role: str,
    folder: Path,
    clinical: Path | None = None,
    mapping: Path | None = None,
    derive: bool = False,
    vocabulary: Vocabulary = VOCABULARY,
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The case table of a collection, with harmonised labels.

    Args:
        kind: key of `FORMATS`.
        center: name of the centre, put into every row and finding.
        role: role of the centre, put into every row.
        folder: the collection's folder.
        clinical: its table of labels; default: the one in the folder.
        mapping: BraTS: the table of the patients and collections of its cases.
        derive: fill unknown 1p/19q by the WHO 2021 rule.
        vocabulary: the study's labels; a further one is read from the table of labels, where it has a column so named.

    Returns:
        One row per exam with images, follow-ups too (column `scan`), in the columns of a case table, sorted by
        `case_id`; and findings on files and cells that were not understood, preferred or derived.

    Raises:
        CohortError: every problem at once: folders and tables that cannot be read, spellings of labels that are not
            known, ids that cannot name a folder or name two.
    """
    if kind not in FORMATS:
        raise CohortError([Problem(f"{kind!r} is no format", f"allowed: {', '.join(FORMATS)}", rule="no_format")])
    collection = FORMATS[kind](folder, clinical, mapping, further_labels(vocabulary))
    source = collection.clinical or clinical or folder
    rows, problems = [], id_problems(folder, [exam.case_id for exam in collection.exams])
    for exam in collection.exams:
        row, found = exam_labels(exam, source, collection.columns, vocabulary)
        row |= {column: str(file) for column, file in exam.files.items()}
        rows.append({**row, "center": center, "role": role})
        problems += found
    if not rows:
        action = "name the folder that holds the exams"
        problems.append(Problem("no exam in it", action, file=str(folder), rule="no_exam"))
    if problems:
        raise CohortError(problems)
    cases = case_frame(rows, vocabulary)
    findings = [*collection.findings, _count_scans(cases)]
    if derive:
        cases = derive_1p19q(cases)
        findings.append(_count_derived(cases))
    return cases, tuple(replace(finding, center=center) for finding in findings)


def _count_scans(cases: pd.DataFrame) -> Finding:
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(Counter(cases["scan"]).items()))
    found = f"{len(cases)} scans of {cases['patient_id'].nunique()} patients: {kinds}"
    return Finding("note", "scans", "", "", "", found, "the key `scans` of the centre says which enter the study")


def _count_derived(cases: pd.DataFrame) -> Finding:
    number = int(cases["codel_1p19q_source"].eq("derived").sum())
    found = f"1p/19q of {number} cases was unknown, and is intact because IDH is wildtype (WHO 2021)"
    action = "marked derived in codel_1p19q_source; the key `derive_1p19q` of the centre switches it off"
    return Finding("note", "derived_1p19q", "", "", "", found, action)
