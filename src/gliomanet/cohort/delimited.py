"""Reading a CSV or TSV file as text, row by row: nothing is guessed to be a number, and no row may be ragged."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from gliomanet.cohort.errors import CohortError


def read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Column names, and one mapping column → stripped cell for each row that is not blank.

    The separator (tab, comma or semicolon) is the one that the header line holds most of.

    Raises:
        CohortError: no such file, no header, a column named twice, rows longer or shorter than the header,
            text that is not UTF-8.
    """
    if not path.is_file():
        raise CohortError([f"{path}: no such file"])
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CohortError([f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8"]) from None
    first_line = text.partition("\n")[0]
    if not first_line.strip():
        raise CohortError([f"{path}: empty; the first line must name the columns"])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max("\t,;", key=first_line.count))
    header = [name.strip() for name in next(reader)]
    problems = [f"{path}: column {name!r} is there twice" for name in sorted(set(header)) if header.count(name) > 1]
    rows: list[dict[str, str]] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            problems.append(f"{path}, line {reader.line_num}: {len(cells)} cells under {len(header)} column names")
            continue
        rows.append(dict(zip(header, (cell.strip() for cell in cells), strict=True)))
    if problems:
        raise CohortError(problems)
    return header, rows
