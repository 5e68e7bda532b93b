"""Rows of a CSV, TSV or Excel file as text: nothing is guessed, and no row may be ragged."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile

from gliomanet.errors import CohortError, Problem, ProblemError

WORKBOOKS = (".xlsx", ".xlsm")


class CellError(ProblemError):
    """A cell that means nothing in its column; whoever knows the file, case and column adds them to `problem`."""


def read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Column names, and one mapping column → stripped cell for each row that is not blank.

    The separator (tab, comma or semicolon) is the one that the header line holds most of. Of a workbook (.xlsx) the
    first sheet is read, its numbers as they are shown without a format.

    Raises:
        CohortError: no such file, no header, a column named twice, rows longer or shorter than the header,
            text that is not UTF-8, no workbook.
    """
    file = str(path)
    if not path.is_file():
        raise CohortError([Problem("no such file", "correct the path, or add the file", file=file, rule="no_file")])
    lines = _sheet(path) if path.suffix.lower() in WORKBOOKS else _text(path)
    header = [name.strip() for name in next(lines, (0, []))[1]]
    if not any(header):
        raise CohortError([Problem("empty", "the first line must name the columns", file=file, rule="no_header")])
    problems = [
        Problem("is there twice", "rename or remove one", file=file, column=name, rule="column_twice")
        for name in sorted(set(header))
        if header.count(name) > 1
    ]
    rows: list[dict[str, str]] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            found = f"{len(cells)} cells under {len(header)} column names"
            action = "give the row one cell per column; quote cells that hold the separator"
            problems.append(Problem(found, action, file=file, line=number, rule="ragged_row"))
            continue
        rows.append(dict(zip(header, (cell.strip() for cell in cells), strict=True)))
    if problems:
        raise CohortError(problems)
    return header, rows


def read_case_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table that has a column `case_id`.

    Raises:
        CohortError: no such column, or what `read_rows` raises.
    """
    header, rows = read_rows(path)
    if "case_id" not in header:
        raise CohortError([no_column(path, ["case_id"], header)])
    return rows


def column_in_file_order(path: Path, column: str) -> tuple[str, ...]:
    """The cells of a column from top to bottom; empty where the table cannot be read, which its reader reports."""
    try:
        return tuple(row.get(column, "") for row in read_rows(path)[1])
    except CohortError:
        return ()


def no_column(path: Path, names: list[str], header: list[str]) -> Problem:
    """Columns that a table must have and has not."""
    found = f"no column {', '.join(map(repr, names))}; found: {', '.join(header)}"
    return Problem(found, "add it, or rename the column that holds it", file=str(path), rule="column_missing")


def no_case(path: Path) -> Problem:
    """A table with a header alone."""
    return Problem("names no case", "add a row per case", file=str(path), rule="no_case")


def _text(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"not UTF-8 text (byte {error.start})"
        raise CohortError([Problem(found, "save it as UTF-8", file=str(path), rule="not_utf8")]) from None
    first_line = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max("\t,;", key=first_line.count))
    for cells in reader:
        yield reader.line_num, cells


def _sheet(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Row number and cells of each row of the first sheet; columns without a name, which hold nothing, left out."""
    import openpyxl  # most tables are text, and the workflow reads tables each time it is parsed
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        # Not read_only: that trusts the sheet's own word for its size, which other programs leave wrong.
        sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
    except (InvalidFileException, BadZipFile, KeyError) as error:
        found, action = f"cannot be read as a workbook: {error}", "save its sheet as CSV (UTF-8)"
        raise CohortError([Problem(found, action, file=str(path), rule="not_a_workbook")]) from None
    rows = [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    width = max((len(row) - next((i for i, v in enumerate(reversed(row)) if v), len(row)) for row in rows), default=0)
    for number, row in enumerate(rows, start=1):
        yield number, row[:width]


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
