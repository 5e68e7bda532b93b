"""Rows of a CSV, TSV or Excel file as text: nothing is guessed, no row is lost, and none may be ragged."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from gliomanet.cohort.findings import Finding
from gliomanet.cohort.remarks import remark, repeat
from gliomanet.cohort.rows_under_header import header_and_rows
from gliomanet.cohort.workbook import place_of_names, read_sheet
from gliomanet.errors import CohortError, Problem, ProblemError
from gliomanet.tables.delimited import Record, count_outside_quotes, lines_of, read_records

WORKBOOKS = (".xlsx", ".xlsm")

_SEPARATORS = "\t,;"
# Tables of BIDS know no quoting: https://bids-specification.readthedocs.io, "Tabular files".
_UNQUOTED = re.compile(r"participants\.tsv|samples\.tsv|.*_(sessions|scans|events|channels)\.tsv", re.IGNORECASE)
_SEP_LINE = re.compile(r'"?sep=(?P<separator>[^"])"?\s*', re.IGNORECASE)  # Excel's own first line
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_ODD_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_ZIP, _OLE, _GZIP = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b"
_MOST_NAMED = 8
_SEARCHED_LINES = 30


class CellError(ProblemError):
    """A cell that means nothing in its column; whoever knows the file, case and column adds them to `problem`."""


def read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Column names, and one mapping column → stripped cell for each row, as `read_numbered_rows` reads them."""
    header, rows = read_numbered_rows(path)
    return header, [row for _, row in rows]


