"""Reading and writing the study's tables: TSV, UTF-8, one header line, an empty cell for what is missing.

A person may have edited one: it is read strictly, so that no row is lost and no cell moves.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

import pandas as pd
from pandas.api.types import is_numeric_dtype

from gliomanet.errors import CohortError, Problem
from gliomanet.files.atomic import open_atomically
from gliomanet.tables.columns import Schema
from gliomanet.tables.delimited import read_records
from gliomanet.tables.schemas import TEXT

FORMAT = 1
"""Number of what tables hold when they are read, and of their bytes when they are written.

It stands for this module in the digests of all jobs (`gliomanet.code_digest.GROUND`): raise it with an edit that
changes either, which repeats every job that reads or writes a table; any other edit leaves it, and repeats none.
"""


def read_table(path: str | Path) -> pd.DataFrame:
    """A table with its text columns as text and empty cells of text as "".

    A study's further labels are text as the built-in ones are; a table says itself which they are, by `<label>_source`.

    Raises:
        CohortError: text that is not UTF-8, rows longer or shorter than the header, a quotation mark that is not closed
            or swallows rows, a column that is there twice.
    """
    text = _checked(Path(path))
    header = [str(column) for column in pd.read_csv(StringIO(text), sep="\t", nrows=0).columns]
    labels = [column.removesuffix("_source") for column in header if column.endswith("_source")]
    cells = (f"{label}{end}" for label in labels for end in ("", "_source", "_raw"))
    kinds = dict.fromkeys([*TEXT, *cells], str)
    table = pd.read_csv(StringIO(text), sep="\t", dtype=kinds, keep_default_na=False, na_values=[""])
    of_text = [column for column in table if column in kinds]
    table[of_text] = table[of_text].fillna("")
    return table


def _checked(path: Path) -> str:
    """The text of a table, unpacked, whose rows are all there; its marks as every reader of tables takes them."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found, line = f"not UTF-8 text (byte {error.start})", content.count(b"\n", 0, error.start) + 1
        raise CohortError([Problem(found, "save it as UTF-8", file=str(path), line=line, rule="not_utf8")]) from None
    records, problems = read_records(text, "\t")
    if not problems:
        filled = [record for record in records if record.cells != [""]]
        names = filled[0].cells if filled else []
        problems = [
            Problem("is there twice", "rename or remove one", column=name, rule="column_twice")
            for name in sorted({name for name in names if names.count(name) > 1})
        ]
        problems += [
            Problem(
                f"{len(record.cells)} cells under {len(filled[0].cells)} column names",
                "give the row one cell per column, separated by tabs",
                line=record.line,
                rule="ragged_row",
            )
            for record in filled
            if len(record.cells) != len(filled[0].cells)
        ]
    if problems:
        raise CohortError([problem.at(file=str(path)) for problem in problems], where="a table of the study")
    if '"' not in text:
        return text
    plain = StringIO()
    csv.writer(plain, delimiter="\t", lineterminator="\n").writerows(record.cells for record in filled)
    return plain.getvalue()


def read_tables(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Tables of the same kind, one below the other."""
    tables = [table for table in map(read_table, paths) if len(table.columns)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def write_table(table: pd.DataFrame, path: str | Path, schema: Schema | None = None, *, exact: bool = False) -> None:
    """Write a table so that equal tables are equal files (compressed ones too).

    Args:
        table: the table.
        path: its file; compressed where the name ends in `.gz`.
        schema: what the results promise of it; None for a table that is not one of theirs.
        exact: every digit of the numbers, for what later stages compute with (features differ from case to case in
            their seventh digit, and models see it), instead of six, for what people read.

    Raises:
        ValueError: the table has other columns than its schema.
        StorageError: the disk does not take it.
    """
    if schema is not None:
        schema.check(table)
    digits = None if exact else "%.6g"
    # The writer leaves an old Mac's line end without quotes, and readers end a row there.
    ends = [c for c in table if not is_numeric_dtype(table[c]) and table[c].astype(str).str.contains("\r").any()]
    if ends:
        table = table.assign(**{str(c): table[c].replace("\r\n?", "\n", regex=True) for c in ends})
    with open_atomically(Path(path)) as file, _unpacked(file, Path(path)) as text:
        table.to_csv(text, sep="\t", index=False, float_format=digits, lineterminator="\n")


@contextmanager
def _unpacked(file: BinaryIO, path: Path) -> Iterator[TextIO]:
    """Text to write to a file, compressed where its name says so, with no clock inside."""
    if path.suffix != ".gz":
        text = TextIOWrapper(file, encoding="utf-8", newline="")
        yield text
        text.detach()  # flushes, and leaves the file open
        return
    with (
        gzip.GzipFile(path.name, "wb", fileobj=file, mtime=0) as packed,
        TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        yield text
