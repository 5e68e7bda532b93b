"""Remarks in one cell of a table: joined where they are written, and taken apart where each is shown by itself."""

from __future__ import annotations

from collections.abc import Iterable

SEPARATOR = "; "
"""Stands between the remarks of a cell, and in none of them."""

NOT_ESTIMABLE = "not estimable"


def join_notes(notes: Iterable[str]) -> str:
    """Join remarks to the text of a cell.

    Raises:
        ValueError: a remark holds the separator, so that the cell could not be taken apart again.

    >>> join_notes(["every case predicted mutant", "n per class 3/4"])
    'every case predicted mutant; n per class 3/4'
    """
    found = list(notes)
    for note in found:
        if SEPARATOR in note:
            raise ValueError(f"a note must not hold {SEPARATOR!r}, which stands between notes; found {note!r}")
    return SEPARATOR.join(found)


def split_notes(cell: str) -> list[str]:
    """Take a cell's remarks apart; none in an empty cell.

    >>> split_notes("every case predicted mutant; n per class 3/4")
    ['every case predicted mutant', 'n per class 3/4']
    """
    return cell.split(SEPARATOR) if cell else []


def not_estimable(reason: str) -> str:
    """Begin the note of a value that is empty.

    >>> not_estimable("no mutant case")
    'not estimable: no mutant case'
    """
    return f"{NOT_ESTIMABLE}: {reason}"


def reason_of(note: str) -> str:
    """Take off what `not_estimable` put in front; a cell beside it may say that already.

    >>> reason_of("not estimable: no mutant case")
    'no mutant case'
    """
    return note.removeprefix(f"{NOT_ESTIMABLE}: ")