def read_numbered_rows(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Column names, and for each row that is not blank its line and a mapping column → stripped cell.

    The separator (tab, comma or semicolon) is the one that the header line holds most of, or that Excel's line `sep=;`
    names. Of a workbook (.xlsx) the first sheet that is not hidden is read, its numbers as they are shown without a
    format but for leading zeros. Spaces that nobody sees are none. What a person should look at is left as a remark
    (`gliomanet.cohort.remarks`).

    Raises:
        CohortError: no such file, no header, a column named twice or not at all, rows longer or shorter than the
            header, a quotation mark that is not closed, text that is not UTF-8, no workbook, a formula or a look-up
            without a result.
    """
    file = str(path)
    if not path.is_file():
        raise CohortError([Problem("no such file", "correct the path, or add the file", file=file, rule="no_file")])
    content = path.read_bytes()
    if _is_workbook(path, content):
        records, findings = _sheet(content, file)
        repeat(findings)
    else:
        records = _text(path, content)
    records = [Record(record.line, [_clean(cell) for cell in record.cells]) for record in records]
    records = [record for record in records if any(record.cells)]
    if not records:
        raise CohortError([Problem("empty", "the first line must name the columns", file=file, rule="no_header")])
    header, rows, problems = header_and_rows(records)
    if problems:
        raise CohortError([problem.at(file=file) for problem in problems])
    return header, [(record.line, dict(zip(header, record.cells, strict=True))) for record in rows]


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
    """Columns that a table must have and has not, and where one is named: below a title, or on another sheet."""
    found = f"no column {', '.join(map(repr, names))}; found: {', '.join(header)}"
    action = f"add it, or rename the column that holds it{elsewhere(path, names)}"
    return Problem(found, action, file=str(path), rule="column_missing")


def elsewhere(path: Path, names: Iterable[str]) -> str:
    """`: row 2 of sheet 'data' names it, …` where the header seems to be in another place; "" where it does not."""
    content = path.read_bytes()
    if _is_workbook(path, content):
        place = place_of_names(content, str(path), names)
    else:
        wanted = [re.compile(rf"(^|[\t,;\"]){re.escape(name)}([\t,;\"]|$)", re.IGNORECASE) for name in names]
        lines = lines_of(_decoded(path, content))[:_SEARCHED_LINES]
        numbers = [n for n, line in enumerate(lines, start=1) if any(name.search(line) for name in wanted)]
        place = f"line {numbers[0]}" if numbers else ""
    return f": {place} names it, and the header must be the first row of the first sheet or file" if place else ""


def no_case(path: Path) -> Problem:
    """A table with a header alone."""
    return Problem("names no case", "add a row per case", file=str(path), rule="no_case")


def _is_workbook(path: Path, content: bytes) -> bool:
    """Tell a workbook by its content: one may be called .csv, and a text .xlsx.

    Raises:
        CohortError: another program's file.
    """
    suffix = path.suffix.lower()
    if content.startswith(_OLE) or suffix in (".xls", ".ods", ".numbers", ".xlsb"):
        found = "a workbook of another kind, or one with a password"
        action = "open it, save the sheet as CSV (UTF-8), and name that file"
        raise CohortError([Problem(found, action, file=str(path), rule="not_a_workbook")])
    if content.startswith(_GZIP):
        problem = Problem("a compressed file", "unpack it", file=str(path), rule="compressed_table")
        raise CohortError([problem])
    return content.startswith(_ZIP) or suffix in WORKBOOKS


@lru_cache(maxsize=8)
def _sheet(content: bytes, file: str) -> tuple[list[Record], tuple[Finding, ...]]:
    """Rows of a workbook and what was found in it, kept by its content: one is read in several places."""
    sheet = read_sheet(content, file)
    if sheet.problems:
        raise CohortError(sheet.problems)
    return sheet.records, tuple(sheet.findings)


def _text(path: Path, content: bytes) -> list[Record]:
    text = _decoded(path, content)
    lines = lines_of(text)
    first = next((place for place, line in enumerate(lines) if line.strip()), 0)
    if lines and (named := _SEP_LINE.fullmatch(lines[first])):
        separator = named["separator"]
        lines[first] = ""
    else:
        separator = max(_SEPARATORS, key=lambda sign: count_outside_quotes(lines[first], sign)) if lines else ","
        if lines and (problem := _no_separator(lines, first)):
            raise CohortError([problem.at(file=str(path))])
    quoted = not _UNQUOTED.fullmatch(path.name)
    records, problems = read_records("\n".join(lines), separator, quoted=quoted)
    if problems:
        raise CohortError([problem.at(file=str(path)) for problem in problems])
    if not quoted and (marked := [str(r.line) for r in records if any(_is_wrapped(cell) for cell in r.cells)]):
        found = f"cells in quotation marks, in lines {_listed(marked)}: tables of BIDS know no quoting, the marks count"
        problem = Problem(found, "remove the marks", file=str(path), rule="quotes_in_bids_table")
        remark(problem, "warning")
    return records


def _decoded(path: Path, content: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 that says so in its first bytes, as Excel's "Unicode text" does."""
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return content.decode(encoding).rstrip("\x1a")  # that DOS ends a text with
    except UnicodeDecodeError as error:
        line = len(lines_of(content[: error.start].decode("latin-1"))) or 1
        shown = content[max(error.start - 12, 0) : error.start + 12].decode("cp1252", "replace")
        found = (
            f"not {encoding.removesuffix('-sig').upper()} text (byte {error.start}, near {' '.join(shown.split())!r})"
        )
        action = "save it as UTF-8: in Excel, Save as, CSV UTF-8; other programs call the old one Windows-1252 or ANSI"
        raise CohortError([Problem(found, action, file=str(path), line=line, rule="not_utf8")]) from None


def _no_separator(lines: list[str], first: int) -> Problem | None:
    """The first line names one column, but in words or with another separator, or lines below hold several cells."""
    line = lines[first].strip()
    if any(sign in lines[first] for sign in _SEPARATORS) or not re.search(r"[\s|]", line.strip('"')):
        return None
    below = [n for n, other in enumerate(lines[:_SEARCHED_LINES], start=1) if any(s in other for s in _SEPARATORS)]
    if below:
        found = f"the first line, {line[:40]!r}, names no columns; line {below[0]} looks like the header"
        return Problem(found, "remove what stands above the header", line=first + 1, rule="header_not_first")
    found = f"no separator in the first line, {line[:40]!r}; known: tab, comma, semicolon"
    return Problem(found, "save it as CSV or TSV", line=first + 1, rule="separator_not_recognised")


def _is_wrapped(cell: str) -> bool:
    return len(cell) > 1 and cell.startswith('"') and cell.endswith('"')


def _clean(cell: str) -> str:
    """A cell without the spaces around it, and without signs that nobody sees."""
    if cell.isascii():
        return cell.strip()
    return _ODD_SPACE.sub(" ", _INVISIBLE.sub("", cell)).strip()


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
