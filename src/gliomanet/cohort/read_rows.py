"""Reading a CSV, TSV or Excel file as text, row by row: nothing is guessed, and no row may be ragged."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile

from gliomanet.errors import CohortError

WORKBOOKS = (".xlsx", ".xlsm")


def read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Column names, and one mapping column → stripped cell for each row that is not blank.

    The separator (tab, comma or semicolon) is the one that the header line holds most of. Of a workbook (.xlsx) the
    first sheet is read, its numbers as they are shown without a format.

    Raises:
        CohortError: no such file, no header, a column named twice, rows longer or shorter than the header,
            text that is not UTF-8, no workbook.
    """
    if not path.is_file():
        raise CohortError([f"{path}: no such file"])
    lines = _sheet(path) if path.suffix.lower() in WORKBOOKS else _text(path)
    header = [name.strip() for name in next(lines, (0, []))[1]]
    if not any(header):
        raise CohortError([f"{path}: empty; the first line must name the columns"])
    problems = [f"{path}: column {name!r} is there twice" for name in sorted(set(header)) if header.count(name) > 1]
    rows: list[dict[str, str]] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            problems.append(f"{path}, line {number}: {len(cells)} cells under {len(header)} column names")
            continue
        rows.append(dict(zip(header, (cell.strip() for cell in cells), strict=True)))
    if problems:
        raise CohortError(problems)
    return header, rows


def _text(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CohortError([f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8"]) from None
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
        raise CohortError([f"{path}: cannot be read as a workbook: {error}; save its sheet as CSV (UTF-8)"]) from None
    rows = [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    width = max((len(row) - next((i for i, v in enumerate(reversed(row)) if v), len(row)) for row in rows), default=0)
    for number, row in enumerate(rows, start=1):
        yield number, row[:width]


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
