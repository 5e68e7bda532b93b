"""A collection described as data (its files, its table of labels, its exams), and the one reader of them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gliomanet.cohort.findings import Finding
from gliomanet.cohort.importers.exam import Collection, Exam, later_are_follow_ups
from gliomanet.cohort.importers.label_tables import LabelRows, LabelTable, unmatched
from gliomanet.cohort.importers.tree import Pattern, Tree, read_tree
from gliomanet.errors import CohortError, Problem
from gliomanet.tables.cohort import SURVIVAL

RAW = ("idh", "codel_1p19q", "grade", "age", "sex", *SURVIVAL)
"""Keys of `Exam.raw` that every study has; its further labels are keys, too."""


@dataclass(frozen=True)
class Read:
    """A collection as it was read, from which findings are made.

    Attributes:
        tree: its files.
        rows: its table of labels.
        exams: its exams.
    """

    tree: Tree
    rows: LabelRows
    exams: tuple[Exam, ...]


def match_rows(read: Read, row_of: Callable[[str], str]) -> Iterable[Finding]:
    """Exams without a row and rows without images, in the words of most collections."""
    return unmatched({row_of(exam.case_id) for exam in read.exams}, read.rows.cells, read.rows.path)


@dataclass(frozen=True)
class Layout:
    """One collection's own layout.

    Attributes:
        collection: its name, for messages.
        patterns: its files.
        table: its table of labels.
        exam: case id and the cells of its row ({} without one) → the exam, but its files; its `raw` holds only what
            stands in the place of a cell.
        case_id: group `case` of a pattern → the case's id.
        row_id: id in the table → key of the row; raises CellError for one that is none of the collection's.
        row_of: case id → key of its row, such as its patient.
        dated: case ids end in a date, and a patient's later scans are follow-ups.
        unmatched: findings on exams without a row and rows without images.
        notices: further findings.
        mask_codes: convention of its tumour masks' codes, see `gliomanet.mask_conventions`; "" where it is not known.
    """

    collection: str
    patterns: Sequence[Pattern]
    table: LabelTable
    exam: Callable[[str, Mapping[str, str]], Exam]
    row_id: Callable[[str], str]
    case_id: Callable[[str], str] = str
    row_of: Callable[[str], str] = str
    dated: bool = False
    unmatched: Callable[[Read, Callable[[str], str]], Iterable[Finding]] = match_rows
    notices: Callable[[Read], Iterable[Finding]] = lambda read: ()
    mask_codes: str = ""

    def read(self, folder: Path, clinical: Path | None, mapping: Path | None, labels: Sequence[str] = ()) -> Collection:
        """Read the collection.

        Args:
            folder: holds the exams' folders, at any depth.
            clinical: its table of labels; default: the one at the top of the folder.
            mapping: there is none; refused.
            labels: further labels of the study, looked for in that table.

        Raises:
            CohortError: no exam, two files for one modality, a table without its columns or with two rows of an exam.
        """
        no_mapping(mapping, self.collection)
        rows = self.table.read(folder, clinical, self.row_id, labels)
        tree = read_tree(folder, self.patterns, self.case_id, [rows.path])
        rows = rows.joined(map(self.row_of, tree.files))
        exams = tuple(
            replace(self.exam_of(case, rows.cells.get(self.row_of(case), {}), labels), files=dict(files))
            for case, files in tree.files.items()
        )
        exams = later_are_follow_ups(exams) if self.dated else exams
        read = Read(tree, rows, exams)
        findings = (*tree.findings, *rows.findings, *self.unmatched(read, self.row_of), *self.notices(read))
        return Collection(exams, findings, rows.path, rows.columns)

    def exam_of(self, case: str, cells: Mapping[str, str], labels: Iterable[str]) -> Exam:
        """An exam without files.

        Args:
            case: its id.
            cells: the cells of its row; {} without one.
            labels: further labels of the study.
        """
        exam = self.exam(case, cells)
        return replace(exam, raw={**raw_cells(cells, labels), **exam.raw}, mask_codes=self.mask_codes)


def raw_cells(cells: Mapping[str, str], labels: Iterable[str]) -> dict[str, str]:
    """The cells of a row that `Exam.raw` holds.

    Args:
        cells: name of ours → cell.
        labels: further labels of the study.
    """
    return {key: cells[key] for key in (*RAW, *labels) if key in cells}


def no_mapping(mapping: Path | None, collection: str) -> None:
    """Refuse a mapping table, where a collection has none.

    Raises:
        CohortError: one was given.
    """
    if mapping is not None:
        found, action = f"{collection} has no mapping table", "remove the key `mapping`"
        raise CohortError([Problem(found, action, file=str(mapping), rule="no_mapping_table")])
