"""A table as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass


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

    def __bool__(self) -> bool:
        return bool(self.rows)


def numeric(text: str, small: str = "") -> Cell:
    """A number's cell."""
    return Cell(text, small, "number")
