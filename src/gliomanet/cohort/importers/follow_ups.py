"""A patient's scans in the order of their dates: the first is the baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from gliomanet.cohort.importers.exam import Exam


def later_are_follow_ups(exams: Iterable[Exam]) -> tuple[Exam, ...]:
    """The exams with `scan` by their order: their ids end in a date (`_1996.08.23`) or a number, and sort by it."""
    ordered = sorted(exams, key=lambda exam: (exam.patient_id, exam.case_id))
    return tuple(
        replace(exam, scan="follow_up" if place else "baseline")
        for _, scans in groupby(ordered, key=lambda exam: exam.patient_id)
        for place, exam in enumerate(scans)
    )
