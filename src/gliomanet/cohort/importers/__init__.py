"""Public collections and folders as they were downloaded, read into a centre's case table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gliomanet.cohort.errors import CohortError
from gliomanet.cohort.importers import bids, brats, egd, lgg_1p19q, rembrandt, tcga, ucsf_pdgm, upenn_gbm, utsw
from gliomanet.cohort.importers.exam import Collection
from gliomanet.findings import Finding
from gliomanet.labels import VOCABULARY, Vocabulary, further_labels

if TYPE_CHECKING:
    import pandas as pd


class Reader(Protocol):
    """A collection's folder, its table of labels, its mapping table and a study's further labels → its exams."""

    def __call__(
        self, folder: Path, clinical: Path | None, mapping: Path | None, labels: Sequence[str] = ()
    ) -> Collection: ...


FORMATS: Mapping[str, Reader] = {
    "ucsf-pdgm": ucsf_pdgm.read,
    "utsw": utsw.read,
    "upenn-gbm": upenn_gbm.read,
    "egd": egd.read,
    "brats": brats.read,
    "tcga": tcga.read,
    "lgg-1p19q": lgg_1p19q.read,
    "rembrandt": rembrandt.read,
    "bids": bids.read,
}
"""Kind of a source → its reader."""


def import_center(
    kind: str,
    center: str,
    role: str,
    folder: Path,
    clinical: Path | None = None,
    mapping: Path | None = None,
    derive_1p19q: bool = False,
    vocabulary: Vocabulary = VOCABULARY,
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The case table of a collection, with harmonised labels.

    Args:
        kind: key of `FORMATS`.
        center: name of the centre, put into every row and finding.
        role: role of the centre, put into every row.
        folder: the collection's folder.
        clinical: its table of labels; default: the one in the folder.
        mapping: BraTS: which patient of which collection a case is.
        derive_1p19q: fill unknown 1p/19q by the WHO 2021 rule.
        vocabulary: the study's labels; a further one is read from the table of labels, where it has a column so named.

    Returns:
        One row an exam with images, follow-ups too (column `scan`), in the columns of a case table, sorted by
        `case_id`; and what was not understood, preferred or derived.

    Raises:
        CohortError: every problem at once: folders and tables that cannot be read, spellings of labels that are not
            known, ids that cannot name a folder or name two.
    """
    # Here, so that who asks a reader for exams alone does without pandas.
    from gliomanet.cohort import derivation
    from gliomanet.cohort.importers.labels import exam_labels
    from gliomanet.cohort.table import case_frame, id_problems

    if kind not in FORMATS:
        raise CohortError([f"{kind!r} is no format; allowed: {', '.join(FORMATS)}"])
    collection = FORMATS[kind](folder, clinical, mapping, further_labels(vocabulary))
    source = collection.clinical or clinical or folder
    rows, problems = [], id_problems(folder, [exam.case_id for exam in collection.exams])
    for exam in collection.exams:
        row, found = exam_labels(exam, source, collection.columns, vocabulary)
        row |= {column: str(file) for column, file in exam.files.items()}
        rows.append({**row, "center": center, "role": role})
        problems += found
    if not rows:
        problems.append(f"{folder}: no exam in it")
    if problems:
        raise CohortError(problems)
    cases = case_frame(rows, vocabulary)
    findings = [*collection.findings, _count_scans(cases)]
    if derive_1p19q:
        cases = derivation.derive_1p19q(cases)
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
