"""An exam's cells as the harmonised columns of a case table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gliomanet.cohort.importers.exam import Exam
from gliomanet.cohort.table import harmonise_row
from gliomanet.labels import VOCABULARY, Vocabulary


def exam_labels(
    exam: Exam, source: Path, columns: Mapping[str, str], vocabulary: Vocabulary = VOCABULARY
) -> tuple[dict[str, object], list[str]]:
    """Ids, labels, age, sex and where they come from: a row of a case table but its files, centre and role.

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
    }
    return {**about, **values}, problems
