"""A collection's own table of labels: its columns, ids and follow-ups, as exams without files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gliomanet.cohort.findings import Finding, case_findings
from gliomanet.cohort.importers.exam import Collection, Exam
from gliomanet.cohort.importers.headers import called, find_columns
from gliomanet.cohort.importers.tree import Tree
from gliomanet.cohort.read_rows import read_rows
from gliomanet.errors import CohortError

RAW = ("idh", "codel_1p19q", "grade", "age", "sex")
"""Keys of `Exam.raw` that every study has; its further labels are keys, too."""


@dataclass(frozen=True)
class ClinicalTable:
    """How one collection's table is read.

    Attributes:
        columns: `id` and keys of `RAW` → the table's name of the column, all of which must be there.
        exam: cells of a row by the names of `columns` and `extra` → the exam, without files. Also called with an id
            alone. It raises ValueError, which says what ids look like, for one that is none of the collection's.
        file_names: glob patterns of the table's file name, to find it in the collection's folder.
        extra: further names of `exam` → the table's column, where it has one.
        labels: further labels of a study that the table has → its column.
    """

    columns: Mapping[str, str]
    exam: Callable[[Mapping[str, str]], Exam]
    file_names: tuple[str, ...]
    extra: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


def with_labels(known: ClinicalTable, path: Path | None, labels: Iterable[str]) -> ClinicalTable:
    """How the collection's table at `path` is read for a study that has further labels.

    A column is a label's by its name, see `headers.called`; a table that has none leaves the label unknown.
    """
    labels = tuple(labels)
    if path is None or not labels:
        return known
    try:
        header, _ = read_rows(path)
    except CohortError:  # read_clinical says what is wrong with it
        return known
    found = find_columns(header, called(labels))
    return replace(known, labels=found, columns={**known.columns, **found})


def read_clinical(path: Path, known: ClinicalTable) -> tuple[dict[str, Exam], list[str]]:
    """Case id → exam without files, and every problem of the table (then there may be no exam)."""
    try:
        header, rows = read_rows(path)
    except CohortError as error:
        return {}, list(map(str, error.problems))
    absent = [name for name in known.columns.values() if name not in header]
    if absent:
        return {}, [f"{path}: no column {', '.join(map(repr, absent))}; found: {', '.join(header)}"]
    names = {**known.columns, **{ours: theirs for ours, theirs in known.extra.items() if theirs in header}}
    exams: dict[str, Exam] = {}
    problems = []
    for row in rows:
        try:
            exam = known.exam({ours: row[theirs] for ours, theirs in names.items()})
        except ValueError as error:
            problems.append(f"{path}, column {known.columns['id']!r}: {error}")
            continue
        further = {label: row[column] for label, column in known.labels.items()}
        exam = replace(exam, raw={**exam.raw, **further}) if further else exam
        if exam.case_id in exams:
            problems.append(f"{path}: case {exam.case_id!r} has two rows")
        exams[exam.case_id] = exam
    if not rows:
        problems.append(f"{path}: names no case")
    return exams, problems


def find_clinical(folder: Path, clinical: Path | None, known: ClinicalTable) -> Path | None:
    """The table that was given, or the one at the top of the collection's folder; `None` where there is none.

    Raises:
        CohortError: several tables in the folder.
    """
    if clinical is not None or not folder.is_dir():
        return clinical
    found = sorted({path for name in known.file_names for path in folder.glob(name)})
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise CohortError([f"{folder}: several tables of labels: {names}; give the right one as `clinical`"])
    return found[0] if found else None


def join_rows(tree: Tree, exams: Mapping[str, Exam], table: Path | None, known: ClinicalTable) -> Collection:
    """The exams of a tree with the labels of a table, and findings for those that only one of them has.

    Args:
        tree: the files.
        exams: what `read_clinical` gave; empty without a table.
        table: its file, for messages.
        known: how it is read.
    """
    joined = [
        replace(exams.get(case) or known.exam({"id": case}), files=dict(files)) for case, files in tree.files.items()
    ]
    return Collection(
        exams=tuple(joined),
        findings=(*tree.findings, *unmatched(tree.files, exams, table)),
        clinical=table,
        columns=known.columns,
    )


def unmatched(with_images: Iterable[str], with_row: Iterable[str], table: Path | None) -> tuple[Finding, ...]:
    """Findings: exams without a row, rows without images, or no table at all.

    Args:
        with_images: case ids of the tree.
        with_row: case ids of the table.
        table: the table; `None`: there is none.
    """
    images, rows = set(with_images), set(with_row)
    if table is None:
        found = f"no table of labels is given or in the folder: all labels of {len(images)} cases are unknown"
        return (Finding("warning", "no_clinical_table", "", "", "", found, "name the collection's table of labels"),)
    action = "its labels are unknown; check the release of the table, or remove the images"
    bare = dict.fromkeys(images - rows, "has images and no row in the table of labels")
    found_bare = case_findings("warning", "no_row", str(table), bare, "cases have images and no row", action)
    action = "not in the case table; download its images, or leave it"
    lonely = dict.fromkeys(rows - images, "has a row in the table of labels and no image")
    together = "rows of the table of labels have no image"
    return (*found_bare, *case_findings("warning", "no_image", str(table), lonely, together, action))


def no_mapping(mapping: Path | None, collection: str) -> None:
    """Refuse a mapping table, where a collection has none.

    Raises:
        CohortError: one was given.
    """
    if mapping is not None:
        raise CohortError([f"{mapping}: {collection} has no mapping table; remove the key `mapping`"])
