"""A table as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Cell:
    """Text, a second smaller line, and how it is set: `number`, `muted`, `best` or nothing."""

    text: str = ""
    small: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Column:
    """A column's title; `choose`: offered as a filter; `extra`: shown only when all metrics are asked for."""

    title: str
    number: bool = False
    choose: bool = False
    extra: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its caption. The first cell of a row is its heading."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    filterable: bool = False

    @property
    def compact(self) -> Table:
        """The table without columns that hold nothing in any row; the first is kept."""
        kept = [at == 0 or any(row[at].text or row[at].small for row in self.rows) for at in range(len(self.columns))]
        return replace(
            self,
            columns=tuple(column for column, keep in zip(self.columns, kept, strict=True) if keep),
            rows=tuple(tuple(cell for cell, keep in zip(row, kept, strict=True) if keep) for row in self.rows),
        )

    def __bool__(self) -> bool:
        return bool(self.rows)


def numeric(text: str, small: str = "") -> Cell:
    """A number's cell."""
    return Cell(text, small, "number")
