"""One exam in the words of its collection, before anything is harmonised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from gliomanet.cohort.findings import Finding


@dataclass(frozen=True)
class Exam:
    """One imaging session of one patient.

    Attributes:
        case_id: names the exam in every table and folder of a study.
        patient_id: the patient's, shared by a patient's exams.
        files: column of the case table (a modality, `tumour_mask`, `brain_mask`) → file; filled in by the reader.
        raw: `idh`, `codel_1p19q`, `grade`, `age`, `sex`, further labels of the study → cell as found; an absent key is
            an unknown value.
        read_as: the same keys → spelling to harmonise in its place, where the collection's own would mislead.
        scan: `baseline`, `follow_up` or `post_operative`.
        grade_edition: year of the WHO edition that the grade is given by; "" where the collection does not say.
        diagnosis: the collection's own words.
        other_ids: ids that other collections give the same patient.
        mask_codes: convention of the tumour mask's codes, as a cell of that column; "" where nothing is known of it.
    """

    case_id: str
    patient_id: str
    files: Mapping[str, Path] = field(default_factory=dict)
    raw: Mapping[str, str] = field(default_factory=dict)
    scan: str = "baseline"
    grade_edition: str = ""
    diagnosis: str = ""
    other_ids: tuple[str, ...] = ()
    read_as: Mapping[str, str] = field(default_factory=dict)
    mask_codes: str = ""


@dataclass(frozen=True)
class Collection:
    """The exams of a collection, as its reader found them.

    Attributes:
        exams: every exam, with labels or without.
        findings: what was not understood or is worth knowing; their centre is filled in by `import_center`.
        clinical: the table that the raw cells come from, for messages; `None`: the one that was given.
        columns: key of `Exam.raw` → that table's name for it, for messages.
    """

    exams: tuple[Exam, ...]
    findings: tuple[Finding, ...] = ()
    clinical: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


def later_are_follow_ups(exams: Iterable[Exam]) -> tuple[Exam, ...]:
    """The exams with `scan` by their order: their ids end in a date (`_1996.08.23`) or a number, and sort by it."""
    ordered = sorted(exams, key=lambda exam: (exam.patient_id, exam.case_id))
    return tuple(
        replace(exam, scan="follow_up" if place else "baseline")
        for _, scans in groupby(ordered, key=lambda exam: exam.patient_id)
        for place, exam in enumerate(scans)
    )
