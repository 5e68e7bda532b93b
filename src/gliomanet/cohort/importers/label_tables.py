"""A collection's own table of labels: found, and read row by row into this project's names of columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from gliomanet.cohort.case_ids import rewritten_id_problems
from gliomanet.cohort.findings import Finding, case_findings
from gliomanet.cohort.importers.headers import called, find_columns, find_table, rows_by_id, the_one_table, workbooks
from gliomanet.cohort.matching_ids import join_rows
from gliomanet.cohort.read_rows import CellError, no_case, no_column, read_numbered_rows
from gliomanet.errors import CohortError, Problem


@dataclass(frozen=True)
class LabelRows:
    """The rows of a table of labels.

    Attributes:
        path: the table; `None` where there is none.
        cells: key of a row → name of ours → cell.
        columns: name of ours → the table's own, for messages.
        findings: tables that could not be read.
    """

    path: Path | None
    cells: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def joined(self, keys: Iterable[str]) -> LabelRows:
        """The rows by the keys of exams, where theirs differ by spelling only, see `join_rows`.

        Args:
            keys: keys of the exams.
        """
        return replace(self, cells=join_rows(keys, self.cells, self.path)) if self.path else self


class LabelTable(Protocol):
    """A table of labels: released with known columns, or made by hand with any."""

    def read(
        self, folder: Path, clinical: Path | None, row_id: Callable[[str], str], labels: Sequence[str]
    ) -> LabelRows:
        """Read the table.

        Args:
            folder: the collection's folder.
            clinical: the table; default: the one at the top of the folder, if any.
            row_id: id in the table → key of its row; raises CellError for one that is none.
            labels: further labels of the study: a column is a label's by its name, see `headers.called`.

        Raises:
            CohortError: every problem of the table at once.
        """
        ...


@dataclass(frozen=True)
class ReleasedTable:
    """A table whose columns are known from its release; one row per key.

    Attributes:
        columns: `id` and keys of `layout.RAW` → the table's name of the column, all of which must be there.
        file_names: glob patterns of the table's file name, to find it in the collection's folder.
        extra: further names of ours → the table's column, where it has one.
    """

    columns: Mapping[str, str]
    file_names: tuple[str, ...]
    extra: Mapping[str, str] = field(default_factory=dict)

    def read(
        self, folder: Path, clinical: Path | None, row_id: Callable[[str], str], labels: Sequence[str]
    ) -> LabelRows:
        found = {path for name in self.file_names for path in folder.glob(name)} if folder.is_dir() else set()
        path = clinical or the_one_table(folder, found)
        return self.read_file(path, row_id, labels) if path else LabelRows(None, columns=self.columns)

    def read_file(self, path: Path, row_id: Callable[[str], str], labels: Sequence[str]) -> LabelRows:
        """Read the table at a path, see `LabelTable.read`."""
        header, rows = read_numbered_rows(path)
        if absent := [name for name in self.columns.values() if name not in header]:
            raise CohortError([no_column(path, absent, header)])
        columns = {**self.columns, **find_columns(header, called(labels))}
        names = {**columns, **{ours: theirs for ours, theirs in self.extra.items() if theirs in header}}
        cells: dict[str, dict[str, str]] = {}
        lines: dict[str, int] = {}
        problems = rewritten_id_problems(path, self.columns["id"], [row[self.columns["id"]] for _, row in rows])
        for line, row in rows:
            try:
                key = row_id(row[self.columns["id"]])
            except CellError as error:
                problems.append(error.problem.at(file=str(path), line=line, column=self.columns["id"]))
                continue
            if key in cells:
                found = f"has two rows, in lines {lines[key]} and {line}"
                problems.append(Problem(found, "keep the right one", file=str(path), case=key, rule="two_rows"))
            lines[key] = line
            cells[key] = {ours: row[theirs] for ours, theirs in names.items()}
        if not rows:
            problems.append(no_case(path))
        if problems:
            raise CohortError(problems)
        return LabelRows(path, cells, names)


@dataclass(frozen=True)
class UsualTable:
    """A table made by hand or by an export: columns are found by any of their usual spellings.

    Attributes:
        wanted: name of ours → the column's usual spellings; `id` is one of the names.
        file_name: the table's file name, to find it in the collection's folder.
        needed: at least one of these names, or of the study's further labels, must be there beside `id`.
    """

    wanted: Mapping[str, Iterable[str]]
    file_name: re.Pattern[str]
    needed: tuple[str, ...]

    def read(
        self, folder: Path, clinical: Path | None, row_id: Callable[[str], str], labels: Sequence[str]
    ) -> LabelRows:
        path = find_table(folder, clinical, self.file_name)
        unread = workbooks(folder, self.file_name)
        if path is None:
            return LabelRows(None, findings=unread)
        cells, columns = rows_by_id(path, {**self.wanted, **called(labels)}, row_id, *self.needed, *labels)
        return LabelRows(path, cells, columns, unread)


def unmatched(with_images: Iterable[str], with_row: Iterable[str], table: Path | None) -> tuple[Finding, ...]:
    """Findings: exams without a row, rows without images, or no table at all.

    Args:
        with_images: keys of the exams.
        with_row: keys of the rows.
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
