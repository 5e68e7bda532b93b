"""Rows of delimited text, read so that no row is lost: a quotation mark that is not closed swallows those below it."""

from __future__ import annotations

import re
from typing import NamedTuple

from gliomanet.errors import Problem

LONGEST_CELL = 131_072
"""Characters of a cell: a longer one is no cell, but rows that ran into one another."""

_QUOTE = re.compile(r' *"')
_SPACES = re.compile(r" *")


class Record(NamedTuple):
    """One row of a text.

    Attributes:
        line: the first of its lines, from 1.
        cells: its cells; a quoted one may hold the separator and line ends.
    """

    line: int
    cells: list[str]


class _Stray(NamedTuple):
    """A mark that is not closed, or closed before text: the lines, from 0, of both marks, and the text."""

    opened: int
    ended: int
    follows: str


def lines_of(text: str) -> list[str]:
    """The lines of a text, whatever its line ends: of Windows, Unix or an old Mac."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def read_records(text: str, separator: str, *, quoted: bool = True) -> tuple[list[Record], list[Problem]]:
    """The rows of a text, blank ones too, and what is wrong with its quotation marks.

    A cell that starts with a quotation mark ends with one, and nothing follows it but the separator; inside, a doubled
    one stands for one. Such a cell may hold line ends. It is refused where two of its row's lines could be rows of
    their own: then two marks, each forgotten in a row, were taken for a pair. Anywhere else a mark is a character.

    Args:
        text: the text.
        separator: of its cells.
        quoted: false for tables that know no quoting (BIDS), where a mark is a character everywhere.

    Returns:
        The rows that could be read, and problems with their line.
    """
    lines = lines_of(text)
    if "\0" in text:
        first = next(number for number, line in enumerate(lines, start=1) if "\0" in line)
        found, action = "holds NUL bytes, which no text has", "save the table as CSV (UTF-8) again"
        return [], [Problem(found, action, line=first, rule="nul_byte")]
    records: list[Record] = []
    problems: list[Problem] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if not quoted or '"' not in line:
            cells, last = line.split(separator), place
        else:
            read = _quoted_record(lines, place, separator)
            if isinstance(read, _Stray):
                problems.append(_stray_problem(read))
                place += 1
                continue
            cells, last = read
            header = next((record.cells for record in records if any(record.cells)), cells)
            if _rows_within(lines[place : last + 1], separator, len(header)):
                problems.append(_swallowed_problem(place, last))
                place = last + 1
                continue
        if len(line) > LONGEST_CELL or last > place:
            problems += _too_long(cells, place + 1)
        records.append(Record(place + 1, cells))
        place = last + 1
    return records, problems


def count_outside_quotes(line: str, separator: str) -> int:
    """Separators of a line that stand in no quoted cell."""
    return sum(part.count(separator) for part in line.split('"')[::2])


def _quoted_record(lines: list[str], place: int, separator: str) -> tuple[list[str], int] | _Stray:
    """Cells of the record that starts with a line, and its last line."""
    cells: list[str] = []
    line, position = lines[place], 0
    while True:
        if not (mark := _QUOTE.match(line, position)):
            end = line.find(separator, position)
            cells.append(line[position:] if end < 0 else line[position:end])
            if end < 0:
                return cells, place
            position = end + 1
            continue
        opened, parts, position = place, [], mark.end()
        while (end := line.find('"', position)) < 0 or line.startswith('""', end):
            if end >= 0:
                parts.append(line[position : end + 1])
                position = end + 2
                continue
            parts.append(f"{line[position:]}\n")
            place, position = place + 1, 0
            if place == len(lines):
                return _Stray(opened, opened, "")
            line = lines[place]
        cells.append("".join(parts) + line[position:end])
        position = _SPACES.match(line, end + 1).end()  # type: ignore[union-attr]
        if position == len(line):
            return cells, place
        if not line.startswith(separator, position):
            return _Stray(opened, place, line[position : position + 12].split(separator)[0])
        position += 1


def _rows_within(lines: list[str], separator: str, width: int) -> bool:
    """True where two lines of one record or more would be rows, if its marks were characters."""
    return len(lines) > 1 and sum(max(width - 1, 1) in _separators(line, separator) for line in lines) > 1


def _separators(line: str, separator: str) -> set[int]:
    """Possible numbers of separators that part cells: of all, or less those in quoted cells, paired from either end."""
    parts = [part.count(separator) for part in line.split('"')]
    odd = len(parts) % 2 == 0  # the last mark, or the first, has no partner
    return {sum(parts), sum(parts[::2]) + odd * parts[-1], sum(parts[::-2]) + odd * parts[0]}


_DOUBLE = "close it, or write a mark that belongs to the text twice inside a quoted cell"


def _stray_problem(stray: _Stray) -> Problem:
    if not stray.follows:
        found = "a quotation mark opens a cell here and is not closed: the rows below would be swallowed"
        return Problem(found, _DOUBLE, line=stray.opened + 1, rule="quote_not_closed")
    where = f" in line {stray.ended + 1}" if stray.ended > stray.opened else ""
    found = f"a quotation mark opens a cell here, and behind the one that closes it{where} stands {stray.follows!r}"
    return Problem(found, _DOUBLE, line=stray.opened + 1, rule="text_after_quote")


def _swallowed_problem(first: int, last: int) -> Problem:
    found = f"a cell opens with a quotation mark and closes in line {last + 1}, but its lines look like rows"
    action = "remove the two marks if each was left in a row; if it is one cell, replace its line ends by spaces"
    return Problem(found, action, line=first + 1, rule="rows_in_a_quoted_cell")


def _too_long(cells: list[str], line: int) -> list[Problem]:
    longest = max(map(len, cells))
    if longest <= LONGEST_CELL:
        return []
    found = f"a cell of {longest} characters; allowed: {LONGEST_CELL}"
    return [Problem(found, "look for a quotation mark that is not closed", line=line, rule="cell_too_long")]
