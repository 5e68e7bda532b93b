"""A header and the rows under it: their names, their lengths, and what should not stand among them."""

from __future__ import annotations

import re
from collections import Counter

from gliomanet.errors import Problem
from gliomanet.tables.delimited import Record

_CALCULATION_ERROR = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|BEZUG!|NV|WERT!)")
"""As Excel writes them, in German too."""
_MOST_NAMED = 8
_SEARCHED_ROWS = 30


def header_and_rows(records: list[Record]) -> tuple[list[str], list[Record], list[Problem]]:
    """Names of the columns, the rows below, and what is wrong with them.

    Columns without a name are left out where they are empty, or number the rows.

    Args:
        records: rows of stripped cells, none of them blank, the header first.
    """
    header, rows, holding = _columns(records)
    if holding:
        return header, rows, [_nameless(header, rows, holding, records[0].line)]
    twice = [name for name, number in sorted(Counter(header).items()) if number > 1]
    problems = [Problem("is there twice", "rename or remove one", column=name, rule="column_twice") for name in twice]
    problems += [*_ragged(header, rows), *_header_again(header, rows), *_calculation_errors(header, rows)]
    return header, rows, problems


def _columns(records: list[Record]) -> tuple[list[str], list[Record], list[int]]:
    """Names of the columns, the rows, and the places of columns that hold cells and have no name."""
    header, rows = [re.sub(r"\s*\n\s*", " ", name) for name in records[0].cells], records[1:]
    width = max(len(record.cells) for record in records)
    beyond = [record.cells[len(header) :] for record in rows if len(record.cells) == width]
    if len(beyond) == len(rows) and not any(map(any, beyond)):  # every row ends in the same empty cells
        header += [""] * (width - len(header))
    nameless = [place for place, name in enumerate(header) if not name]
    if not nameless:
        return header, rows, []
    cells = {place: [r.cells[place] for r in rows if place < len(r.cells)] for place in nameless}
    numbers = cells.get(0, [])
    if numbers in ([str(n) for n in range(len(rows))], [str(n) for n in range(1, len(rows) + 1)]):
        cells[0] = []  # an index that pandas or R wrote
    if holding := [place for place in nameless if any(cells[place])]:
        return header, rows, holding
    kept = [place for place, name in enumerate(header) if name]
    fewer = [
        Record(r.line, [r.cells[place] for place in kept]) if len(r.cells) == len(header) else _shortened(r, nameless)
        for r in rows
    ]
    return [header[place] for place in kept], fewer, []


def _shortened(record: Record, nameless: list[int]) -> Record:
    """A row of another length than the header's, which will be refused, without the cells of empty columns."""
    return Record(record.line, [cell for place, cell in enumerate(record.cells) if place not in nameless])


def _nameless(header: list[str], rows: list[Record], holding: list[int], line: int) -> Problem:
    """Columns that hold cells and have no name; where a row below looks like the header, its line."""
    found = f"{len(holding)} of {len(header)} columns hold cells and have no name: the {_ordinal(holding[0] + 1)}"
    found += " and others" if len(holding) > 1 else ""
    named = len(header) - len(holding)
    for record in rows[:_SEARCHED_ROWS] if named <= len(holding) else ():
        names = [cell for cell in record.cells if cell]
        if len(names) > named and len(set(names)) == len(names) == len(header) and not any(map(is_number, names)):
            found, action = f"{found}; line {record.line} looks like the header", "remove what stands above the header"
            return Problem(found, action, line=line, rule="header_not_first")
    action = "name every column in the first line, or remove those that are not wanted"
    return Problem(found, action, line=line, rule="column_without_name")


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def is_number(cell: str) -> bool:
    """True for a cell that Python reads as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _ragged(header: list[str], rows: list[Record]) -> list[Problem]:
    """Rows of another length than the header; one problem where all of them are of one other length."""
    widths = Counter(len(record.cells) for record in rows)
    action = "give the row one cell per column; quote cells that hold the separator"
    problems = [
        Problem(
            f"{len(record.cells)} cells under {len(header)} column names", action, line=record.line, rule="ragged_row"
        )
        for record in rows
        if len(record.cells) != len(header)
    ]
    if len(widths) == 1 and len(problems) > 1:
        found = f"every row has {len(rows[0].cells)} cells, but the first line names {len(header)} columns"
        action = "name every column, and remove a title above the header"
        return [Problem(found, action, line=rows[0].line, rule="ragged_row")]
    return problems


def _header_again(header: list[str], rows: list[Record]) -> list[Problem]:
    """Rows that name columns: the tables of two exports, one pasted below the other."""
    names = {name.lower() for name in header}
    problems = []
    for record in rows:
        cells = [cell.lower() for cell in record.cells if cell]
        if len(cells) > 1 and cells[0] in names and names.issuperset(cells) and len(set(cells)) == len(cells):
            again = cells == [name.lower() for name in header]
            found = "the header again: two tables, one below the other"
            found += "" if again else ", with their columns in another order"
            action = "remove the line" if again else "put the cells of the second table below the right names"
            problems.append(Problem(found, action, line=record.line, rule="header_again"))
    return problems


def _calculation_errors(header: list[str], rows: list[Record]) -> list[Problem]:
    """Cells that a spreadsheet could not calculate: a look-up that found nothing does not say *unknown*."""
    problems = []
    for place, name in enumerate(header):
        failed = [(r.line, r.cells[place]) for r in rows if len(r.cells) == len(header) and r.cells[place][:1] == "#"]
        lines = [line for line, cell in failed if _CALCULATION_ERROR.fullmatch(cell.upper())]
        if lines:
            cell = next(cell for line, cell in failed if line == lines[0])
            also = f", also in lines {_listed(list(map(str, lines[1:])))}" if len(lines) > 1 else ""
            found = f"{cell!r}: a formula or look-up failed{also}"
            action = "mend the formula, or empty the cell where the value is not known"
            problems.append(Problem(found, action, line=lines[0], column=name, rule="calculation_failed"))
    return problems


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
