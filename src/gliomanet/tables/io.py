"""Reading and writing the study's tables: TSV, UTF-8, one header line, an empty cell for what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from gliomanet.tables.columns import Schema
from gliomanet.tables.schemas import TEXT

FORMAT = 1
"""Number of what tables hold when they are read, and of their bytes when they are written.

It stands for this module in the digests of all jobs (`gliomanet.code_digest.GROUND`): raise it with an edit that
changes either, which repeats every job that reads or writes a table; any other edit leaves it, and repeats none.
"""


def read_table(path: str | Path) -> pd.DataFrame:
    """A table with its text columns as text and empty cells of text as "".

    A study's further labels are text as the built-in ones are; a table says itself which they are, by `<label>_source`.
    """
    header = [str(column) for column in pd.read_csv(path, sep="\t", nrows=0).columns]
    labels = [column.removesuffix("_source") for column in header if column.endswith("_source")]
    cells = (f"{label}{end}" for label in labels for end in ("", "_source", "_raw"))
    kinds = dict.fromkeys([*TEXT, *cells], str)
    table = pd.read_csv(path, sep="\t", dtype=kinds, keep_default_na=False, na_values=[""])
    text = [column for column in table if column in kinds]
    table[text] = table[text].fillna("")
    return table


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
    """
    if schema is not None:
        schema.check(table)
    compression = {"method": "gzip", "mtime": 0} if str(path).endswith(".gz") else None
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    digits = None if exact else "%.6g"
    table.to_csv(path, sep="\t", index=False, float_format=digits, lineterminator="\n", compression=compression)
