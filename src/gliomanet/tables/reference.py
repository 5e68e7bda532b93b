"""The tables of the results as Markdown, for the documentation."""

from __future__ import annotations

from gliomanet.tables.columns import Column, Schema
from gliomanet.tables.schemas import SECTIONS

_INTRODUCTION = """# Tables of the results

Every table is a tab-separated file below the results folder: UTF-8, one header line, an empty cell for what is missing.
Its columns stand in this order. A name with `<…>` stands for several columns or files, one for each value in its place.
`gliomanet.tables.io.read_table` reads them with their types: text stays text, even where it looks like a number.
"""


def tables_reference() -> str:
    """Every table with its files, its rows, and its columns with their types and meanings, as Markdown."""
    parts = [_INTRODUCTION]
    for heading, schemas in SECTIONS.items():
        parts += [f"## {heading}\n", *map(_section, schemas)]
    return "\n".join(parts)


def _section(schema: Schema) -> str:
    files = ", ".join(f"`{path}`" for path in schema.paths)
    key = ", ".join(f"`{name}`" for name in schema.key)
    rows = "\n".join(map(_row, schema.columns))
    return (
        f"### {schema.title}\n\n{files}\n\nRows: {schema.row}. A row is named by {key}.\n\n"
        f"| column | type | meaning |\n|---|---|---|\n{rows}\n"
    )


def _row(column: Column) -> str:
    values = f": {', '.join(f'`{value}`' for value in column.allowed)}" if column.allowed else ""
    kind = column.kind if column.kind == "yes/no" else column.kind + values
    return f"| `{column.name}` | {kind} | {column.meaning}. |"
