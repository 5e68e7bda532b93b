"""The sheet of a workbook as rows of text, with what a person sees in it and a program does not."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from gliomanet.cohort.findings import Finding
from gliomanet.errors import CohortError, Problem
from gliomanet.tables.delimited import Record

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

_NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_MOST_NAMED = 8
_SEARCHED_ROWS = 30
_EXACT_BELOW = 10**15
"""Excel keeps 15 digits of a number, and puts zeros in the place of the others."""
_FORMULA = re.compile(rb"<(\w+:)?f[ >/]")
_ALIGNMENT = re.compile(r"\[[^\]]*\]|_.")
"""Parts of a number's format that show nothing: a locale or colour in brackets, room for a sign."""
_SHOWN = re.compile(r'"([^"]*)"|\\(.)|([-])|(0)')


class Sheet(NamedTuple):
    """A sheet as it was read.

    Attributes:
        records: its rows, blank ones too; their line is the row's number.
        problems: what cannot be read rightly.
        findings: what was read, and a person should look at.
    """

    records: list[Record]
    problems: list[Problem]
    findings: list[Finding]


def read_sheet(content: bytes, file: str) -> Sheet:
    """The first sheet that is not hidden.

    A merged cell of one column stands for each of its rows; a number shows the leading zeros that its format gives it.

    Args:
        content: the workbook.
        file: its name, for messages.

    Raises:
        CohortError: no workbook.
    """
    book, sheets = _open(content, file)
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"] or sheets
    sheet = visible[0]
    problems: list[Problem] = []
    rows = [[_text(cell, sheet.title, problems) for cell in row] for row in sheet.iter_rows()]
    header = next((place for place, row in enumerate(rows) if any(row)), 0)
    problems += _uncalculated(content, book, sheet)
    findings = _fill_merged(sheet, rows, header, problems)
    width = max((len(row) - next((i for i, v in enumerate(reversed(row)) if v), len(row)) for row in rows), default=0)
    records = [Record(number, row[:width]) for number, row in enumerate(rows, start=1)]
    findings += [*_hidden(sheet, records, header), *_other_sheets(sheet, sheets, rows[header] if rows else [])]
    return Sheet(
        records,
        [problem.at(file=file) for problem in problems],
        [Finding.of(problem.at(file=file), severity) for problem, severity in findings],
    )


def place_of_names(content: bytes, file: str, names: Iterable[str]) -> str:
    """The sheet and row in which one of some columns' names stands, below a title or on another sheet; "" for none."""
    wanted = {name.lower() for name in names}
    for sheet in _open(content, file)[1]:
        for number, row in enumerate(sheet.iter_rows(max_row=_SEARCHED_ROWS, values_only=True), start=1):
            if any(isinstance(value, str) and value.strip().lower() in wanted for value in row):
                return f"row {number} of sheet {sheet.title!r}"
    return ""


def _open(content: bytes, file: str) -> tuple[Mapping[str, str], list[Worksheet]]:
    """Title of each sheet → its part of the file, and the sheets in order."""
    from openpyxl.reader.excel import ExcelReader  # most tables are text, and the workflow reads tables when parsed
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl does not keep: validation, extensions, styles
            # Not read_only: that trusts the sheet's own word for its size, which other programs leave wrong.
            reader = ExcelReader(BytesIO(content), data_only=True, keep_links=False)
            reader.read()
            parts = {sheet.name: relation.target for sheet, relation in reader.parser.find_sheets()}
            sheets = reader.wb.worksheets
    except (InvalidFileException, BadZipFile, KeyError, ValueError, TypeError, AttributeError, SyntaxError) as error:
        found, action = f"cannot be read as a workbook: {error}", "save its sheet as CSV (UTF-8)"
        raise CohortError([Problem(found, action, file=file, rule="not_a_workbook")]) from None
    if not sheets:
        found, action = "a workbook without a sheet of cells", "put the table on its first sheet"
        raise CohortError([Problem(found, action, file=file, rule="not_a_workbook")])
    return parts, sheets


def _text(cell: Cell, sheet: str, problems: list[Problem]) -> str:
    value: Any = cell.value
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    if (isinstance(value, float) and value.is_integer()) or isinstance(value, int):
        value = int(value)
        # A whole number that is stored with all of its digits, as other programs do, ends in 0 one time in ten only.
        if abs(value) >= _EXACT_BELOW and (
            isinstance(cell.value, float) or not value % 10 ** (len(str(abs(value))) - 15)
        ):
            found = f"cell {cell.coordinate} of sheet {sheet!r} is the number {value:.15g}: Excel keeps 15 digits"
            action = "format the column as text, and type its ids again from their source"
            problems.append(Problem(found, action, line=cell.row, rule="digits_lost"))
        if value >= 0:
            return _with_leading_zeros(value, cell.number_format or "")
    return str(value)


def _with_leading_zeros(value: int, number_format: str) -> str:
    """A number as a format of zeros shows it, perhaps with text between them: `000`, `"P-"000`; else its digits."""
    format_ = _ALIGNMENT.sub("", number_format.split(";")[0])
    parts = list(_SHOWN.finditer(format_))
    zeros = sum(part[0] == "0" for part in parts)
    if zeros < 2 or "".join(part[0] for part in parts) != format_:
        return str(value)
    digits = str(value).zfill(zeros)
    first = len(digits) - zeros + 1  # digits beyond the zeros stand in the place of the first
    each = iter([digits[:first], *digits[first:]])
    return "".join(next(each) if part[0] == "0" else part[1] or part[2] or part[3] or "" for part in parts)


def _uncalculated(content: bytes, parts: Mapping[str, str], sheet: Worksheet) -> list[Problem]:
    """Formulas without their result: a program wrote the workbook, and none that calculates has saved it since."""
    from openpyxl.xml.functions import fromstring

    with ZipFile(BytesIO(content)) as archive:
        xml = archive.read(parts[sheet.title])
        if not _FORMULA.search(xml):
            return []
        # Writers that leave a 0 or an empty text in place of a result ask for one: Excel gives it when it opens them.
        asks = re.search(rb'fullCalcOnLoad="(1|true)"', archive.read("xl/workbook.xml")) is not None
    cells = []
    for cell in fromstring(xml).iter(f"{_NAMESPACE}c"):
        if cell.find(f"{_NAMESPACE}f") is not None:
            result = cell.findtext(f"{_NAMESPACE}v") or ""
            if result in ("", "0") and (asks or (not result and cell.get("t") != "str")):
                cells.append(str(cell.get("r")))
    if not cells:
        return []
    found = f"formulas without a result in {_listed(cells)} of sheet {sheet.title!r}: no program has calculated them"
    action = "open the workbook in Excel or LibreOffice and save it, or put values in their place"
    return [Problem(found, action, rule="formula_without_result")]


def _fill_merged(
    sheet: Worksheet, rows: list[list[str]], header: int, problems: list[Problem]
) -> list[tuple[Problem, Any]]:
    """Put a merged cell's value into each of its rows; refuse what is merged over columns, or with the header."""
    filled, refused = [], []
    for merged in sorted(sheet.merged_cells.ranges, key=lambda merged: (merged.min_row, merged.min_col)):
        value = rows[merged.min_row - 1][merged.min_col - 1]
        if not value:
            continue
        if merged.min_col != merged.max_col or merged.min_row <= header + 1:
            refused.append(merged.coord)
            continue
        for row in rows[merged.min_row - 1 : merged.max_row]:
            row[merged.min_col - 1] = value
        filled.append(merged.coord)
    if refused:
        found = f"cells merged over several columns, or with the header: {_listed(refused)} of sheet {sheet.title!r}"
        action = "unmerge them, with one name above and one value in each column"
        problems.append(Problem(found, action, rule="merged_cells"))
    if not filled:
        return []
    found = f"merged cells {_listed(filled)} of sheet {sheet.title!r}: their value is read for each of their rows"
    return [(Problem(found, "nothing, if that is what they mean", rule="merged_cells_filled"), "note")]


def _hidden(sheet: Worksheet, records: list[Record], header: int) -> list[tuple[Problem, Any]]:
    """Warnings on hidden rows and columns, which are read as the others are."""
    from openpyxl.utils import get_column_letter

    found = []
    hidden = [number for number, dimension in sheet.row_dimensions.items() if dimension.hidden]
    rows = [str(number) for number in sorted(hidden) if number <= len(records) and any(records[number - 1].cells)]
    if rows:
        counted = f"{_counted(len(rows), 'row')} of sheet {sheet.title!r} hidden, by hand or by a filter"
        found.append(f"{counted}, and read all the same: {_listed(rows)}")
    names = records[header].cells if records else []
    columns = {
        place
        for dimension in sheet.column_dimensions.values()
        if dimension.hidden
        for place in range(dimension.min or 1, min(dimension.max or 1, len(names)) + 1)
    }
    if columns:
        told = [f"{get_column_letter(place)} ({names[place - 1]})" for place in sorted(columns)]
        counted = f"{_counted(len(columns), 'column')} of sheet {sheet.title!r} hidden"
        found.append(f"{counted}, and read all the same: {_listed(told)}")
    action = "show them and look; delete what does not belong to the study"
    return [(Problem(text, action, rule="hidden_cells"), "warning") for text in found]


def _other_sheets(sheet: Worksheet, sheets: list[Worksheet], header: list[str]) -> list[tuple[Problem, Any]]:
    """Sheets that are not read: a warning on those of the same columns, a note on the others that hold something."""
    alike: list[str] = []
    others: list[str] = []
    names = {name.strip().lower() for name in header if name.strip()}
    for other in sheets:
        if other is sheet:
            continue
        rows = [
            {str(cell).strip().lower() for cell in row if cell is not None}
            for row in other.iter_rows(max_row=_SEARCHED_ROWS, values_only=True)
        ]
        # Below a title, or with a column less, it is the same table all the same.
        same = any(len(row & names) >= max(2, len(names) - 1) for row in rows)
        if same or any(rows):
            (alike if same else others).append(repr(other.title))
    found: list[tuple[Problem, Any]] = []
    if alike:
        text = f"sheets with the same columns as {sheet.title!r} are not read: {_listed(alike)}"
        action = "put the rows on one sheet if they belong to the centre, or delete the others"
        found.append((Problem(text, action, rule="sheets_not_read"), "warning"))
    if others:
        text = f"sheet {sheet.title!r} is read, and not {_listed(others)}"
        found.append((Problem(text, "nothing, if that is the table", rule="other_sheets"), "note"))
    return found


def _counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
